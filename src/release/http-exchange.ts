import { Agent as HttpAgent, request as overHttp, type IncomingMessage } from 'node:http';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import type { Clock } from '../ports/clock.js';
import { proxiesOf } from '../system/http-proxies.js';

export interface HttpQuestion {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as a form. */
  readonly body?: URLSearchParams;
}

/** Any status is an answer. */
export interface HttpAnswer {
  readonly kind: 'answer';
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
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
/** As many as Docker follows: Go's HTTP client stops after 10. */
const mostRedirects = 10;

/**
 * One request and its whole answer, within a deadline. Redirects are followed. Written on node:http: `fetch` loads a parser in WebAssembly,
 * which takes 15 MB of memory.
 */
export async function exchange(
  clock: Clock,
  url: string,
  question: HttpQuestion,
): Promise<HttpAnswer | NetworkFailure> {
  const done = new AbortController();
  const deadline = new AbortController();
  clock.sleep(timeout, done.signal).then(
    () => deadline.abort(),
    () => undefined,
  );
  try {
    return await follow(new URL(url), question, deadline.signal, mostRedirects);
  } catch (error) {
    return deadline.signal.aborted ? failure('no answer within 30 s') : explained(error);
  } finally {
    done.abort();
  }
}

export const isSuccess = ({ status }: HttpAnswer): boolean => status >= 200 && status < 300;

/** Where JSON says what is wrong, in this order: registries, Docker Hub's token server, OAuth 2. */
const problemKeys = ['message', 'details', 'error_description', 'error'];

/**
 * What a registry or token server says about its refusal, in its own words: in JSON, or as plain text. Undefined where it says nothing, or a page for
 * browsers. Source: OCI distribution specification, error codes.
 */
export function problemIn({ bytes }: HttpAnswer): string | undefined {
  const body = new TextDecoder().decode(bytes.subarray(0, 4_000)).trim();
  if (/^[{[]/.test(body)) {
    const found = problemKeys.flatMap(
      (key) => new RegExp(`"${key}"\\s*:\\s*"((?:[^"\\\\]|\\\\.)+)"`).exec(body)?.[1] ?? [],
    );
    return found[0] === undefined ? undefined : sentence(found[0].replace(/\\(["\\/])/g, '$1'));
  }
  return body === '' || body.startsWith('<') ? undefined : sentence(body);
}

/** On one line, of bounded length, without its full stop: it becomes a part of another sentence. */
const sentence = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 300).trim().replace(/\.$/, '');

async function follow(
  url: URL,
  question: HttpQuestion,
  signal: AbortSignal,
  redirectsLeft: number,
): Promise<HttpAnswer | NetworkFailure> {
  const answer = await send(url, question, signal);
  const location =
    answer.kind === 'answer' && isRedirect(answer) ? answer.headers.get('location') : undefined;
  if (answer.kind === 'failure' || location === undefined) return answer;
  const next = URL.parse(location, url.href);
  if (next === null || !/^https?:$/.test(next.protocol)) return failure(`it redirects to "${location}"`);
  if (redirectsLeft === 0) return failure(`it redirects more than ${mostRedirects} times`);
  return follow(
    next,
    redirected(question, answer.status, next.origin === url.origin),
    signal,
    redirectsLeft - 1,
  );
}

const isRedirect = ({ status }: HttpAnswer): boolean => [301, 302, 303, 307, 308].includes(status);

/** Another place must not learn the password of this one. Source: Fetch standard, HTTP-redirect fetch. */
function redirected(question: HttpQuestion, status: number, isSameOrigin: boolean): HttpQuestion {
  const { authorization: _, ...others } = question.headers ?? {};
  const headers = isSameOrigin ? question.headers : others;
  const staysPost = question.method !== 'POST' || status === 307 || status === 308;
  return { ...(staysPost ? question : { method: 'GET' }), ...defined({ headers }) };
}

async function send(
  url: URL,
  { method, headers, body }: HttpQuestion,
  signal: AbortSignal,
): Promise<HttpAnswer | NetworkFailure> {
  // Loaded when it is needed: it brings all of TLS.
  const https = url.protocol === 'https:' ? await import('node:https') : undefined;
  const proxyEnv = proxiesOf(process.env);
  const agent =
    proxyEnv === undefined ? undefined : new (https === undefined ? HttpAgent : https.Agent)({ proxyEnv });
  const form = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = https === undefined ? overHttp : https.request;
    const given = { method, signal, headers: { 'user-agent': 'adfpush', ...form, ...headers } };
    request(url, { ...given, ...defined({ agent }) }, resolve)
      .on('error', reject)
      .end(body?.toString());
  });
  const bytes = await readBody(response);
  if (bytes === undefined) return failure(`it sends more than ${largestBody} bytes`);
  const fields = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
  return { kind: 'answer', status: response.statusCode ?? 0, headers: new Map(fields), bytes };
}

/** Undefined when it is too large. */
async function readBody(response: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes = chunk as Uint8Array;
    chunks.push(bytes);
    size += bytes.length;
    if (size > largestBody) return undefined;
  }
  return Buffer.concat(chunks);
}

/** An error of several addresses has a code, and no message of its own. */
function explained(error: unknown): NetworkFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error && error.message !== '' ? error.message : code;
  return failure(message.replace(/\s+/g, ' ').trim(), /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/.test(code));
}

const failure = (reason: string, untrusted = false): NetworkFailure => ({
  kind: 'failure',
  reason,
  untrusted,
});
