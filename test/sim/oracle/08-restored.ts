import type { ContainerId, HostId } from '../../../src/model/ids.js';
import { isProgram, type Entry } from '../../fakes/world/timeline.js';
import type { ContainerState, WorldState } from '../../fakes/world/world.js';
import { wasChangedSinceItsLook } from './last-look.js';
import { replay } from './replay.js';
import { runsButForItsEngine } from './engine-ends.js';
import { isContainerOf, namesOfContainers, type Statement, type Story, type StoryGroup } from './story.js';

/**
 * 8. A restored host runs the very container it ran before: digest, config, restart policy. Where there was none, it has none.
 * So at the end each host runs all containers of one release, or exactly what it ran when the first run touched it, or it is named.
 */
export const restoresTheVeryContainer: Statement = (story) => {
  const { initial, named, isOver, groups } = story;
  const end = endOf(story);
  if (!isOver || end === undefined) return [];
  const { running: ranAtFirst, uncertain } = foundWhenTouched(story);
  return groups.flatMap((group) => {
    const releases = releasesOf(group, story);
    const isOwn = ({ name }: ContainerState): boolean => nameOfGroup(name) === group.name;
    return initial.hosts
      .filter(
        ({ id }) =>
          group.hosts.includes(id) &&
          !named.includes(id) &&
          !uncertain.has(id) &&
          !changedAfterwards(story, id, group),
      )
      .flatMap(({ id }) => {
        const now = runningOn(end, id).filter(isOwn);
        const first = ranAtFirst.get(id);
        const before = containersOn(initial, id).filter(
          (one) => isOwn(one) && (first?.has(one.id) ?? one.running),
        );
        const isWhole = group.containers.every((name) => now.some((one) => one.name === name));
        if (isWhole && isOneOf(releases, now)) return [];
        if (describe(now) === describe(before)) return [];
        const what = `${id} ran ${describe(before)} and now runs ${describe(now)}`;
        return [{ statement: 8, at: end.at, what }];
      });
  });
};

const releasesOf = (group: StoryGroup, { programs }: Story): ReadonlySet<string | undefined> =>
  new Set(
    programs.flatMap((program) =>
      program.verb === 'deploy' && program.group === group ? [program.release] : [],
    ),
  );

/** Also of one that was put aside: containers are named after their groups. */
const nameOfGroup = (container: string): string | undefined => container.split(/[-.]/)[0];

/** All of them are of one release: a pair of the old and the new is neither. */
const isOneOf = (
  releases: ReadonlySet<string | undefined>,
  containers: readonly ContainerState[],
): boolean => {
  const digests = new Set(containers.map(({ digest }) => digest));
  return digests.size === 1 && [...digests].every((digest) => releases.has(digest));
};

/** When the last program ended. What came later, came by itself. */
const endOf = ({ programs }: Story): WorldState | undefined => programs.at(-1)?.ended;

const containersOn = ({ hosts }: WorldState, host: HostId): readonly ContainerState[] =>
  hosts.find(({ id }) => id === host)?.containers ?? [];

const runningOn = (state: WorldState, host: HostId): readonly ContainerState[] =>
  containersOn(state, host).filter(({ running }) => running);

const describe = (containers: readonly ContainerState[]): string =>
  containers
    .map(({ id, name, restartPolicy }) => `${name} = ${id}, restart ${JSON.stringify(restartPolicy)}`)
    .toSorted()
    .join('; ') || 'nothing';

interface FoundWhenTouched {
  readonly running: ReadonlyMap<HostId, ReadonlySet<ContainerId>>;
  /** Others changed the host while the program looked: either is what it found. */
  readonly uncertain: ReadonlySet<HostId>;
}

/** What ran on each host when a program first took a container there; by then a person or a crash may have been there. */
function foundWhenTouched(story: Story): FoundWhenTouched {
  const { initial, timeline } = story;
  const touched = new Map<HostId, ReadonlySet<ContainerId>>();
  const uncertain = new Set<HostId>();
  replay(initial, timeline, (entry, before) => {
    if (!isProgram(entry.by) || !('host' in entry) || touched.has(entry.host)) return;
    const takes = 'container' in entry || (entry.type === 'hold.kept' && entry.hold.kind === 'container');
    if (!takes) return;
    const running = [...before.containers.values()].filter(
      (container) => container.host === entry.host && runsButForItsEngine(story, container, entry.at),
    );
    touched.set(entry.host, new Set(running.map(({ id }) => id)));
    if (wasChangedSinceItsLook(entry, story)) uncertain.add(entry.host);
  });
  return { running: touched, uncertain };
}

/** It is gone, or the group's containers ended or were changed by hand after the programs' last deed with them there: that is not their doing. */
function changedAfterwards(story: Story, host: HostId, group: StoryGroup): boolean {
  const names = namesOfContainers(story);
  const deeds = story.timeline.filter(
    (entry) =>
      'host' in entry &&
      entry.host === host &&
      (!('container' in entry) || isContainerOf(group, names.get(entry.container) ?? '')),
  );
  const lastDeed = deeds.findLastIndex((entry) => isProgram(entry.by) && 'container' in entry);
  return deeds.slice(lastDeed + 1).some(isOwnAccord) || deeds.some(({ type }) => type === 'host.gone');
}

const isOwnAccord = ({ type, by }: Entry): boolean =>
  type === 'container.exited' || (by === 'operator' && type.startsWith('container.'));
