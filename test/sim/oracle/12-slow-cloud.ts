import type { ContainerId, HostId } from '../../../src/model/ids.js';
import { isProgram, type Entry } from '../../fakes/world/timeline.js';
import { noFaults, type FaultPlan } from '../faults.js';
import { isStartedAgain } from './engine-ends.js';
import { blipsOf } from './reach.js';
import type { Program, Statement, Story, Violation } from './story.js';

type Ended = Extract<Entry, { readonly type: 'container.exited' }>;

/**
 * 12. Throttling, lost replies and blips slow a run down and never corrupt it. What that could corrupt, all other statements see; and where
 * nothing else went wrong, the run ends as it would without them: a good release converges; after a bad one no host is named, since each can go
 * back.
 */
export const endsAllTheSame: Statement = (story) => {
  if (!isOnlySlow(story)) return [];
  const [program] = story.programs;
  // What is refused has changed nothing.
  if (program?.exit === undefined || program.exit === 0 || program.exit === 3) return [];
  const { exit } = program;
  const why = 'though the cloud was only slow, and nothing was away for long';
  const breach = (what: string): Violation => ({
    statement: 12,
    at: program.endedAt,
    what: `${what}, ${why}`,
  });
  if (!isBad(story)) return [breach(`exit ${exit}`)];
  return namedAllTheSame(program, story).map((host) => breach(`${host} is named`));
};

/** A container of the release never served, or ended by itself. */
function isBad(story: Story): boolean {
  const { timeline } = story;
  const served = servedIn(story);
  return timeline.some(
    (entry) =>
      (entry.type === 'container.exited' && !comesBack(entry, story)) ||
      (entry.type === 'container.created' && isProgram(entry.by) && !served.has(entry.container)),
  );
}

/**
 * Hosts that could have gone back, and are named: nothing that they ran before has ended for good, and no command or setting keeps them. Where the
 * floor may keep a host that is to go back, because others are rolled back as well or the release served and crashed, only one that
 * runs nothing counts: one that the floor keeps runs the release.
 */
function namedAllTheSame({ named, ended }: Program, story: Story): readonly HostId[] {
  const { timeline, rollout, initial } = story;
  const served = servedIn(story);
  const before = new Set(initial.hosts.flatMap(({ containers }) => containers.map(({ id }) => id)));
  const gone = timeline.flatMap((entry) =>
    entry.type === 'container.exited' && !comesBack(entry, story) ? [entry.container] : [],
  );
  const isKept = rollout.onFailure === 'stop' || timeline.some(({ type }) => type === 'command.ran');
  if (isKept || gone.some((id) => before.has(id))) return [];
  const needsNoFloor = rollout.onFailure === 'restore' && !gone.some((id) => served.has(id));
  const runsNothing = (host: HostId): boolean =>
    ended.hosts.some(({ id, containers }) => id === host && !containers.some(({ running }) => running));
  return named.filter((host) => needsNoFloor || (before.size > 0 && runsNothing(host)));
}

const servedIn = ({ timeline }: Story): ReadonlySet<ContainerId> =>
  new Set(timeline.flatMap((entry) => (entry.type === 'container.serving' ? [entry.container] : [])));

function isOnlySlow({ faults, programs, initial, playbookFails, timeline }: Story): boolean {
  const { throttled, sparesPreflight } = faults;
  // What is away before the run changes anything is refused sooner.
  const begun = timeline.find(({ type }) => type === 'image.pulled')?.at ?? Infinity;
  return (
    throttled <= 0.1 &&
    sparesPreflight &&
    timeline.every(({ type, at }) => type !== 'blip' || at > begun) &&
    !playbookFails &&
    initial.hosts.length > 0 &&
    programs.filter(({ verb }) => verb === 'deploy').length === 1 &&
    programs[0]?.verb === 'deploy' &&
    programs[0].signalledAt === undefined &&
    !timeline.some((entry) => entry.type === 'process' && entry.became === 'frozen') &&
    JSON.stringify({ ...faults, ...harmless }) === JSON.stringify({ ...noFaults, ...harmless })
  );
}

/** What only slows a run down, and clocks and answers of balancers that are a little off. */
const harmless: Partial<FaultPlan> = {
  sparesPreflight: true,
  throttled: 0,
  lostReply: 0,
  stale: 0,
  machineDrifts: [],
  drifts: [],
  blips: [],
  outages: [],
};

/** It went down with its Engine in a blip. By its restart policy that brings it back, unless somebody had done with it. */
function comesBack({ at, host, container }: Ended, { initial, timeline }: Story): boolean {
  const isOfBlip = blipsOf({ timeline }, host).some(
    (blip) => blip.of === 'dockerd' && at >= blip.at && at <= blip.at + blip.lasts,
  );
  const isOfIt = (entry: Entry): boolean => 'container' in entry && entry.container === container;
  const renamed = timeline.findLast(
    (entry) => entry.at <= at && entry.type === 'container.renamed' && isOfIt(entry),
  );
  const isPutAside = renamed?.type === 'container.renamed' && renamed.name.includes('.kept-');
  const isBack = timeline.some(
    (entry) => entry.at > at && entry.type === 'container.started' && entry.by === 'world' && isOfIt(entry),
  );
  return isOfBlip && (isPutAside || isBack || isStartedAgain({ initial }, { id: container, host }));
}
