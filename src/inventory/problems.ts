import { AdfErrors, errorsOf, type AdfError } from '../errors/adf-error.js';

/** Collects what several checks throw, so that a user is told all of it at once. */
export class Problems {
  readonly #errors: AdfError[] = [];

  /** What the check gives; undefined when it threw. */
  collect<T>(check: () => T): T | undefined {
    try {
      return check();
    } catch (thrown) {
      this.#errors.push(...errorsOf(thrown));
      return undefined;
    }
  }

  /** The result, if no check threw; else throws all that they threw. */
  resultOf<T>(result: () => T): T {
    const [first, ...others] = this.#errors;
    if (first === undefined) return result();
    throw others.length === 0 ? first : new AdfErrors([first, ...others]);
  }
}
