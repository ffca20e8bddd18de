import { describe, expect, it } from 'vitest';
import { allExits, exitCodes, exitOfThrown } from '../../src/cli/exit-codes.js';
import { exitOfSignal } from '../../src/model/run-result.js';
import { AdfError, AdfErrors, type ErrorClass } from '../../src/errors/adf-error.js';

const error = (errorClass: ErrorClass): AdfError =>
  new AdfError({ code: 'x', class: errorClass, message: 'm' });

describe('the exit code', () => {
  it.each([
    ['bug', 1],
    ['invalid', 2],
    ['refused', 3],
    ['failed', 4],
    ['needs_person', 5],
  ] as const)('of an error of class %s is %i', (errorClass, exit) => {
    expect(exitOfThrown(error(errorClass))).toBe(exit);
  });

  it('of several errors is that of their common class: what failed on a host is a refusal in preflight', () => {
    expect(exitOfThrown(new AdfErrors([error('failed')], 'refused'))).toBe(3);
  });

  it('of anything that is not ours is 1', () => {
    expect(exitOfThrown(new TypeError('x'))).toBe(1);
    expect(exitOfThrown(undefined)).toBe(1);
  });

  it('of a signal is the one of shells', () => {
    expect([exitOfSignal('SIGINT'), exitOfSignal('SIGTERM')]).toEqual([130, 143]);
  });

  it('has a meaning in the one table, each', () => {
    expect(Object.keys(exitCodes).map(Number)).toEqual([...allExits]);
  });
});
