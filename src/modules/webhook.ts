import { z } from 'zod';
import { webhookNotSent, webhookSaysFailed, webhookStatus, webhookUnknown } from '../errors/control-side.js';
import { defined } from '../model/defined.js';
import { durationSchema } from '../model/schema/duration.js';
import { wholeNumberSchema } from '../model/schema/number.js';
import { pairsSchema } from '../model/schema/text.js';
import { revealed, Secret } from '../model/secret.js';
import type { ControlAnswer, ControlRequest } from '../ports/control-side.js';
import type { Module, ModuleHost, ModuleResult } from './module.js';

const httpUrl = z
  .union([z.string(), z.instanceof(Secret).transform((secret) => secret.reveal())])
  .refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''), {
    message: 'must be an http or https address',
  });

const statusSchema = wholeNumberSchema(100, 599);

const schema = z
  .strictObject({
    url: httpUrl.describe('Where the request goes. It may be a secret: only its origin is ever shown.'),
    method: z
      .enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
      .default('POST')
      .describe('The method of the request.'),
    headers: pairsSchema('Name=value').default({}).describe('Further headers; secrets may be among them.'),
    body: z
      .unknown()
      .optional()
      .describe('What is sent: any value with `json`, a mapping with `form`, text with `text`.'),
    body_format: z.enum(['json', 'form', 'text']).default('json').describe('How the body is written.'),
    status_code: z
      .union([statusSchema, z.array(statusSchema).min(1)])
      .optional()
      .describe('The statuses that mean success; any of 200 to 299 when left out.'),
    check_body: z
      .boolean()
      .default(true)
      .describe('Whether an answer that says that it failed is a failure whatever its status.'),
    timeout: durationSchema.default(10_000).describe('How long one attempt may take.'),
    retries: wholeNumberSchema(0, 100)
      .default(3)
      .describe(
        'How often it is sent again when it certainly was not taken: not reached, or 429, 502, 503, 504.',
      ),
    delay: durationSchema
      .default(1_000)
      .describe('The pause before the second attempt, doubled each time; a `Retry-After` counts.'),
  })
  .refine(
    ({ body, body_format }) =>
      body_format !== 'text' || body === undefined || typeof body === 'string' || body instanceof Secret,
    {
      message: 'must be text with body_format: text',
      path: ['body'],
    },
  )
  .refine(({ body, body_format }) => body_format !== 'form' || body === undefined || isMapping(body), {
    message: 'must be a mapping with body_format: form',
    path: ['body'],
  });
type Args = z.infer<typeof schema>;

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Secret);

/** Sends one HTTP request from the control machine: a message to a chat, a call of a pipeline. */
export const webhook: Module<Args, undefined> = {
  name: 'webhook',
  effect: 'one_way',
  where: 'cloud',
  freeform: 'url',
  schema,
  docs: {
    summary:
      'Sends an HTTP request from the control machine, for each host once; write `run_once: true` to send it once.',
    examples: [
      `- webhook:
    url: "{{ chat_hook }}"
    body: { text: "{{ env }} is on {{ version }}" }
  run_once: true`,
    ],
  },

  check({ method, url }) {
    const summary = `send ${method} to ${originOf(url)}`;
    return Promise.resolve({ changes: true, summary, takes: [], details: undefined });
  },

  async apply(args, _details, host) {
    const answer = await sendPatiently(args, host);
    const where = originOf(args.url);
    if (answer.kind === 'unknown') {
      return {
        changed: true,
        values: {},
        failure: webhookUnknown(host.host, where, answer.reason),
        unfinished: true,
      };
    }
    if (answer.kind === 'not_sent')
      return { changed: false, values: {}, failure: webhookNotSent(host.host, where, answer.reason) };
    return resultOf(args, answer, host);
  },
};

/** Without its path and query, which may be a password. */
const originOf = (url: string): string => new URL(url).origin;

async function sendPatiently(args: Args, host: ModuleHost): Promise<ControlAnswer> {
  for (let attempt = 0; ; attempt += 1) {
    const answer = await host.control.request(requestOf(args, host));
    if (attempt >= args.retries || !mayBeSentAgain(answer, args)) return answer;
    const pause = Math.max(retryAfter(answer), args.delay * 2 ** Math.min(attempt, 10));
    await host.clock.sleep(Math.min(pause, longestPause), host.signal);
  }
}

