import { resolve } from 'node:path';
import { utf8Text } from '../config/utf8-text.js';
import { unreadableFile } from '../errors/config.js';
import { defined } from '../model/defined.js';
import type { Lookups } from '../model/lookups.js';
import { becomeVariable, passphraseVariable } from '../system/secret-environment.js';
import type { RecordedFiles } from './project-digest.js';
import { readRegularSync } from '../system/regular-file.js';

/**
 * What templates look up with `env` and `file`. The environment is that of this moment, and a file is read once, so that all hosts and
 * tasks of a run get the same. Files are recorded with those that the run has read. Throws `config.unreadable_file` when a file is there
 * and cannot be read, `config.not_utf8` for one that is no text.
 */
export function lookupsOf(
  directory: string,
  variables: Readonly<Record<string, string | undefined>>,
  recorded: Pick<RecordedFiles, 'note'>,
  endpoint?: Lookups['endpoint'],
): Lookups {
  // Passwords of this program itself are no business of a playbook.
  const { [becomeVariable]: _become, [passphraseVariable]: _passphrase, ...environment } = variables;
  const texts = new Map<string, string | undefined>();
  return {
    ...defined({ endpoint }),
    environment: (name) => (Object.hasOwn(environment, name) ? environment[name] : undefined),
    file: (path) => {
      if (texts.has(path)) return texts.get(path);
      const content = readText(resolve(directory, path), path);
      texts.set(path, content);
      recorded.note(path, content);
      return content;
    },
  };
}

function readText(whole: string, path: string): string | undefined {
  let bytes: Buffer;
  try {
    bytes = readRegularSync(whole);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      return undefined;
    }
    throw unreadableFile(path, error);
  }
  return utf8Text(path, bytes);
}
