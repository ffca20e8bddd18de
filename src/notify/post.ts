import type { Milliseconds } from '../model/duration.js';
import type { ControlAnswer, ControlSide } from '../ports/control-side.js';

/** For one request. */
const patience: Milliseconds = 5_000;

export interface Posting {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

/**
 * Posts JSON, and gives what was answered. Throws Error with the reason for whatever is no success, in the words of the other side where it has some.
 */
export async function post(
  control: Pick<ControlSide, 'request'>,
  { url, headers = {}, body, signal }: Posting,
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await control.request({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json; charset=utf-8', accept: 'application/json', ...headers },
    body,
    timeout: patience,
    signal,
  });
  if (answer.kind !== 'answer') throw new Error(answer.reason);
  const json = jsonOf(answer.body);
  if (answer.status < 200 || answer.status > 299)
    throw new Error(`it answers ${answer.status}${saidIn(answer, json)}`);
  return json;
}

const saidIn = (
  { body }: Extract<ControlAnswer, { kind: 'answer' }>,
  json: Readonly<Record<string, unknown>>,
): string => {
  const { message, error } = json;
  const said =
    [message, error].find((one) => typeof one === 'string' && one !== '') ?? body.trim().split('\n')[0];
  return typeof said === 'string' && said !== '' && !said.startsWith('<') ? `: ${said.slice(0, 200)}` : '';
};

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
