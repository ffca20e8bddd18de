import { parseYaml } from '../config/yaml.js';
import { AdfErrors, errorsOf, type AdfError } from '../errors/adf-error.js';
import type { ErrorPlace } from '../errors/expression.js';
import { placeOfKey, placeOfValue } from '../expression/place.js';
import type { Locate, Position, ValuePath } from '../model/source.js';

/** A playbook's file while it is read: where everything stands, and all that is wrong with it. */
export class PlaybookDocument {
  readonly value: unknown;
  readonly locate: Locate;
  readonly #errors: AdfError[] = [];

  constructor(
    readonly file: string,
    text: string,
  ) {
    const { value, locate } = parseYaml(file, text);
    this.value = value;
    this.locate = locate;
  }

  positionOf(path: ValuePath): Position {
    return this.locate(path) ?? { file: this.file, line: 1, column: 1 };
  }

  placeOf(path: ValuePath): ErrorPlace {
    return placeOfValue(this.locate, path);
  }

  placeOfKey(path: ValuePath): ErrorPlace {
    return placeOfKey(this.locate, path);
  }

  report(error: AdfError): void {
    this.#errors.push(error);
  }

  /** Runs a check; what it throws is reported, and the rest of the file still read. */
  attempt<T>(read: () => T, otherwise: T): T {
    try {
      return read();
    } catch (thrown) {
      for (const error of errorsOf(thrown)) {
        if (error.class === 'bug') throw thrown;
        this.report(error);
      }
      return otherwise;
    }
  }

  /** Throws all that was reported, in the order of the file. */
  refuseErrors(): void {
    const order = ({ at }: AdfError): number => (at === undefined ? 0 : at.line * 10_000 + at.column);
    const [first, ...others] = this.#errors.toSorted((a, b) => order(a) - order(b));
    if (first !== undefined) throw others.length === 0 ? first : new AdfErrors([first, ...others]);
  }
}
