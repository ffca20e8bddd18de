import type { Milliseconds } from '../model/duration.js';
import type { Clock } from '../ports/clock.js';

/** Any status is an answer. */
export interface HttpAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

/** No HTTP answer came. */
export interface NetworkFailure {
  readonly kind: 'failure';
  readonly reason: string;
  /** The other side speaks TLS, and is not trusted. */
  readonly untrusted: boolean;
}

const timeout: Milliseconds = 30_000;
/** Docker's limit for a manifest is 4 MiB; nothing else that is asked for here is larger. */
const largestBody = 8 * 1024 * 1024;

/** One request and its whole answer, within a deadline. */
export async function exchange(
  clock: Clock,
  url: string,
  init: RequestInit,
): Promise<HttpAnswer | NetworkFailure> {
  const done = new AbortController();
  const deadline = new AbortController();
  clock.sleep(timeout, done.signal).then(
    () => deadline.abort(),
    () => undefined,
  );
  try {
    const response = await fetch(url, { ...init, signal: deadline.signal });
    const bytes = await readBody(response);
    if (bytes === undefined) return failure(`it sends more than ${largestBody} bytes`);
    return { kind: 'answer', status: response.status, headers: response.headers, bytes };
  } catch (error) {
    return deadline.signal.aborted ? failure('no answer within 30 s') : explained(error);
  } finally {
    done.abort();
  }
}

/** What a registry says about its refusal, in its own words. Source: OCI distribution specification, error codes. */
export function problemIn({ bytes }: HttpAnswer): string | undefined {
  const body = new TextDecoder().decode(bytes.subarray(0, 2_000));
  return /"message"\s*:\s*"(?<message>[^"]{1,300})"/.exec(body)?.groups?.['message'];
}

/** Undefined when it is too large. */
async function readBody({ body }: Response): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = body?.getReader();
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    chunks.push(part.value);
    size += part.value.length;
    if (size > largestBody) {
      await reader?.cancel();
      return undefined;
    }
  }
  return Buffer.concat(chunks);
}

/** `fetch` says "fetch failed" and hides what failed in the cause. */
function explained(error: unknown): NetworkFailure {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const message = cause instanceof Error && cause.message !== '' ? cause.message : code;
  return failure(message.replace(/\s+/g, ' ').trim(), /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/.test(code));
}

const failure = (reason: string, untrusted = false): NetworkFailure => ({
  kind: 'failure',
  reason,
  untrusted,
});
