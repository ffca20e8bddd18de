import { lossyNumber } from '../config/yaml-schema.js';

/** `name=nginx state=present`: arguments as Ansible reads them from text. Values may be in quotes, and hold templates. */
const pair = /(?:^|\s)([A-Za-z_]\w*)=("[^"]*"|'[^']*'|(?:\{\{[^]*?\}\}|[^\s'"])*)(?=\s|$)/g;

/** The arguments of a command that are no words of it in Ansible. */
const besideCommands = ['chdir', 'creates', 'removes'];

/** The mapping to write instead of a text that is nothing but arguments; undefined for any other text. */
export function asMapping(module: string, given: string, known: readonly string[]): string | undefined {
  const pairs = [...given.matchAll(pair)];
  if (pairs.length === 0 || given.replaceAll(pair, '').trim() !== '') return undefined;
  if (known.length > 0 && !pairs.every(([, name = '']) => known.includes(name))) return undefined;
  return `Write ${module}: { ${pairs.map(([, name = '', value = '']) => `${name}: ${inYaml(value)}`).join(', ')} }.`;
}

/**
 * What to write instead of a bare text that Ansible would take arguments out of: `msg=hello`, or `make install chdir=/src`. Here a bare text
 * is one argument as it stands. Undefined where there is nothing to take out.
 */
export function argumentsInText(module: string, given: string, known: readonly string[]): string | undefined {
  const whole = known.length === 0 ? undefined : asMapping(module, given, known);
  if (whole !== undefined) return whole;
  const beside = [...given.matchAll(pair)].filter(
    ([, name = '']) => besideCommands.includes(name) && known.includes(name),
  );
  if (beside.length === 0) return undefined;
  const args = beside.map(([, name = '', value = '']) => `${name}: ${inYaml(value)}`).join(', ');
  return `In a command it would be a word of it: write args: { ${args} } beside ${module}.`;
}

/** Words of YAML 1.1 for true and false, which are text in YAML 1.2. */
const truths: readonly (readonly [RegExp, string])[] = [
  [/^(?:yes|on)$/i, 'true'],
  [/^(?:no|off)$/i, 'false'],
];

function inYaml(value: string): string {
  const truth = truths.find(([words]) => words.test(value))?.[1];
  if (truth !== undefined) return truth;
  const plain = /^(["'])([^]*)\1$/.exec(value)?.[2] ?? value;
  const changes = lossyNumber(plain) !== undefined;
  if (/^[\w./@][\w./@ -]*$/.test(plain) && !changes) return plain;
  return plain.includes("'") ? `"${plain}"` : `'${plain}'`;
}
