import { evaluateCondition, type Expression } from '../expression/condition.js';
import type { Variables } from '../expression/variables.js';
import { UnknownValue } from '../model/unknown.js';

/** All of a list hold: the first that does not decides, else an unknown one. */
export function allHold(conditions: readonly Expression[], variables: Variables): boolean | UnknownValue {
  let unknown: UnknownValue | undefined;
  for (const condition of conditions) {
    const holds = evaluateCondition(condition, variables);
    if (holds === false) return false;
    if (holds instanceof UnknownValue) unknown ??= holds;
  }
  return unknown ?? true;
}
