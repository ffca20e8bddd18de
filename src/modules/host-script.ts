import { moduleScriptFailed } from '../errors/module-scripts.js';
import { quote } from '../model/sh-quote.js';
import { succeeded, type CommandResult, type RemoteCommand } from '../ports/transport.js';
import type { ModuleHost, ModuleRunOptions } from './module.js';

/** What a variable of a script is set to. True is `1`; false and absent are empty. */
type ScriptValue = string | number | boolean | undefined;

export interface ScriptValues {
  /** Values that the script gives to programs as arguments, where everybody on the host can read them: no secret may be in them. */
  readonly values?: Readonly<Record<string, ScriptValue>>;
  /** Paths are values too; `~/` is the home folder of the user who runs the script. */
  readonly paths?: Readonly<Record<string, string | undefined>>;
  /** Lists of words become functions: `words_NAME COMMAND …` runs the command with the words after it. */
  readonly words?: Readonly<Record<string, readonly string[]>>;
  /** Values that the script hands on by `printf` and pipes only, which shows them to no other user. */
  readonly secrets?: Readonly<Record<string, string | undefined>>;
}

/** A script for any POSIX sh, with its variables set. What fails ends it by `fail CODE`, after the reason was printed to stderr. */
export function hostScript(
  body: string,
  { values = {}, paths = {}, words = {}, secrets = {} }: ScriptValues,
): RemoteCommand {
  const lines = [
    `LC_ALL=C; export LC_ALL; fail() { printf '\\n${mark}%s\\n' "$1" >&2; exit 3; }`,
    ...Object.entries(values).map(([name, value]) => `${name}=${quote(textOf(value))}`),
    ...Object.entries(paths).map(([name, path = '']) => `${name}=${pathWord(path)}`),
    ...Object.entries(secrets).map(([name, value = '']) => `${name}=${quote(value)}`),
    ...Object.entries(words).map(
      ([name, list]) => `words_${name}() { "$@"${list.map((word) => ` ${quote(word)}`).join('')}; }`,
    ),
  ];
  const exposes = [
    ...Object.values(values).map(textOf),
    ...Object.values(paths).map((path = '') => path),
    ...Object.values(words).flat(),
  ];
  return { script: `${lines.join('\n')}\n${body}`, exposes: exposes.filter((value) => value !== '') };
}

const textOf = (value: ScriptValue): string =>
  value === undefined || value === false ? '' : value === true ? '1' : String(value);

function pathWord(path: string): string {
  if (path === '~') return '"$HOME"';
  if (path.startsWith('~/')) return `"$HOME"/${quote(path.slice(2))}`;
  return quote(path.startsWith('-') ? `./${path}` : path);
}

const mark = 'adfpush-failed:';

/** What a script said before it failed. */
export interface ScriptFailure {
  /** The word that it gave to `fail`; empty when a program ended it. */
  readonly code: string;
  /** The last line that was printed to stderr before. */
  readonly reason: string;
}

/**
 * Runs a script to its end and gives what it printed. Throws what `explain` makes of its failure, or, where that knows nothing of it,
 * `module.failed` with `what` was to be done.
 */
export async function runScript(
  host: ModuleHost,
  command: RemoteCommand,
  what: string,
  explain?: (failure: ScriptFailure) => Error | undefined,
  options: ModuleRunOptions = {},
): Promise<string> {
  return outputOf(await host.run(command, options), host, what, explain);
}

/** The same for a script that changes the host: it is a step, and never runs twice. */
export async function runStepScript(
  host: ModuleHost,
  command: RemoteCommand,
  what: string,
  explain?: (failure: ScriptFailure) => Error | undefined,
): Promise<string> {
  return outputOf(await host.runStep(command), host, what, explain);
}

function outputOf(
  result: CommandResult,
  { host }: ModuleHost,
  what: string,
  explain: (failure: ScriptFailure) => Error | undefined = () => undefined,
): string {
  if (succeeded(result)) return result.stdout;
  const failure = failureOf(result);
  throw explain(failure) ?? moduleScriptFailed(host, what, result.outcome, failure.reason);
}

/** What a script that failed said last, and the word that it failed with. */
export function failureOf({ stderr }: CommandResult): ScriptFailure {
  const at = stderr.lastIndexOf(mark);
  const [said, code] = at === -1 ? [stderr, ''] : [stderr.slice(0, at), stderr.slice(at + mark.length)];
  return { code: code.split('\n')[0] ?? '', reason: said.trim().split('\n').at(-1) ?? '' };
}
