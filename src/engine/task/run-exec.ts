import { AdfError } from '../../errors/adf-error.js';
import { isOutcomeUnknown } from '../../errors/unknown-outcome.js';
import type { Milliseconds } from '../../model/duration.js';
import { retryPause } from '../../ports/clock.js';
import type { ContainerOutput, ExecCommand, ExecId, ExecState } from '../../ports/engine-objects.js';
import type { CommandResult, Outcome } from '../../ports/transport.js';
import { reconnectDefault } from '../blips.js';
import type { HostTarget } from '../host-target.js';

const conflict = 409;

/**
 * Runs a command in a container. The Engine itself is the record of it: what was prepared is run once at most, and how it ended can be
 * asked for. So when the answer is lost it is asked what became of it; one that has not begun is begun, one that runs is waited for, and one
 * that the Engine does not know any more is `interrupted`. What cannot be learnt within the group's `reconnect` is `unknown`.
 */
export async function runExec(
  target: HostTarget,
  container: string,
  command: ExecCommand,
  stdin: string | undefined,
): Promise<CommandResult> {
  const { clock, random } = target.run.ports;
  const { objects } = target.containers;
  const { signal } = target.activity;
  const begun = clock.elapsed();
  const id = await objects.prepareExec(container, command);
  let output: ContainerOutput = { stdout: '', stderr: '' };
  let isLost = false;
  const ended = (outcome: Outcome): CommandResult => ({
    ...output,
    outcome,
    duration: clock.elapsed() - begun,
    truncated: isLost,
    ...(isLost ? { record: 'found' } : {}),
  });
  const start = async (): Promise<void> => {
    target.run.gate.requireLeases('run a command in a container');
    output = await objects.startExec(id, stdin, signal);
  };
  const patience = target.group?.settings.rollout.reconnect ?? reconnectDefault;
  let giveUpAt: Milliseconds | undefined;
  let mayStart = true;
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (mayStart) await start();
      mayStart = false;
      const state = await objects.exec(id);
      if (state === undefined) return ended(gone);
      if (state.state === 'ended') return ended({ kind: 'exited', code: state.code });
      // It never began, and the Engine begins it once at most. Its input would have to be whole.
      if (state.state === 'prepared') mayStart = true;
      // One that runs has used up none of its host's time.
      giveUpAt = undefined;
      isLost = true;
    } catch (error) {
      if (signal.aborted) return leaveRunning(target, id, ended({ kind: 'cancelled' }));
      mayStart = false;
      if (isAlreadyBegun(error)) continue;
      if (!(error instanceof AdfError) || !isAway(error)) throw error;
      isLost = true;
      giveUpAt ??= clock.elapsed() + patience;
      target.activity.report('the connection was lost: asking the Docker Engine what became of the command');
      if (clock.elapsed() >= giveUpAt) {
        return leaveRunning(target, id, ended({ kind: 'unknown', reason: error.message }));
      }
    }
    await clock.sleep(retryPause(attempt, random), signal).catch(() => undefined);
  }
}

const gone: Outcome = {
  kind: 'interrupted',
  reason: 'the Docker Engine does not know it any more: it or the container was restarted',
};

/** `ssh.unreachable` is an answer that did not come either: nothing new was sent. */
const isAway = (error: AdfError): boolean => isOutcomeUnknown(error) || error.code === 'ssh.unreachable';

const isAlreadyBegun = (error: unknown): boolean =>
  error instanceof AdfError && error.code === 'docker.api' && error.status === conflict;

/** The Engine has no way to end a command in a container: what is seen of the host counts only once it has ended. */
function leaveRunning(target: HostTarget, id: ExecId, result: CommandResult): CommandResult {
  const { run, host, containers } = target;
  const isDone = async (): Promise<boolean | 'under_way'> => {
    const state: ExecState | undefined = await containers.objects.exec(id);
    return state?.state === 'running' ? 'under_way' : true;
  };
  run.gate.requests.add(host.id, { what: 'a command in a container', isDone });
  return result;
}
