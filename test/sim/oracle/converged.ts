import type { Milliseconds } from '../../../src/model/duration.js';
import { isProgram, type Entry } from '../../fakes/world/timeline.js';
import { ofEach, type Program } from './story.js';

const promise = 0;

/** Exit 0 of a deploy means converged: every host runs all containers of the release, and what was in service is in service. */
export const exitsZeroOnlyWhenConverged = ofEach((program, { timeline }) => {
  const { verb, exit, ended, release, group } = program;
  if (exit !== 0 || verb !== 'deploy') return [];
  const begunAt = timeline.find(({ by, type }) => by === program.actor && type === 'process')?.at ?? 0;
  const others = new Set(
    timeline.flatMap((entry) =>
      'host' in entry && isAnothersDoing(entry, program, begunAt) ? [entry.host] : [],
    ),
  );
  const behind = ended.hosts.filter(
    ({ id, containers }) =>
      group.hosts.includes(id) &&
      !others.has(id) &&
      !group.containers.every((wanted) =>
        containers.some(({ name, digest, running }) => running && name === wanted && digest === release),
      ),
  );
  return behind.map(({ id }) => ({
    statement: promise,
    at: ended.at,
    what: `exit 0, though ${id} does not run the release`,
  }));
});

/** A crash, a person, a machine that came or went; or another program, while this one ran. */
const isAnothersDoing = (entry: Entry, { actor }: Program, begunAt: Milliseconds): boolean =>
  entry.type === 'container.exited' ||
  entry.type === 'host.gone' ||
  entry.type === 'host.joined' ||
  entry.by === 'operator' ||
  (isProgram(entry.by) && entry.by !== actor && 'container' in entry && entry.at > begunAt);
