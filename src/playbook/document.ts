import { parseYaml } from '../config/yaml.js';
import type { Diagnostics } from '../errors/diagnostics.js';
import type { ErrorPlace } from '../errors/adf-error.js';
import { placeOf } from '../expression/place.js';
import type { Locate, Place, ValuePath } from '../model/source.js';

/** A file of a playbook while it is read: its value, and where everything stands. */
export class PlaybookDocument {
  readonly value: unknown;
  readonly locate: Locate;

  constructor(
    readonly file: string,
    text: string,
    /** What is wrong with this file, and with the others of its playbook. */
    readonly diagnostics: Diagnostics,
  ) {
    const { value, locate } = parseYaml(file, text);
    this.value = value;
    this.locate = locate;
  }

  placeAt(path: ValuePath): Place {
    return this.locate(path) ?? { file: this.file, line: 1, column: 1 };
  }

  placeOf(path: ValuePath): ErrorPlace {
    return placeOf(this.locate, path);
  }

  placeOfKey(path: ValuePath): ErrorPlace {
    return placeOf(this.locate, path, 'key');
  }
}
