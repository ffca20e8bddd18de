import { connectionLost, stepUnreadable } from '../../errors/ssh.js';
import { succeeded } from '../../ports/transport.js';
import type {
  CommandResult,
  Connection,
  Outcome,
  RemoteCommand,
  RunOptions,
  StepId,
  StepRecord,
} from '../../ports/transport.js';
import { endingScript } from '../command-line.js';
import { recordScript } from './record-script.js';
import { parseRecord } from './step-record.js';

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
  if (isStream(options.stdin)) return { ...(await run(command, plain)), record: 'none' };
  const result = await run(command, { ...plain, step });
  if (result.outcome.kind !== 'exited') return result;
  if (result.record === 'kept') return result;
  if (result.record === 'none') return { ...(await run(command, plain)), record: 'none' };
  const record = await recordOf(connection, step);
  // Something else than the runner has answered: a login shell that runs nothing.
  if (record.state === 'absent' && result.outcome.code !== 0) return result;
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
export async function endStep(
  connection: Runs,
  step: StepId,
  { become = false }: Pick<RunOptions, 'become'> = {},
): Promise<void> {
  const record = await recordOf(connection, step);
  if (record.state !== 'running') return;
  await connection.run({ script: endingScript(record.pid, become) }, { become, timeout: askingTime });
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
