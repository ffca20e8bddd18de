import type { Statement } from './story.js';

const promise = 0;

/** Exit 0 means converged: every host runs the release, and what was in service is in service. */
export const exitsZeroOnlyWhenConverged: Statement = ({ exit, ended, release, timeline }) => {
  if (exit !== 0) return [];
  const crashed = new Set(
    timeline.flatMap((entry) => (entry.type === 'container.exited' ? [entry.host] : [])),
  );
  const behind = ended.hosts.filter(
    ({ id, containers }) =>
      !crashed.has(id) && !containers.some(({ digest, running }) => running && digest === release),
  );
  return behind.map(({ id }) => ({
    statement: promise,
    at: ended.at,
    what: `exit 0, though ${id} does not run the release`,
  }));
};
