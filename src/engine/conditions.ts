import { AdfError } from '../errors/adf-error.js';
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

/**
 * Conditions on a task's own result. One that failed may tell too little for them (a killed command has no `rc`): that is
 * `untold`, since the failure itself is what a person has to see.
 */
export function allHoldOfResult(
  conditions: readonly Expression[],
  variables: Variables,
  failed: boolean,
): boolean | 'untold' {
  try {
    return allHold(conditions, variables) === true;
  } catch (error) {
    const isUntold = failed && error instanceof AdfError && error.code === 'expression.unknown_field';
    if (isUntold) return 'untold';
    throw error;
  }
}
