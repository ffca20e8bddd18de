import type { Milliseconds } from '../../../src/model/duration.js';
import type { ContainerId, HostId } from '../../../src/model/ids.js';
import { registrationKey, type Registration } from '../../../src/model/registration.js';
import { isProgram, type Actor, type Entry } from '../../fakes/world/timeline.js';
import { wasChangedSinceItsLook } from './last-look.js';
import { replay, type Replay } from './replay.js';
import { runsButForItsEngine } from './engine-ends.js';
import { isContainerOf, isTargetGroupOf, type Story, type StoryGroup } from './story.js';

/** A program changed what a host runs, or where it is registered. */
export type Deed = Extract<Entry, { container: ContainerId } | { registration: Registration }>;

export const isDeed = (entry: Entry): entry is Deed =>
  isProgram(entry.by) &&
  (entry.type === 'container.created' ||
    entry.type === 'container.started' ||
    entry.type === 'container.stopped' ||
    entry.type === 'container.removed' ||
    entry.type === 'container.renamed' ||
    entry.type === 'target.registered' ||
    entry.type === 'target.deregistered');

type Kept = Extract<Entry, { type: 'hold.kept' }>;

/** How a program found what its group has on a host, before anything of it was held or taken. */
export interface Found {
  readonly group: StoryGroup;
  readonly at: Milliseconds;
  /** Before the first container was held or taken: one that ended by itself while the host was drained goes back to that (seed 16128). */
  readonly running: ReadonlySet<ContainerId>;
  /** Others changed what runs while the program looked: it may have found something else. */
  readonly mayHaveRunOther?: boolean;
  readonly registered: ReadonlySet<string>;
}

/** What one program did to one host. */
export interface Deeds {
  /** By its own run. */
  readonly own: Deed[];
  /** For a run of another program, that it recovered. */
  readonly recovering: Deed[];
  /** As its own run found the host; undefined: it took nothing there. */
  found?: Found;
}

/** What each program did, host by host. */
export type AllDeeds = ReadonlyMap<Actor, ReadonlyMap<HostId, Deeds>>;

/** Every statement about a story asks the same. */
const known = new WeakMap<Story, AllDeeds>();

export function deedsOf(story: Story): AllDeeds {
  const deeds = known.get(story) ?? readDeeds(story);
  known.set(story, deeds);
  return deeds;
}

function readDeeds(story: Story): AllDeeds {
  const { initial, timeline, programs } = story;
  const groups = new Map(programs.map(({ actor, group }) => [actor, group]));
  const all = new Map<Actor, Map<HostId, Deeds>>();
  const tookContainer = new Set<Deeds>();
  replay(initial, timeline, (entry, before) => {
    if (!isProgram(entry.by) || (!isDeed(entry) && entry.type !== 'hold.kept')) return;
    const ofProgram = all.get(entry.by) ?? new Map<HostId, Deeds>();
    all.set(entry.by, ofProgram);
    const deeds = ofProgram.get(entry.host) ?? { own: [], recovering: [] };
    ofProgram.set(entry.host, deeds);
    const recovers =
      entry.type === 'hold.kept'
        ? before.isOfAnother(entry.by, entry.run)
        : before.isRecovering(entry.by, entry.host);
    const group = groups.get(entry.by);
    if (!recovers && group !== undefined) {
      deeds.found ??= foundOn(entry, group, before, story);
      if (takesContainer(entry) && !tookContainer.has(deeds)) {
        tookContainer.add(deeds);
        deeds.found = {
          ...deeds.found,
          running: runningOn(entry, group, before, story),
          mayHaveRunOther: wasChangedSinceItsLook(entry, story),
        };
      }
    }
    if (isDeed(entry)) deeds[recovers ? 'recovering' : 'own'].push(entry);
  });
  return all;
}

const foundOn = ({ host, at }: Deed | Kept, group: StoryGroup, world: Replay, story: Story): Found => ({
  group,
  at,
  running: runningOn({ host, at }, group, world, story),
  registered: new Set(
    world
      .targetsOf(host)
      .filter(
        ({ state, registration }) =>
          state !== 'draining' && state !== 'unused' && isTargetGroupOf(group, registration.targetGroup),
      )
      .map(({ registration }) => registrationKey(registration)),
  ),
});

const takesContainer = (entry: Deed | Kept): boolean =>
  entry.type === 'hold.kept' ? entry.hold.kind === 'container' : 'container' in entry;

const runningOn = (
  { host, at }: Pick<Deed | Kept, 'host' | 'at'>,
  group: StoryGroup,
  world: Replay,
  story: Story,
): ReadonlySet<ContainerId> =>
  new Set(
    [...world.containers.values()]
      .filter((one) => one.host === host && isContainerOf(group, one.name))
      .filter((one) => runsButForItsEngine(story, one, at))
      .map(({ id }) => id),
  );
