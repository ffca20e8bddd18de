import { z } from 'zod';
import { sourceNotAFile } from '../errors/inventory.js';
import { taskArgvSchema } from '../model/schema/argv.js';
import { applyCommand, checkCommand, commandKeys } from './command-result.js';
import type { Module } from './module.js';
import { findSource } from './source-files.js';
import { collected, joined } from './text-content.js';

const { stdin: _stdin, ...keys } = commandKeys;

const schema = z.strictObject({
  cmd: taskArgvSchema.describe(
    'a script of the project, looked up in `files/` first, and its arguments: a list, or a line that is split into words as sh would; nothing in it is expanded',
  ),
  ...keys,
});
type Args = z.infer<typeof schema>;

/** The program that runs the script, and the script. */
interface Details {
  readonly interpreter: readonly string[];
  readonly content: Uint8Array;
}

/**
 * Runs a script of the control side on the host, by the interpreter that its first line names; sh where it names none. It travels over
 * stdin into a folder that only its user may enter, which is removed when it ended.
 */
export const script: Module<Args, Details> = {
  name: 'script',
  docs: {
    summary:
      'Runs a script of the project on the host, by the interpreter that its first line names; by sh where it names none.',
    examples: [
      `- name: rotate the logs
  script: rotate-logs.sh --keep 7
  become: true`,
    ],
  },
  effect: 'one_way',
  freeform: 'cmd',
  // Its string form is split into words as sh would: quoting keeps each value one word.
  shellArguments: ['cmd'],
  visibleArguments: ['cmd'],
  source: ({ cmd: [src = ''] }) => ({ argument: 'cmd', src, folder: 'files' }),
  schema,

  async check(args, host) {
    const [name = ''] = args.cmd;
    const { path, kind } = await findSource(host.project, host.playbook, 'files', name);
    if (kind !== 'file') throw sourceNotAFile(path, 'Name one file.');
    const checked = await checkCommand(args, args.cmd.join(' '), host);
    // As Ansible counts: unlike a command, a script that is not run is skipped.
    if (!checked.changes) return { ...checked, result: { ...checked.result, skipped: true } };
    const content = joined(await collected(host.project.stream(path)));
    return { ...checked, details: { interpreter: interpreterOf(content), content } };
  },

  apply(args, { interpreter, content }, host) {
    const [, ...given] = args.cmd;
    const numbers = [content.length, interpreter.length].map(String);
    const argv = ['/bin/sh', '-c', runner, 'adfpush-script', ...numbers, ...interpreter, ...given];
    return applyCommand({ argv }, { ...args, stdin: content, checksStdin: true }, host);
  },
};

/** As the kernel reads it: a program, and at most one argument (execve(2)). Empty for a program that the kernel runs itself. */
function interpreterOf(content: Uint8Array): readonly string[] {
  const isProgram = content[0] === 0x7f && content[1] === 0x45 && content[2] === 0x4c && content[3] === 0x46;
  if (isProgram) return [];
  const first = new TextDecoder().decode(content.subarray(0, 256)).split('\n')[0] ?? '';
  const [, program, argument] = /^#!\s*(\S+)(?:\s+(.*?))?\s*$/.exec(first) ?? [];
  if (program === undefined) return ['/bin/sh'];
  return argument === undefined || argument === '' ? [program] : [program, argument];
}

/**
 * Given the script's size in bytes, the number of the interpreter's words, these, and the script's arguments. Runs nothing of a script whose
 * end was lost with the connection. The first folder that can be written to is taken, so
 * that no /tmp is needed. One line, since that is what every login shell passes on. What a run that was killed
 * left behind is removed by the next: the folder's name holds its process and when that began.
 */
const runner = [
  'umask 077',
  'since() { since=; { read -r line </proc/$1/stat; } 2>/dev/null && set -- ${line##*) } && since=${20}; }',
  'since $$',
  'for base in "${XDG_RUNTIME_DIR:-}" "${TMPDIR:-}" /tmp /var/tmp /dev/shm "${HOME:-}" .; do [ -n "$base" ] || continue; ' +
    'for old in "$base"/.adfpush-script-*; do [ -O "$old" ] || continue; pid=${old##*.adfpush-script-}; began=${pid#*-}; pid=${pid%%-*}; ' +
    'mine=$since; since "$pid"; [ "$since" = "$began" ] || rm -rf -- "$old"; since=$mine; done; ' +
    'folder=$base/.adfpush-script-$$-$since; mkdir -- "$folder" 2>/dev/null && break; folder=; done',
  '[ -n "$folder" ] || { echo "adfpush: no folder of this host can be written to" >&2; exit 126; }',
  'trap \'rm -rf -- "$folder"\' EXIT',
  "trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM",
  'cat >"$folder/script" || exit 126',
  '[ "$(wc -c <"$folder/script")" -eq "$1" ] || { echo "adfpush: the script did not arrive whole, and nothing of it was run" >&2; exit 126; }',
  'chmod 700 "$folder/script"',
  'words=$2; shift 2',
  'file=$folder/script',
  'if [ "$words" = 0 ]; then "$file" "$@" </dev/null; exit; fi',
  'first=$1; shift',
  'if [ "$words" = 1 ]; then "$first" "$file" "$@" </dev/null; exit; fi',
  'second=$1; shift',
  '"$first" "$second" "$file" "$@" </dev/null',
  'exit',
].join('; ');
