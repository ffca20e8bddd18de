import { mayBeStartedByEngine, type ObservedContainer } from '../model/container.js';
import type { EpochMilliseconds, Milliseconds } from '../model/duration.js';
import { mostBlips } from '../model/settings.js';
import type { HostKnowledge, HostTarget } from './host-target.js';
import type { Run } from './run.js';

/**
 * Since a container ended, until its Engine has ended too or is not about to. By default dockerd gives its containers 15 s when it is
 * stopped, and 5 s more than the longest stop timeout among them. Source: moby, daemon/daemon.go, ShutdownTimeout.
 */
const shutdown = { usual: 15_000, afterStopTimeout: 5_000 } as const;
const pause: Milliseconds = 1_000;

/** What must be known of a host to wait for its containers. */
type SettlingTarget = Pick<HostTarget, 'host' | 'group' | 'activity' | 'place'> & {
  readonly run: Pick<Run, 'ports' | 'blips' | 'begun'>;
  readonly known: Pick<HostKnowledge, 'startedAt'>;
};

/** When an end of a container was seen first, and how long the host had been away by then. */
interface SeenEnd {
  readonly at: Milliseconds;
  readonly lost: Milliseconds;
}

/**
 * The containers that a host has. A dockerd that is being stopped stops its containers one by one, and answers meanwhile on connections that
 * are open: what is seen then is not what the host had, since it starts them again. Who stopped a container it does not tell. So while one
 * is down that its restart policy would have running, and has not been down for longer than a dockerd needs to end, `list` is made again. The
 * time of blips is not counted, and one that ended again meanwhile is waited for anew, as often as a host may blip. Throws what `list` throws.
 */
export async function settledContainers(
  target: SettlingTarget,
  list: () => Promise<readonly ObservedContainer[]>,
): Promise<readonly ObservedContainer[]> {
  const { run, activity, place } = target;
  const { clock } = run.ports;
  const settled = settleTime(target);
  const ends = new Map<string, SeenEnd>();
  for (let zero: EpochMilliseconds | undefined; ;) {
    const containers = await list();
    const down = containers.filter(mayBeStartedByEngine);
    if (down.length === 0) return containers;
    zero ??= await clockZero(target);
    const lost = run.blips.timeLost(place);
    const until = down.map((one) => {
      const seen = ends.get(endOf(one)) ?? { at: clock.elapsed(), lost };
      ends.set(endOf(one), seen);
      return Math.min(endedAt(one, zero, seen.at), seen.at) + settled + lost - seen.lost;
    });
    const left = Math.max(...until) - clock.elapsed();
    if (left <= 0 || ends.size > mostEnds(target)) return containers;
    activity.report(
      `looking again: its Docker Engine may be restarting, ${down.map(({ name }) => name).join(', ')} ended just now`,
    );
    await clock.sleep(Math.min(pause, left), activity.signal);
  }
}

const endOf = ({ id, finishedAt }: ObservedContainer): string => `${id} ${finishedAt ?? 'never'}`;

/** Of all its containers together: who stops them again and again is no Engine. */
const mostEnds = ({ group, place }: SettlingTarget): number =>
  Math.max(1, group?.settings.containers.length ?? 1) * (place.maxBlips ?? mostBlips);

function settleTime({ group }: SettlingTarget): Milliseconds {
  const stopTimeouts = group?.settings.containers.map(({ stopTimeout }) => stopTimeout) ?? [];
  return Math.max(shutdown.usual, ...stopTimeouts.map((timeout) => timeout + shutdown.afterStopTimeout));
}

/** On this machine's clock. Where the host's clock is not known, as if it had ended when it was first looked at. */
function endedAt(
  { finishedAt }: ObservedContainer,
  zero: EpochMilliseconds | undefined,
  lookedAt: Milliseconds,
): Milliseconds {
  if (finishedAt === undefined) return -Infinity;
  return zero === undefined ? lookedAt : finishedAt - zero;
}

/** The host's own time at the zero of this machine's clock. */
async function clockZero({ known, run, host }: SettlingTarget): Promise<EpochMilliseconds | undefined> {
  const { startedAt } = known;
  if (startedAt !== undefined) return startedAt - run.begun;
  return (await run.ports.runtime.on(host).info()).clockZero;
}
