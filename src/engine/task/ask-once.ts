import { AdfError } from '../../errors/adf-error.js';
import { unreachable } from '../../errors/ssh.js';
import type { Milliseconds } from '../../model/duration.js';
import type { CommandResult, RemoteCommand, RunOptions } from '../../ports/transport.js';
import type { HostTarget } from '../host-target.js';
import { withDeadline } from './deadline.js';

/** A host that boots may let no user in yet (`pam_nologin`), so a refused login is no answer either. */
const noAnswer = ['ssh.unreachable', 'ssh.connection_lost', 'ssh.authentication'];

/**
 * Runs a command that only reads, once, on a host that is meant to be out of reach for a while. Undefined when it gives no answer within
 * that time, connecting included. Its absence is no blip: it is told to no one and counts for nothing. Throws the transport's other errors.
 */
export async function askOnce(
  target: HostTarget,
  command: RemoteCommand,
  within: Milliseconds,
  options: RunOptions & { readonly signal: AbortSignal },
): Promise<CommandResult | undefined> {
  const { run, host, place } = target;
  const { clock, transport } = run.ports;
  const late = (): AdfError => unreachable(host, 'tcp', 'no answer in time');
  try {
    const result = await withDeadline(clock, within, options.signal, late, async (signal) => {
      const connection = await transport.connect(host, signal);
      return connection.run(command, { ...options, signal, timeout: within });
    });
    const { kind } = result.outcome;
    if (kind !== 'exited' && kind !== 'signalled') return undefined;
    // Who waits for the host besides may go on.
    return await run.blips.watch(place, () => Promise.resolve(result));
  } catch (error) {
    if (error instanceof AdfError && noAnswer.includes(error.code)) return undefined;
    throw error;
  }
}
