import { emptyValue, unknownVariable, variableNotBoolean } from '../errors/cli.js';
import { nearest } from '../errors/nearest.js';
import type { FlagVariable } from '../model/plan.js';
import { becomeVariable, passphraseVariable } from '../system/secret-environment.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What of a flag's definition decides how its variable is read. */
export interface FlagShape {
  readonly type: 'boolean' | 'option';
  readonly allowNo?: boolean;
  readonly char?: string;
}

const prefix = 'ADFPUSH_';

/** `ADFPUSH_LOCK_WAIT` for `lock-wait`. */
export const variableOf = (flag: string): string => `${prefix}${flag.toUpperCase().replaceAll('-', '_')}`;

/** A variable that has a value for a flag, and the words that say the same on the command line. */
export interface GivenVariable extends FlagVariable {
  readonly words: readonly string[];
}

/**
 * The variables that are set for the flags of one command. A blank one counts as not given: a build server hands every parameter to
 * the process, also one that was left out. `given` are the flags on the command line, which win. Throws `cli.variable`, `cli.empty_value`.
 */
export function variablesFor(
  flags: Readonly<Record<string, FlagShape>>,
  given: ReadonlySet<string>,
  environment: Environment,
): readonly GivenVariable[] {
  return Object.entries(flags).flatMap(([name, shape]) => {
    const variable = variableOf(name);
    const value = environment[variable];
    if (name === 'help' || isBlank(value)) return [];
    const words = shape.type === 'boolean' ? wordsOfSwitch(name, shape, value) : wordsOfValue(name, value);
    return [
      {
        variable,
        flag: `--${name}`,
        ...(name === 'extra-vars' ? {} : { value }),
        used: !given.has(name),
        words,
      },
    ];
  });
}

const isBlank = (value: string | undefined): value is undefined => value === undefined || value.trim() === '';

function wordsOfValue(name: string, value: string): readonly string[] {
  refuseEmpty(variableOf(name), value);
  return [`--${name}=${value}`];
}

function wordsOfSwitch(name: string, { allowNo = false }: FlagShape, value: string): readonly string[] {
  const isOn = readSwitch(value);
  if (isOn === undefined) throw variableNotBoolean(variableOf(name), value);
  if (isOn) return [`--${name}`];
  return allowNo ? [`--no-${name}`] : [];
}

/** True for `true`, `1`, `yes` and `on`, false for `false`, `0`, `no` and `off`, undefined for all else. */
export function readSwitch(value: string | undefined): boolean | undefined {
  const word = value?.trim().toLowerCase() ?? '';
  if (['true', '1', 'yes', 'on'].includes(word)) return true;
  return ['false', '0', 'no', 'off'].includes(word) ? false : undefined;
}

/** A value of nothing but blanks and commas is a shell variable that expanded to nothing. Throws `cli.empty_value`. */
export function refuseEmpty(what: string, value: string): void {
  if (/^[\s,]*$/.test(value)) throw emptyValue(what);
}

/** Looked for before the words are parsed: a number that is empty would be told as a wrong number. Throws `cli.empty_value`. */
export function refuseEmptyValues(
  words: readonly string[],
  flags: Readonly<Record<string, FlagShape>>,
): void {
  const valued = Object.entries(flags).filter(([, { type }]) => type === 'option');
  for (const [index, word] of words.entries()) {
    for (const [name, { char }] of valued) {
      const value = word.startsWith(`--${name}=`) ? word.slice(name.length + 3) : words[index + 1];
      const isGiven = word === `--${name}` || word === `-${char ?? name}` || word.startsWith(`--${name}=`);
      if (isGiven && value !== undefined) refuseEmpty(`--${name}`, value);
    }
  }
}

/** Read by the program itself, besides those of flags; and by the tests of this repository, which start the program. */
const others: readonly string[] = [becomeVariable, passphraseVariable, `${prefix}HOST_ROOT`];
const ofTests =
  /^ADFPUSH_(BUSYBOX|CRASH_\w+|DEEP|FLEET|HOST_KEY_\w+|LATE_EFFECTS|LOCK_\w+|SIM_\w+|TEST_\w+)$/;

/**
 * A sentence for each variable that looks like one of ours and is none, since a misspelt setting has no effect. `flags` are those of
 * all commands: a job may set the variables of several.
 */
export function warnOfUnknown(flags: Iterable<string>, environment: Environment): readonly string[] {
  const known = [...new Set([...flags].map(variableOf)), ...others];
  const isKnown = new Set(known);
  const suffix = (variable: string): string => variable.slice(prefix.length);
  return Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && !isBlank(environment[name]))
    .filter((name) => !isKnown.has(name) && !ofTests.test(name))
    .sort()
    .map((name) => {
      const near = nearest(suffix(name), known.map(suffix));
      return unknownVariable(name, near === undefined ? undefined : `${prefix}${near}`);
    });
}
