import { unknownKeyword, wrongKeywordValue } from '../errors/playbook.js';
import { describeValue, isMapping } from '../expression/describe.js';
import type { OpenFile } from './files.js';
import { MappingReader } from './mapping-reader.js';

/** What a role says of itself in `meta/main.yml`. */
export interface RoleMeta {
  readonly file?: OpenFile;
  /** As they are written, each with its place. */
  readonly dependencies?: MappingReader;
  /** It may run more than once in a play with the same variables. */
  readonly mayRepeat: boolean;
}

/** The other keys describe the role to people and to Ansible Galaxy, and are ignored. */
const keywords = ['dependencies', 'allow_duplicates', 'galaxy_info', 'argument_specs', 'collections'];

/** All that is wrong is reported. */
export function readRoleMeta(file: OpenFile | undefined): RoleMeta {
  if (file === undefined || file.document.value === null) return { mayRepeat: false };
  const { document } = file;
  const { value } = document;
  if (!isMapping(value)) {
    const place = document.placeOf([]);
    document.diagnostics.report(wrongKeywordValue(document.file, 'a mapping', describeValue(value), place));
    return { mayRepeat: false };
  }
  const meta = new MappingReader(document, value, []);
  for (const key of meta.keys.filter((one) => !keywords.includes(one)))
    meta.report(unknownKeyword(key, document.file, keywords, meta.placeOfKey(key)));
  return { file, dependencies: meta, mayRepeat: meta.boolean('allow_duplicates', false) };
}
