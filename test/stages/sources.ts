import { parseYaml } from '../../src/config/yaml.js';
import { errorsOf, type AdfError } from '../../src/errors/adf-error.js';
import type { Source } from '../../src/expression/templates.js';
import { Variables } from '../../src/expression/variables.js';
import type { Layer } from '../../src/expression/scope.js';
import { formatPlace, locateWithin } from '../../src/model/source.js';

/** A value that stands in no file. */
export const inline = (value: unknown): Source => ({ value, locate: () => undefined });

/** The value under `key` of a YAML file. */
export function fromYaml(text: string, key: string): Source {
  const { value, locate } = parseYaml('vars.yml', text);
  if (typeof value !== 'object' || value === null) throw new TypeError('the test needs a mapping');
  return { value: Reflect.get(value, key) as unknown, locate: locateWithin(locate, [key]) };
}

/** A layer read from a YAML file, as group_vars are. */
export function yamlLayer(file: string, text: string): Layer {
  const { value, locate } = parseYaml(file, text);
  return { name: file, values: { ...(value as object) }, locate };
}

export const variables = (values: Readonly<Record<string, unknown>>): Variables =>
  Variables.of([{ name: 'test', values, literal: true }]);

/** What is thrown, as a user reads it: `file:line:col code message | hint`. */
export function complaintOf(action: () => unknown): string {
  return complaintsOf(action)[0] ?? 'nothing';
}

export function complaintsOf(action: () => unknown): readonly string[] {
  try {
    action();
  } catch (thrown) {
    return errorsOf(thrown).map(asLine);
  }
  return [];
}

const asLine = ({ at, code, message, hint }: AdfError): string =>
  `${at === undefined ? '' : `${formatPlace(at)} `}${code}: ${message}${hint === undefined ? '' : ` | ${hint}`}`;

/** The line of an error with the caret under its place, as the report shows it. */
export function caretOf(action: () => unknown): string {
  try {
    action();
  } catch (thrown) {
    const [{ at, sourceLine = '' }] = errorsOf(thrown);
    return at === undefined ? '' : `${sourceLine}\n${' '.repeat(at.column - 1)}^`;
  }
  return '';
}
