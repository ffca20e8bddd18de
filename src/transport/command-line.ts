import { invalidVariableName, nulInArgument } from '../errors/ssh.js';
import { defined } from '../model/defined.js';
import type { RemoteCommand, RunOptions } from '../ports/transport.js';
import { programBegins } from './after-noise.js';
import { announcement } from './announcement.js';
import { encodable, isReadAlike, quote, quoteAll } from './quote.js';
import { endsItself, starterArguments } from './step-runner/job-script.js';
import { runnerScript } from './step-runner/runner-script.js';
import { asksForPassword } from './sudo-dialogue.js';
import { sudoWithoutPassword } from './sudo.js';

/** What is sent to a host for one command. */
export interface CommandLine {
  /** For the login shell, whichever that is: all real work is left to /bin/sh. */
  readonly line: string;
  readonly stdin?: CommandInput;
}

export type CommandInput = Uint8Array | AsyncIterable<Uint8Array>;

/** Linux takes no single argument of 128 KiB or more (MAX_ARG_STRLEN); quoting makes it up to four times as long. */
const longestLine = 30_000;

/**
 * `exec` keeps the process that sshd started, the leader of its process group, so that the command and all its children can be
 * ended together later; the first thing it tells is its number. Variables and scripts travel over stdin, never in
 * an argument that `ps` would show; and so does all that some login shell would not read as sh does (see `isReadAlike`). `sudo` is
 * what stands in front of a command that is to `become` root.
 */
export function commandLine(
  command: RemoteCommand,
  { step, detach, note = '', ...options }: RunOptions = {},
  sudo = sudoWithoutPassword,
): CommandLine {
  const shell = `exec ${options.become === true ? sudo : ''}/bin/sh`;
  if (step === undefined) return underShell(shell, command, options, announcing, false);
  // The runner is the login user's, who alone can find its record again; sudo is under it.
  const { become = false } = options;
  const limit = detach === undefined ? undefined : Math.ceil(detach / 1_000);
  const first = limit !== undefined && become ? endsItself(limit) : '';
  const { line, ...stdin } = underShell(become ? shell : undefined, command, options, first, true);
  if (limit !== undefined) {
    const about = { limit, note, become, asks: become && asksForPassword(sudo) };
    return { line: `exec ${quoteAll(starterArguments(step, line, about))}`, ...stdin };
  }
  return { line: `exec /bin/sh -c ${quote(runnerScript(step, line))}`, ...stdin };
}

/** Without a `shell` it is for one that is there already: what may be shown needs no other. */
function underShell(
  shell: string | undefined,
  command: RemoteCommand,
  options: Omit<RunOptions, 'step' | 'detach' | 'note'>,
  first: string,
  /** The line becomes part of a script that is quoted once more. */
  within: boolean,
): CommandLine {
  const body = first + bodyOf(command, options);
  const stdin = typeof options.stdin === 'string' ? Buffer.from(encodable(options.stdin)) : options.stdin;
  const mayShow = 'argv' in command && Object.keys(options.env ?? {}).length === 0;
  const another = shell ?? 'exec /bin/sh';
  const line = shell === undefined ? body : `${shell} -c ${quote(body)}`;
  if (mayShow && isReadAlike(within ? line : body) && line.length < longestLine)
    return { line, ...defined({ stdin }) };
  if (stdin === undefined) {
    // The braces make sh read everything before it begins, so that no command in it can eat the rest of the script.
    return { line: `${another} -s`, stdin: Buffer.from(`{ ${body}\n} </dev/null\n`) };
  }
  const { line: reading, script } = readFromStdin(another, body);
  return {
    line: reading,
    stdin: stdin instanceof Uint8Array ? Buffer.concat([script, stdin]) : inFront(script, stdin),
  };
}

/**
 * The line for a program whose stdin and stdout are a stream, and what has to be written to it first. `sudo` stands in front of it,
 * where it is to become root.
 */
export function streamLine(
  argv: readonly string[],
  sudo = '',
): { readonly line: string; readonly script?: Uint8Array } {
  const program = quoteAll(argv);
  const body = `echo ${programBegins}; exec ${sudo}${program}`;
  const line = `exec /bin/sh -c ${quote(body)}`;
  if (isReadAlike(body) && line.length < longestLine) return { line };
  return readFromStdin(`exec ${sudo}/bin/sh`, `echo ${programBegins}; exec ${program}`);
}

/** A script that stands in front of what the command itself finds in its stdin. */
function readFromStdin(shell: string, body: string): { readonly line: string; readonly script: Uint8Array } {
  // In braces, so that a script whose end was lost with the connection is a mistake in syntax, and not `rm -r /srv` for `rm -r /srv/old`.
  const script = Buffer.from(`{ ${body}\n}`);
  // Byte by byte, since whatever dd read too much would be missing from the command's own stdin.
  return { line: `${shell} -c ${quote(`eval "$(dd bs=1 count=${script.length} 2>/dev/null)"`)}`, script };
}

/** sh leaves a NUL out, and says nothing. */
function withoutNul(script: string): string {
  if (script.includes('\0')) throw nulInArgument(script);
  return script;
}

const announcing = `echo "${announcement}$$" >&2; `;

async function* inFront(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  yield first;
  yield* rest;
}

function bodyOf(command: RemoteCommand, { env = {}, cwd, becomeUser }: RunOptions): string {
  const exports = Object.entries(env).map(([name, value]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw invalidVariableName(name);
    return `export ${name}=${quote(value)}; `;
  });
  return [
    ...exports,
    // A command begins in the login user's home, which may be closed to another user: git, find and others fail there.
    becomeUser === undefined ? '' : '{ cd . || cd || cd /; } 2>/dev/null; ',
    cwd === undefined ? '' : `cd ${quote(cwd.startsWith('-') ? `./${cwd}` : cwd)} || exit; `,
    'argv' in command ? `exec ${quoteAll(command.argv)}` : withoutNul(encodable(command.script)),
  ].join('');
}

/**
 * A script that ends an announced process: its whole group when it leads one, or when the sudo above it does; the process alone
 * otherwise. SIGTERM, and SIGKILL to what is still there after two seconds.
 */
export const endingScript = (pid: number, become: boolean): string => `target=-${pid}
if read -r stat </proc/${pid}/stat; then
  set -- \${stat##*) }
  if [ "$3" = ${pid} ]; then target=-$3
  elif ${become} && read -r parent </proc/$2/comm && [ "$parent" = sudo ] && [ "$3" = "$2" ]; then target=-$3
  else target=${pid}; fi
fi 2>/dev/null
kill -s TERM -- "$target" 2>/dev/null
n=0
while kill -s 0 -- "$target" 2>/dev/null && [ $n -lt 20 ]; do sleep 0.1; n=$((n + 1)); done
kill -s KILL -- "$target" 2>/dev/null
exit 0
`;
