import type { Statement } from './story.js';

const promise = 0;

/**
 * A container that is kept for the way back stays down whatever happens to its host: with another restart policy than `no` it would come
 * back in the place of its successor when the Docker Engine is started again.
 */
export const keepsPredecessorsDown: Statement = ({ final, named, isOver, timeline }) => {
  if (!isOver) return [];
  const gone = new Set(timeline.flatMap((entry) => (entry.type === 'host.gone' ? [entry.host] : [])));
  return final.hosts
    .filter(({ id }) => !named.includes(id) && !gone.has(id))
    .flatMap(({ id, containers }) =>
      containers
        .filter(({ name, restartPolicy }) => name.includes('.kept-') && restartPolicy.name !== 'no')
        .map(({ name, restartPolicy }) => ({
          statement: promise,
          at: final.at,
          what: `${name} on ${id} is kept with the restart policy ${restartPolicy.name}`,
        })),
    );
};
