import { describeHold } from '../../../src/engine/hold-names.js';
import type { Milliseconds } from '../../../src/model/duration.js';
import { samePolicy } from '../../../src/model/container.js';
import type { Hold } from '../../../src/model/hold.js';
import type { HostId } from '../../../src/model/ids.js';
import { registrationKey } from '../../../src/model/registration.js';
import type { NamedHost } from '../../../src/model/run-result.js';
import type { WorldState } from '../../fakes/world/world.js';
import { longestStaleness } from '../../fakes/world/fake-target-group.js';
import { lastLookAt } from './last-look.js';
import { wasOutOfReach } from './reach.js';
import { ofEach, type Program, type Story } from './story.js';

const promise = 0;

/**
 * `named` excuses only what is really wrong, and names exactly what is held.
 */
export const namesWhatIsWrong = ofEach((program, story) =>
  (program.says?.named ?? [])
    .filter((named) => !couldNotKnow(named, program, story))
    // Weaker here: what a journal claims of a host, and its notes do not say, is told as it is claimed (seed 5637).
    .filter(({ reason }) => !reason.startsWith(unchecked))
    .filter(({ reason }) => !isLostToAnother(reason, program, story))
    .flatMap((named) => whatIsWrong(named, program, story))
    .map((what) => ({ statement: promise, at: program.endedAt, what: `${program.actor}: ${what}` })),
);

/** How the message of `recover.unchecked` begins. */
const unchecked = 'What was held of it was not put back';

/** How the message of `restore.incomplete` begins: what the balancer told right after the restore decides, whatever is asked later. */
const readBack = 'Read back after restoring';

/**
 * A run that wakes up after its lease, and finds that another run had it, looks at no host any more: it tells what its journal says, and that
 * one knows better (seed 1482).
 */
const isLostToAnother = (
  reason: string,
  { actor, begunAt, endedAt }: Program,
  { timeline }: Story,
): boolean =>
  /^The lock of group .* is lost: run .* had it meanwhile/.test(reason) &&
  timeline.some(
    ({ type, by, at }) => type === 'lease.taken' && by !== actor && at >= begunAt && at <= endedAt,
  );

/** A host whose group could not be locked is only registered again: its notes stay, and are told (seed 1056). */
const isOnlyRegistered = (hold: Hold, reason: string): boolean =>
  hold.kind === 'registration' && reason.startsWith('it is registered again in');

const couldNotKnow = (named: NamedHost, program: Program, story: Story): boolean =>
  wasOutOfReach(story, program, named.host, lastLookAt(named.host, program, story), program.endedAt) ||
  wasToldStale(named, program, story);

/** The balancer may have told, when the program asked last, what was so before its targets changed (seeds 101, 115, 181, 266, 296, 326). */
function wasToldStale(
  { host, reason }: NamedHost,
  { actor, history }: Program,
  { timeline, faults }: Story,
): boolean {
  if (faults.stale === 0) return false;
  const past = timeline.slice(0, history);
  const askedAt = past.filter(({ type, by }) => type === 'traffic.read' && by === actor).map(({ at }) => at);
  const changedAt = past
    .filter((entry) => 'registration' in entry && entry.host === host)
    .map(({ at }) => at);
  const isWithin = (asked: Milliseconds, to: Milliseconds): boolean =>
    changedAt.some((at) => at >= asked - longestStaleness && at <= to);
  return (
    askedAt.slice(-1).some((asked) => isWithin(asked, Number.POSITIVE_INFINITY)) ||
    (reason.startsWith(readBack) && askedAt.some((asked) => isWithin(asked, asked)))
  );
}

function whatIsWrong({ host, held, reason }: NamedHost, program: Program, story: Story): readonly string[] {
  const { taken, open } = holdsOf(host, program, story);
  const { ended } = program;
  const excess = held.flatMap((what) => {
    const hold = taken.get(what);
    if (hold === undefined) return [`${host} is said to hold ${what}, which was never taken`];
    return lacks(hold, ended) || isOnlyRegistered(hold, reason)
      ? []
      : [`${host} is said to hold ${what}, which it has`];
  });
  const silent = [...open].flatMap(([what, hold]) =>
    held.includes(what) || !lacks(hold, ended) ? [] : [`${host} lacks ${what}, which is not said`],
  );
  const isIll = ended.targets.some((target) => target.host === host && target.state !== 'healthy');
  // Weaker here: in a recovery it may have become healthy while other hosts were still being recovered (seed 4254).
  const isJudged = program.verb === 'deploy';
  const unfounded = held.length === 0 && !isIll && isJudged ? [`${host} is named, and is in service`] : [];
  return [...excess, ...silent, ...unfounded].map((what) => `${what} (${reason})`);
}

/** What the program's run, and those that it recovered, wrote down on the host, by what people read of it; and what of that is still there. */
function holdsOf(
  host: HostId,
  { run, says, history }: Program,
  { timeline }: Story,
): Readonly<Record<'taken' | 'open', ReadonlyMap<string, Hold>>> {
  const runs = new Set([run, ...(says?.recovered ?? [])]);
  const taken = new Map<string, Hold>();
  const open = new Map<string, Hold>();
  for (const entry of timeline.slice(0, history)) {
    if (entry.type === 'hold.kept' && entry.host === host && runs.has(entry.run)) {
      taken.set(describeHold(entry.hold), entry.hold);
      open.set(describeHold(entry.hold), entry.hold);
    }
    if (entry.type !== 'hold.forgotten' || entry.host !== host) continue;
    for (const [what, { id }] of open) if (id === entry.hold) open.delete(what);
  }
  return { taken, open };
}

function lacks(hold: Hold, { hosts, targets }: WorldState): boolean {
  if (hold.kind === 'registration') {
    const key = registrationKey(hold.registration);
    const state =
      targets.find(({ registration }) => registrationKey(registration) === key)?.state ?? 'unused';
    const registered = state !== 'unused' && state !== 'draining';
    if (hold.state === 'absent') return registered;
    return hold.state === 'healthy' ? state !== 'healthy' : !registered;
  }
  const containers = hosts.find(({ id }) => id === hold.host)?.containers ?? [];
  const { previous } = hold;
  if (previous === undefined) return containers.some(({ name }) => name === hold.name);
  return !containers.some(
    ({ id, name, running, restartPolicy }) =>
      id === previous.id &&
      name === hold.name &&
      running === previous.running &&
      samePolicy(restartPolicy, previous.restartPolicy),
  );
}
