import type { Statement } from './story.js';

/** The promise that no request is dropped has no number among the statements. */
const promise = 0;

/**
 * The balancer never sends a request to a target that does not serve, and always has somewhere to send it. Judged only where
 * neither a container ended by itself nor a check flapped, and where downtime was not accepted.
 */
export const dropsNoRequest: Statement = ({ timeline, rollout, initial }) => {
  const { minHealthy } = rollout;
  const acceptsDowntime = ('hosts' in minHealthy ? minHealthy.hosts : minHealthy.percent) === 0;
  const ownAccord = timeline.some(
    ({ type, by }) => by === 'world' && (type === 'container.exited' || type === 'fault'),
  );
  const wasServing = initial.targets.some(({ state }) => state === 'healthy');
  if (acceptsDowntime || ownAccord || !wasServing) return [];
  return timeline.flatMap((entry) => {
    if (entry.type !== 'routes') return [];
    const deaf = entry.targets.find(({ serving }) => !serving);
    if (deaf !== undefined) {
      return [
        {
          statement: promise,
          at: entry.at,
          what: `requests were sent to ${deaf.host}:${deaf.port}, which did not serve`,
        },
      ];
    }
    if (entry.targets.length > 0) return [];
    return [{ statement: promise, at: entry.at, what: `${entry.targetGroup} had no target` }];
  });
};
