import type { HostId } from '../../../src/model/ids.js';
import type { ContainerState, WorldState } from '../../fakes/world/world.js';
import type { Statement, Story } from './story.js';

/**
 * 8. A restored host runs the very container it ran before: digest, config, restart policy. Where there was none, it has none.
 * So at the end each host runs the release, or exactly what it ran at the beginning, or it is named.
 */
export const restoresTheVeryContainer: Statement = (story) => {
  const { initial, ended, named, release } = story;
  return initial.hosts
    .filter(({ id }) => !named.includes(id) && !endedByItself(story, id))
    .flatMap(({ id }) => {
      const now = runningOn(ended, id);
      const before = runningOn(initial, id);
      if (now.length > 0 && now.every(({ digest }) => digest === release)) return [];
      if (describe(now) === describe(before)) return [];
      const what = `${id} ran ${describe(before)} and now runs ${describe(now)}`;
      return [{ statement: 8, at: ended.at, what }];
    });
};

const runningOn = ({ hosts }: WorldState, host: HostId): readonly ContainerState[] =>
  hosts.find(({ id }) => id === host)?.containers.filter(({ running }) => running) ?? [];

const describe = (containers: readonly ContainerState[]): string =>
  containers
    .map(({ id, name, restartPolicy }) => `${name} = ${id}, restart ${restartPolicy.name}`)
    .join('; ') || 'nothing';

/** A container of the host crashed after the program's last deed there: what it runs now is not the program's doing. */
function endedByItself({ timeline }: Story, host: HostId): boolean {
  const deeds = timeline.filter((entry) => 'container' in entry && entry.host === host);
  const lastDeed = deeds.findLastIndex(({ by }) => by === 'program');
  return deeds.slice(lastDeed + 1).some(({ type }) => type === 'container.exited');
}
