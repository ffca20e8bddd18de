import { isDrained, type Registration, type TargetHealth } from '../model/registration.js';

/** Up to this many targets are named one by one. */
const namedAtMost = 3;

/** `i-0abc:5060 draining (Target.DeregistrationInProgress)`; for many targets, how many are in each state. */
export function statesInWords(targets: readonly TargetHealth[]): string {
  if (targets.length === 0) return 'no targets';
  if (targets.length <= namedAtMost) {
    return targets.map((target) => `${targetName(target.registration)} ${stateInWords(target)}`).join(', ');
  }
  const counts = Map.groupBy(targets, stateInWords);
  return [...counts]
    .map(([state, { length }]) => `${length} ${state}`)
    .sort()
    .join(', ');
}

/** `unhealthy (Target.Timeout: Request timed out)`, `not registered`. */
export function stateInWords(target: TargetHealth): string {
  if (isDrained(target)) return 'not registered';
  const why = [target.reason, target.description?.replace(/\.$/, '')].filter((part) => part !== undefined);
  return why.length === 0 ? target.state : `${target.state} (${why.join(': ')})`;
}

export const targetName = ({ id, port }: Registration): string => `${id}:${port}`;
