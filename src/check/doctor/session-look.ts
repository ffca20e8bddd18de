import { commandFailed } from '../../errors/modules.js';
import { defined } from '../../model/defined.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Clock } from '../../ports/clock.js';
import { succeeded, type CommandResult, type Connection } from '../../ports/transport.js';

/** What a session on the host showed. */
export interface SessionLook {
  /** The login shell, through which sshd runs every command. */
  readonly shell: string;
  /** What the shortest command takes from here and back, at best. */
  readonly command: Milliseconds;
  /** What the login shell takes before it does anything, beyond what `/bin/sh` takes; undefined where `date` is too coarse. */
  readonly startUp?: Milliseconds;
  /** What the login shell's start-up files print. */
  readonly printed: string;
  /** How far the host's clock is ahead of ours; 0 when the difference may be the way there and back. */
  readonly clockAhead?: Milliseconds;
  /** Folders that commands of ours need to write to, and cannot. */
  readonly notWritable: readonly string[];
}

const patience: Milliseconds = 20_000;

/** Times what every command has to go through. Throws what `commandFailed` says, and the transport's errors. */
export async function lookAtSession(
  connection: Connection,
  clock: Clock,
  signal: AbortSignal,
): Promise<SessionLook> {
  const run = async (script: string): Promise<CommandResult> => {
    const result = await connection.run({ script }, { timeout: patience, signal });
    if (!succeeded(result)) throw commandFailed(connection.host, result.outcome, result.stderr);
    return result;
  };
  const before = clock.now();
  const time = await run('date +%s');
  const after = clock.now();
  const durations: Milliseconds[] = [];
  for (let round = 0; round < 3; round += 1) durations.push((await run(':')).duration);
  const told = fieldsOf((await run(lookScript)).stdout);
  const startUp = startUpTime(told.get('login'), told.get('sh'));
  const clockAhead = aheadBy(Number(time.stdout.trim()) * 1_000, before, after);
  return {
    shell: told.get('shell') ?? '/bin/sh',
    command: Math.min(...durations),
    printed: told.get('printed') ?? '',
    notWritable: (told.get('not_writable') ?? '').split(' ').filter((folder) => folder !== ''),
    ...defined({ startUp, clockAhead }),
  };
}

/**
 * Bash reads ~/.bashrc for every command of sshd, also for those of nobody's terminal, when it is the first shell (SHLVL unset) and
 * finds SSH_CLIENT (bash's shell.c, run_startup_files): so that is what is timed. Each three times, the best counts, in nanoseconds.
 */
const lookScript = `
best() {
  least=
  for round in 1 2 3; do
    begun=$(date +%s%N)
    "$@" >/dev/null 2>&1 </dev/null
    took=$(($(date +%s%N) - begun))
    if [ -z "$least" ] || [ "$took" -lt "$least" ]; then least=$took; fi
  done
  echo "$least"
}
unset SHLVL
echo "shell=\${SHELL:-/bin/sh}"
case $(date +%N) in
  *[!0-9]* | '') ;;
  *) echo "login=$(best "\${SHELL:-/bin/sh}" -c :)"; echo "sh=$(best /bin/sh -c :)" ;;
esac
echo "printed=$("\${SHELL:-/bin/sh}" -c : 2>/dev/null </dev/null | head -c 200 | tr '\\n' ' ')"
for folder in "$HOME" /var/tmp; do
  [ -d "$folder" ] && [ -w "$folder" ] || printf 'not_writable=%s\\n' "$folder"
done
`;

/** Lines of `key=value`; of a key that comes again, all values with blanks between. */
function fieldsOf(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, value] = /^(shell|login|sh|printed|not_writable)=(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined) continue;
    const before = fields.get(key);
    fields.set(key, before === undefined ? value : `${before} ${value}`);
  }
  return fields;
}

function startUpTime(login: string | undefined, sh: string | undefined): Milliseconds | undefined {
  if (login === undefined || sh === undefined) return undefined;
  const difference = (Number(login) - Number(sh)) / 1_000_000;
  return Number.isFinite(difference) ? Math.max(0, difference) : undefined;
}

/** The host's second lies somewhere between our two looks at our own clock; only what is beyond both is a difference. */
function aheadBy(second: number, before: number, after: number): Milliseconds | undefined {
  if (!Number.isFinite(second) || second === 0) return undefined;
  if (second > after) return second - after;
  const end = second + 1_000;
  return end < before ? end - before : 0;
}
