import type { HostHttpResponse } from '../ports/host-http.js';

/**
 * An answer as curl and wget print it: head, blank line, body, already without transfer coding. Interim answers (1xx) are passed over.
 * Undefined when it is none.
 */
export function parseHttpText(text: string, bodyLimit: number): Omit<HostHttpResponse, 'via'> | undefined {
  const head = /^HTTP\/[\d.]+ (\d{3})[^\n]*\n((?:[^\r\n]+\r?\n)*)\r?\n/.exec(text);
  if (head === null) return undefined;
  const status = Number(head[1]);
  const rest = text.slice(head[0].length);
  if (status >= 100 && status < 200) return parseHttpText(rest, bodyLimit);
  const headers: Record<string, string> = {};
  for (const line of (head[2] ?? '').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return { status, headers, body: Buffer.from(rest).subarray(0, bodyLimit).toString() };
}
