import { moduleScriptFailed } from '../errors/module-scripts.js';
import type { Host } from '../model/host.js';
import type { CommandResult } from '../ports/transport.js';

/**
 * Gives the result of a command that exited with 0. Throws `module.failed` otherwise, with what the command said; `what` is what it was to
 * do: `restart the queue`.
 */
export function requireSuccess(result: CommandResult, what: string, host: Host): CommandResult {
  const { outcome, stderr, stdout } = result;
  if (outcome.kind === 'exited' && outcome.code === 0) return result;
  throw moduleScriptFailed(host, what, outcome, (stderr.trim() === '' ? stdout : stderr).trim());
}
