import { evaluateCondition, type Expression } from '../../expression/condition.js';
import type { Variables } from '../../expression/variables.js';
import { UnknownValue } from '../../model/unknown.js';
import { isDataError } from './task-call.js';

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
    if (failed && isDataError(error)) return 'untold';
    throw error;
  }
}

/** What `until` says of one attempt; `why` names the field that the result lacks. */
export interface UntilVerdict {
  readonly holds: boolean | UnknownValue;
  readonly why?: string;
}

/** A result that is not what `until` expects is one that will be: it does not hold yet. */
export function holdsYet(until: Expression, variables: Variables): UntilVerdict {
  try {
    return { holds: evaluateCondition(until, variables) };
  } catch (error) {
    if (isDataError(error)) return { holds: false, why: error.message };
    throw error;
  }
}
