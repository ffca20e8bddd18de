import { describeHost, type Host } from '../model/host.js';
import type { CommandResult } from '../ports/transport.js';

/** Adds to sudo's own words what to do about them. */
export function explainSudo(result: CommandResult, host: Host): CommandResult {
  if (result.outcome.kind !== 'exited' || result.outcome.code !== 1) return result;
  if (!/^sudo: .*(password is required|terminal is required|not allowed|may not run)/m.test(result.stderr)) {
    return result;
  }
  const hint =
    `adfpush: become needs sudo without a password on ${describeHost(host)}: ` +
    `give its SSH user a line such as "deploy ALL=(ALL) NOPASSWD: ALL" in /etc/sudoers.d.\n`;
  return { ...result, stderr: `${result.stderr.trimEnd()}\n${hint}` };
}
