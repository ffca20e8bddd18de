import { envFileLine, envFileName, envFileNameTwice, environmentValue } from '../errors/container-specs.js';
import { environmentFault } from '../model/environment-text.js';
import { Secret } from '../model/secret.js';
import { UnknownValue } from '../model/unknown.js';
import { placeInFile } from './place.js';
import { renderFile, type TemplateFile, type VariableLookup } from './templates.js';

/**
 * An env_file in Docker's own format, rendered as a template first: `KEY=VALUE` a line, `#` for comments. A name has no blanks, and stands there once. A
 * value is all that follows the equal sign, byte for byte. An UnknownValue when it depends on what is not known yet. Throws `environment.value`,
 * `container.env_file_line`, and what rendering throws.
 */
export function renderEnvFile(
  { file, text }: TemplateFile,
  variables: VariableLookup,
): Readonly<Record<string, string>> | UnknownValue {
  refuseOwnText(file, text);
  const rendered = renderFile({ file, text }, variables, 'env_file');
  if (rendered instanceof UnknownValue) return rendered;
  const lines = (rendered instanceof Secret ? rendered.reveal() : rendered)
    .replace(/^\uFEFF/, '')
    .split('\n');
  const names = new Map<string, number>();
  const entries = lines.flatMap((line, index): readonly (readonly [string, string])[] => {
    const entry = line.replace(/^[ \t]+/, '').replace(/\r$/, '');
    if (entry === '' || entry.startsWith('#')) return [];
    const equals = entry.indexOf('=');
    if (equals < 1) throw envFileLine(file, index + 1);
    const [name, value] = [entry.slice(0, equals), entry.slice(equals + 1)];
    if (/[ \t]/.test(name)) throw envFileName(file, index + 1, name);
    const before = names.get(name);
    if (before !== undefined) throw envFileNameTwice(file, index + 1, name, before);
    names.set(name, index + 1);
    const fault = environmentFault(value);
    if (fault !== undefined) {
      throw environmentValue(`the value of ${name}`, fault, { at: { file, line: index + 1, column: 1 } });
    }
    return [[name, value]];
  });
  return Object.fromEntries(entries);
}

/** The file as it is written. */
function refuseOwnText(file: string, text: string): void {
  const fault = environmentFault(text);
  if (fault === undefined) return;
  const offset = Math.max(0, text.indexOf('\0'));
  throw environmentValue('the text of this env_file', fault, placeInFile(file, text)(offset));
}
