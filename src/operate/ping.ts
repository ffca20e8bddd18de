import pLimit from 'p-limit';
import { isStopping, type Run } from '../engine/index.js';
import { noEndpoints } from '../errors/endpoints.js';
import { withoutSecrets } from '../inventory/endpoints.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import type { Endpoint, EndpointChange, EndpointCheck, PingReport } from '../model/endpoint.js';
import { Secret } from '../model/secret.js';
import type { ControlAnswer, ControlSide } from '../ports/control-side.js';
import { withRun } from '../run/with-run.js';
import type { CommonOptions, RunHooks } from '../world/context.js';
import { inWorld } from '../world/open-world.js';
import type { World } from '../world/world.js';
import { whyNoAnswer } from './no-answer.js';

export interface PingOptions extends CommonOptions {
  /** Check again and again, until the run is interrupted. */
  readonly watch?: {
    /** Between the end of one round and the beginning of the next. */
    readonly interval: Milliseconds;
    /** Called after each round. Everything in it is without secrets. */
    readonly onRound: (report: PingReport, changes: readonly EndpointChange[]) => void;
  };
}

/**
 * Asks all endpoints of an environment, from this machine and side by side. Asks no host and takes no lease. Throws `endpoints.none`, and all
 * that is wrong with `inventory/endpoints.yml`. With `watch` a signal ends it, and what it gives is the last round.
 */
export const ping = (options: PingOptions, hooks: RunHooks): Promise<PingReport> =>
  inWorld(options, hooks, (world) => pingWith(world, options, hooks));

const pingWith = (world: World, options: PingOptions, hooks: RunHooks): Promise<PingReport> =>
  withRun(world, options, hooks, { verb: 'ping', checkMode: true }, async (run) => {
    const endpoints = await endpointsOf(world, run);
    for (const endpoint of endpoints) keepSecretsOf(endpoint, world);
    const { watch } = options;
    let report = await checkAll(endpoints, world, run);
    if (watch === undefined) return report;
    watch.onRound(report, changesBetween(undefined, report));
    while (!isStopping(run)) {
      const next = await world.clock
        .sleep(watch.interval, run.stop.signal)
        .then(() => checkAll(endpoints, world, run))
        .catch((error: unknown) => {
          if (isStopping(run)) return undefined;
          throw error;
        });
      if (next === undefined) break;
      watch.onRound(next, changesBetween(report, next));
      report = next;
    }
    return report;
  });

async function endpointsOf({ endpoints, secrets }: World, run: Run): Promise<readonly Endpoint[]> {
  const missing = endpoints === undefined ? 'inventory/endpoints.yml' : endpoints.missing;
  if (endpoints === undefined || missing !== undefined) throw noEndpoints(run.environment, missing ?? '');
  secrets?.expect(endpoints.layers, ['endpoint']);
  await run.blips.cloud.outlast(async () => secrets?.fetch());
  return endpoints.all();
}

/** What is secret of a URL or header though no secret of the project is in it. */
function keepSecretsOf({ name, url, shownUrl, headers }: Endpoint, { redaction }: World): void {
  const keep = (text: string): void => redaction.add(new Secret(text), `endpoint ${name}`);
  const whole = url.reveal();
  if (whole !== shownUrl) {
    const { password, pathname, searchParams } = new URL(whole);
    if (password !== '') keep(decodeURIComponent(password));
    for (const value of searchParams.values()) if (!shownUrl.includes(value)) keep(value);
    if (!shownUrl.includes(pathname)) keep(pathname);
  }
  for (const [header, value] of Object.entries(headers)) {
    if (!ordinaryHeaders.includes(header.toLowerCase())) keep(value);
  }
}

/** Headers whose values are words of many texts. */
const ordinaryHeaders = [
  'accept',
  'accept-encoding',
  'accept-language',
  'content-type',
  'host',
  'user-agent',
];

async function checkAll(
  endpoints: readonly Endpoint[],
  { clock, control, redaction }: World,
  { environment, forks, stop: { signal } }: Run,
): Promise<PingReport> {
  signal.throwIfAborted();
  const limit = pLimit(Math.max(1, forks));
  const at = clock.now();
  const checks = await Promise.all(
    endpoints.map((endpoint) =>
      limit(async (): Promise<EndpointCheck> => {
        const begun = clock.elapsed();
        const found = await ask(endpoint, control, () => clock.elapsed() - begun, signal);
        const { name, zone, shownUrl } = endpoint;
        return {
          name,
          ...defined({ zone }),
          url: shownUrl,
          ok: found.reason === undefined,
          duration: Math.round(clock.elapsed() - begun),
          ...found,
        };
      }),
    ),
  );
  signal.throwIfAborted();
  return redaction.redact({
    environment,
    at,
    endpoints: checks,
    failed: checks.filter(({ ok }) => !ok).length,
  });
}

const redirects = [301, 302, 303, 307, 308];
const mostRedirects = 5;

async function ask(
  { url, shownUrl, method, headers, status, timeout, followRedirects }: Endpoint,
  control: ControlSide | undefined,
  spent: () => Milliseconds,
  signal: AbortSignal,
): Promise<Pick<EndpointCheck, 'status' | 'reason'>> {
  const first = new URL(url.reveal());
  let asked = first;
  for (let hops = 0; ; hops += 1) {
    const answer: ControlAnswer = (await control?.request({
      method,
      url: asked.href,
      headers: asked.origin === first.origin ? headers : {},
      timeout: Math.max(1, timeout - spent()),
      signal,
    })) ?? { kind: 'not_sent', reason: 'nothing can be asked from this machine' };
    if (answer.kind !== 'answer') {
      const late = answer.code === 'timeout';
      return { reason: late ? `no answer within ${timeout / 1_000} s` : whyNoAnswer(answer, asked) };
    }
    if (status.includes(answer.status)) return { status: answer.status };
    const location = answer.headers['location'];
    const next =
      redirects.includes(answer.status) && location !== undefined ? URL.parse(location, asked.href) : null;
    if (next === null || !/^https?:$/.test(next.protocol)) {
      return { status: answer.status, reason: `answered ${answer.status}, not ${inWords(status)}` };
    }
    // What is secret in a URL may come back in the one that it leads to.
    const where = shownUrl === first.href ? withoutSecrets(next.href) : next.origin;
    const leads = `answered ${answer.status}, which leads to ${where}`;
    if (!followRedirects) return { status: answer.status, reason: `${leads}; redirects are not followed` };
    if (hops === mostRedirects) return { status: answer.status, reason: `${leads}, after ${hops} redirects` };
    asked = next;
  }
}

/** `200`, `200-299, 404`. */
function inWords(statuses: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const one of [...new Set(statuses)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.[1] === one - 1) last[1] = one;
    else ranges.push([one, one]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
}

/** An endpoint has changed when it passes or fails otherwise, or for another reason. */
function changesBetween(before: PingReport | undefined, { at, endpoints }: PingReport): EndpointChange[] {
  return endpoints.flatMap((check, index) => {
    const last = before?.endpoints[index];
    if (last === undefined) return [{ at, check }];
    return last.ok === check.ok && last.reason === check.reason ? [] : [{ at, check, before: last }];
  });
}
