import { formatPlace } from '../model/source.js';
import { AdfErrors, errorsOf, type AdfError, type ErrorClass } from './adf-error.js';

/**
 * Collects what is wrong with the user's files, so that a user is told all of it at once: whatever reads on after a mistake reports to one
 * of these.
 */
export class Diagnostics {
  readonly #errors: AdfError[] = [];

  report(error: AdfError): void {
    this.#errors.push(error);
  }

  /** What the check gives; undefined when it threw, which is reported. A bug is thrown at once. */
  collect<T>(check: () => T): T | undefined {
    try {
      return check();
    } catch (thrown) {
      this.#keep(thrown);
      return undefined;
    }
  }

  /** The same for a check that takes time. */
  async collectAsync<T>(check: () => Promise<T>): Promise<T | undefined> {
    try {
      return await check();
    } catch (thrown) {
      this.#keep(thrown);
      return undefined;
    }
  }

  /** Throws all that was reported, as `throwAll` does, in the order of the files. A file that is read twice is not wrong twice. */
  refuse(): void {
    const told = new Map(this.#errors.map((error) => [keyOf(error), error]));
    throwAll(inOrderOfFiles([...told.values()]));
  }

  #keep(thrown: unknown): void {
    const errors = errorsOf(thrown);
    if (errors.some((error) => error.class === 'bug')) throw thrown;
    this.#errors.push(...errors);
  }
}

/** The same for errors that say the same of the same place. */
export const keyOf = ({ code, at, message }: AdfError): string =>
  `${code} ${at === undefined ? '' : formatPlace(at)} ${message}`;

/**
 * Throws one error as it is, and several as AdfErrors. Returns when there is none. With a class they are AdfErrors of that class: what failed
 * on a host is a refusal when it is found before the first change.
 */
export function throwAll(errors: readonly AdfError[], errorClass?: ErrorClass): void {
  const [first, ...others] = errors;
  if (first === undefined) return;
  throw others.length === 0 && errorClass === undefined
    ? first
    : new AdfErrors([first, ...others], errorClass);
}

/** File after file as they were met, each from top to bottom; what has no place comes first. */
export function inOrderOfFiles(errors: readonly AdfError[]): readonly AdfError[] {
  const files = [...new Set(errors.map(({ at }) => at?.file))];
  const fileOf = ({ at }: AdfError): number => (at === undefined ? -1 : files.indexOf(at.file));
  return errors.toSorted(
    (a, b) =>
      fileOf(a) - fileOf(b) ||
      (a.at?.line ?? 0) - (b.at?.line ?? 0) ||
      (a.at?.column ?? 0) - (b.at?.column ?? 0),
  );
}
