import { constants } from 'node:os';
import { connectionLost, stepUnreadable } from '../../errors/ssh.js';
import {
  type AsUser,
  succeeded,
  type CommandResult,
  type Connection,
  type Outcome,
  type RemoteCommand,
  type RunOptions,
  type StepId,
  type StepRecord,
} from '../../ports/transport.js';
import { endingScript } from '../command-line.js';
import { withoutDialogue } from '../sudo-dialogue.js';
import { ours, places, processIdentity, stepVariables } from './runner-script.js';

const reasons: Readonly<Record<string, string>> = {
  torn: 'it was stopped in the moment it began',
  restarted: 'the host was restarted before it came to its end',
  gone: 'it was stopped on the host before it came to its end',
};

/** Reads what `recordScript` wrote; undefined when that is something else. */
function parseRecord(stdout: string, stderr: string): StepRecord | undefined {
  const [line = ''] = stdout.split('\n', 1);
  const [state, what = ''] = line.split(' ');
  switch (state) {
    case 'absent':
      return what === '' ? { state } : { state, upFor: Number(what) * 1_000 };
    case 'running':
      return { state, pid: Number(what) };
    case 'interrupted':
      return { state, reason: reasons[what] ?? what };
    case 'ended':
      return {
        state,
        outcome: endOf(what),
        stdout: stdout.slice(line.length + 1),
        stderr: withoutDialogue(stderr),
      };
    default:
      return undefined;
  }
}

/** `=003=` for an exit code; `+137+` for what sh makes of a signal: 128 and its number; `late` for a job that its host ended at its limit. */
function endOf(field: string): Extract<StepRecord, { state: 'ended' }>['outcome'] {
  if (field === 'late') return { kind: 'timed_out' };
  const code = Number(field.slice(1, -1));
  if (!field.startsWith('+')) return { kind: 'exited', code };
  const signal = Object.entries(constants.signals).find(([, number]) => number === code - 128);
  return { kind: 'signalled', signal: signal?.[0] ?? String(code - 128) };
}

/**
 * Tells what the record of a step says: a line for `parseRecord`; after that, and on stderr, the end of what the command wrote when
 * the connection was lost. Runs on the host that ran the step, as the user who did.
 */
const recordScript = (step: StepId): string =>
  `${stepVariables(step)}
${places}
${ours}
${processIdentity}
adf_f=
for adf_b do if [ -s "$adf_b/$adf_n/$adf_i" ] && ours; then adf_f=$adf_b/$adf_n/$adf_i; break; fi; done
if [ -z "$adf_f" ]; then
  for adf_b do if [ -e "$adf_b/$adf_n/$adf_i" ] && ours; then echo 'interrupted torn'; exit; fi; done
  adf_up=; { read -r adf_up adf_rest </proc/uptime; } 2>/dev/null
  echo "absent $adf_up"
  exit
fi
look() {
  began "$2"
  case $1 in
    [=+]???[=+]) adf_state="ended $1" ;;
    *) if [ "$5" != . ]; then adf_state='interrupted torn'
      elif [ "$4" != "$adf_k" ]; then adf_state='interrupted restarted'
      elif [ "$3" = 0 ] && kill -0 "$2" 2>/dev/null || [ -n "$adf_t" ] && [ "$3" = "$adf_t" ]; then adf_state="running $2"
      else adf_state='interrupted gone'; fi ;;
  esac
}
read -r adf_y <"$adf_f"
look $adf_y
# It may have ended between the two looks.
if [ "$adf_state" = 'interrupted gone' ]; then read -r adf_y <"$adf_f"; look $adf_y; fi
if [ -e "$adf_f.late" ]; then
  case $adf_state in running* | 'ended =000='*) ;; *) adf_state='ended late' ;; esac
fi
echo "$adf_state"
case $adf_state in ended*) ;; *) exit ;; esac
if [ -e "$adf_f.lost" ]; then
  # What it said last is still being written down; but a child of it may talk on for ever.
  adf_w=0
  while [ $adf_w -lt 20 ] && [ ! -e "$adf_f.told" ]; do sleep 0.1; adf_w=$((adf_w + 1)); done
fi
[ -s "$adf_f.out" ] && cat "$adf_f.out"
[ -s "$adf_f.err" ] && cat "$adf_f.err" >&2
exit 0
`;

/** The part of a connection that steps need. */
type Runs = Pick<Connection, 'host' | 'run'>;

/** How long a host may take to tell what it knows. */
const askingTime = 30_000;

/**
 * Runs a command as a step: `run` is what runs any command. Where the host knows no place for a record, it says so before the command
 * begins, and the command is run without: so what has no record has not begun.
 */
export async function runStep(
  connection: Runs,
  step: StepId,
  command: RemoteCommand,
  options: RunOptions,
  run: (command: RemoteCommand, options: RunOptions) => Promise<CommandResult>,
): Promise<CommandResult> {
  const { step: _, ...plain } = options;
  const isJob = options.detach !== undefined;
  if (isStream(options.stdin) && !isJob) return { ...(await run(command, plain)), record: 'none' };
  const result = await run(command, { ...plain, step });
  if (result.outcome.kind !== 'exited') return result;
  if (isJob && result.record !== undefined) return result;
  if (result.record === 'kept') return result;
  if (result.record === 'none') return { ...(await run(command, plain)), record: 'none' };
  const record = await recordOf(connection, step);
  // Something else than the runner has answered: a login shell that runs nothing.
  if (record.state === 'absent' && result.outcome.code !== 0) return result;
  if (isJob && record.state !== 'absent') return { ...result, record: 'kept' };
  return recordedResult(result, record);
}

const isStream = (stdin: RunOptions['stdin']): boolean =>
  stdin !== undefined && typeof stdin !== 'string' && !(stdin instanceof Uint8Array);

/** See `Connection.recordOf`. */
export async function recordOf(connection: Runs, step: StepId): Promise<StepRecord> {
  const result = await connection.run({ script: recordScript(step) }, { timeout: askingTime });
  const { outcome, stdout, stderr } = result;
  if (outcome.kind === 'unknown') throw connectionLost(connection.host, outcome.reason);
  const record = succeeded(result) ? parseRecord(stdout, stderr) : undefined;
  if (record === undefined) throw stepUnreadable(connection.host, step, stderr.trim() || outcome.kind);
  return record;
}

/** See `Connection.endStep`. */
export async function endStep(connection: Runs, step: StepId, as: AsUser = {}): Promise<void> {
  const record = await recordOf(connection, step);
  if (record.state !== 'running') return;
  await connection.run(
    { script: endingScript(record.pid, as.become === true) },
    { ...as, timeout: askingTime },
  );
}

/**
 * What a record says, as the result of the command. Where the runner's own words did not come through, since a start-up file has turned
 * stderr away, what came on stdout is the command's.
 */
function recordedResult(asked: CommandResult, record: StepRecord): CommandResult {
  const outcome = outcomeOf(record);
  if (record.state !== 'ended') return { ...asked, outcome, record: 'found' };
  const { stdout, stderr } = record;
  if (asked.record === 'found') return { ...asked, stdout, stderr, outcome };
  return { ...asked, stdout: asked.stdout + stdout, stderr: asked.stderr + stderr, outcome, record: 'kept' };
}

function outcomeOf(record: StepRecord): Outcome {
  switch (record.state) {
    case 'ended':
      return record.outcome;
    case 'interrupted':
      return { kind: 'interrupted', reason: record.reason };
    case 'running':
      return { kind: 'unknown', reason: 'it was begun before, and still runs' };
    case 'absent':
      return { kind: 'unknown', reason: 'the host did not say that it began' };
  }
}