const longestPause = 60_000;

/** What was certainly not taken; and requests that do no more when they come twice. Source: RFC 9110, 9.2.2. */
function mayBeSentAgain(answer: ControlAnswer, { method, status_code }: Args): boolean {
  if (answer.kind === 'not_sent') return true;
  if (answer.kind === 'unknown') return ['GET', 'HEAD', 'PUT', 'DELETE'].includes(method);
  return [429, 502, 503, 504].includes(answer.status) && !isExpected(answer.status, status_code);
}

function retryAfter(answer: ControlAnswer): number {
  const seconds = answer.kind === 'answer' ? Number(answer.headers['retry-after']) : 0;
  return Number.isFinite(seconds) ? seconds * 1_000 : 0;
}

function requestOf(args: Args, host: ModuleHost): ControlRequest {
  const { method, url, headers, timeout } = args;
  const content = contentOf(args);
  const type = content === undefined ? {} : { 'content-type': content.type };
  const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    method,
    url,
    timeout,
    headers: { ...type, ...own },
    ...defined({ body: content?.text }),
    signal: host.signal,
  };
}

function contentOf({
  body,
  body_format,
}: Args): { readonly type: string; readonly text: string } | undefined {
  if (body === undefined) return undefined;
  switch (body_format) {
    case 'json': {
      // JSON.stringify would ask a secret for its JSON first, which is `***`.
      return { type: 'application/json', text: JSON.stringify(revealed(body)) };
    }
    case 'form': {
      const pairs = Object.entries(isMapping(body) ? body : {}).map(
        ([name, value]) => [name, textOf(value)] as [string, string],
      );
      return { type: 'application/x-www-form-urlencoded', text: new URLSearchParams(pairs).toString() };
    }
    case 'text':
      return { type: 'text/plain; charset=utf-8', text: textOf(body) };
  }
}

const textOf = (value: unknown): string => (value instanceof Secret ? value.reveal() : String(value));

function isExpected(status: number, expected: Args['status_code']): boolean {
  if (expected === undefined) return status >= 200 && status < 300;
  return Array.isArray(expected) ? expected.includes(status) : expected === status;
}

function resultOf(
  { url, status_code, check_body }: Args,
  { status, body, headers }: Extract<ControlAnswer, { kind: 'answer' }>,
  host: ModuleHost,
): ModuleResult {
  const json = jsonOf(body);
  const where = originOf(url);
  const said = firstLine(body);
  const complaint = check_body ? complaintIn(body, json) : undefined;
  const expected = status_code === undefined ? [] : [status_code].flat();
  const failure = !isExpected(status, status_code)
    ? webhookStatus(host.host, where, status, expected, said)
    : complaint === undefined
      ? undefined
      : webhookSaysFailed(host.host, where, status, complaint);
  return {
    changed: true,
    message: `${where} answered ${status}`,
    values: { status, content: body, headers, ...(json === undefined ? {} : { json }) },
    ...defined({ failure }),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** What an answer says of a failure; undefined when it says nothing of one. Some chat services answer 200 to what they did not deliver. */
function complaintIn(body: string, json: unknown): string | undefined {
  if (isMapping(json)) {
    const { ok, success, status, error, errors } = json;
    const hasError = isTelling(error) || isTelling(errors);
    const word = typeof status === 'string' && /^(?:error|fail|failed|failure)$/i.test(status);
    return ok === false || success === false || word || hasError ? firstLine(body) : undefined;
  }
  const isText = json === undefined && !/^\s*</.test(body);
  return isText && /\b(?:failed|failure|error)\b/i.test(body) ? firstLine(body) : undefined;
}

const isTelling = (value: unknown): boolean =>
  (typeof value === 'string' && value !== '') ||
  (Array.isArray(value) && value.length > 0) ||
  (isMapping(value) && Object.keys(value).length > 0);

const firstLine = (text: string): string => (text.trim().split('\n')[0] ?? '').slice(0, 200);
