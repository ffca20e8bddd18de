import { describeHold, type Hold } from '../../../src/model/hold.js';
import type { Milliseconds } from '../../../src/model/duration.js';
import { samePolicy } from '../../../src/model/container.js';
import type { HostId } from '../../../src/model/ids.js';
import { registrationKey } from '../../../src/model/registration.js';
import type { NamedHost } from '../../../src/model/run-result.js';
import type { WorldState } from '../../fakes/world/world.js';
import { longestStaleness } from '../../fakes/world/fake-target-group.js';
import { lastLookAt, othersOn } from './last-look.js';
import { wasOutOfReach } from './reach.js';
import { ofEach, type Program, type Story } from './story.js';

const promise = 0;

/**
 * `named` excuses only what is really wrong, and names exactly what is held.
 */
export const namesWhatIsWrong = ofEach((program, story) =>
  (program.says?.named ?? [])
    .filter(({ host }) => !couldNotKnow(host, program, story))
    .flatMap((named) => whatIsWrong(named, program, story))
    .map((what) => ({ statement: promise, at: program.endedAt, what: `${program.actor}: ${what}` })),
);

/** Hosts are looked at together, and named one after the other. */
const fromLookToName: Milliseconds = 5_000;

/** A host whose group could not be locked is only registered again: its notes stay, and are told (seed 1056). */
const isOnlyRegistered = (hold: Hold, reason: string): boolean =>
  hold.kind === 'registration' && reason.includes('it is registered again in');

/** What it sees of the host after it has named it changes the name no more (seed 11487). */
function couldNotKnow(host: HostId, program: Program, story: Story): boolean {
  const lookedAt = lastLookAt(host, program, story, namedAtOf(host, program));
  return (
    wasOutOfReach(story, program, host, lookedAt, program.endedAt) || wasChangedSince(host, program, story)
  );
}

const namedAtOf = (host: HostId, { namedAt, endedAt }: Program): Milliseconds => namedAt.get(host) ?? endedAt;

/**
 * What others did there, or happened by itself, after the program looked and named the host is not its to tell. The balancer's answers may be
 * older than that.
 */
function wasChangedSince(host: HostId, program: Program, story: Story): boolean {
  const lookedAt = namedAtOf(host, program) - fromLookToName;
  const toldAt = story.faults.stale > 0 ? lookedAt - longestStaleness : lookedAt;
  return othersOn(host, program, story).some(
    (entry) =>
      ('registration' in entry && entry.at >= toldAt) || ('container' in entry && entry.at >= lookedAt),
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
  // What somebody pruned the note of cannot be said, and is a reason all the same (seed 16882).
  const isWhole = [...taken.values()].every((hold) => hold.kind === 'container' || !lacks(hold, ended));
  const unfounded = held.length === 0 && !isIll && isWhole ? [`${host} is named, and is in service`] : [];
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

/** What is held is not there as it was. */
export function lacks(hold: Hold, { hosts, targets }: WorldState): boolean {
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
