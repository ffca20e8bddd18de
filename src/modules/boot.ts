import { noBootId, rebootRefused } from '../errors/reboot.js';
import type { Milliseconds } from '../model/duration.js';
import { succeeded, type CommandResult, type Outcome, type RemoteCommand } from '../ports/transport.js';
import { failureOf, hostScript } from './host-script.js';
import type { ModuleHost } from './module.js';
import { rootPath } from './on-the-host.js';

/**
 * Sets `boot` to the boot that the host runs since. A container has the boot id of the machine below it, so the time at which its first process
 * began belongs to it; that process may be hidden from users who are not root, and from these it stays so.
 */
const readBoot = `
{ read -r boot </proc/sys/kernel/random/boot_id; } 2>&1 || exit 1
{ read -r first </proc/1/stat; } 2>/dev/null || first=
if [ -n "$first" ]; then set -- \${first##*) }; boot=$boot.\${20}; fi
`;

const tellBoot: RemoteCommand = { script: `${readBoot}echo "$boot"` };

/** Which boot the host runs since: another text after each restart. Throws `reboot.no_boot_id`. */
export const bootOf = async (host: ModuleHost): Promise<string> => bootIn(await host.run(tellBoot), host);

/** The same of a host that is restarting: undefined while it gives no answer. */
export async function bootOnceThere(host: ModuleHost, within: Milliseconds): Promise<string | undefined> {
  const result = await host.askOnce(tellBoot, within);
  return result?.outcome.kind === 'exited' ? bootIn(result, host) : undefined;
}

function bootIn(result: CommandResult, { host }: ModuleHost): string {
  const boot = result.stdout.trim();
  if (!succeeded(result) || boot === '') throw noBootId(host, (result.stdout + result.stderr).trim());
  return boot;
}

/** Tells all who are logged in there. A host without `wall` tells no one. */
export async function announce(message: string, host: ModuleHost): Promise<void> {
  const script = `${rootPath}command -v wall >/dev/null || exit 0; printf '%s\\n' "$message" | wall 2>/dev/null; :`;
  await host.runStep(hostScript(script, { values: { message } }));
}

/**
 * Restarts a host that still runs since the boot `before`, and does nothing on any other: so it does not matter when a request arrives, and
 * how often. `shutdown` and `reboot` return at once.
 */
const restart = `${rootPath}${readBoot}
[ "$boot" = "$before" ] || exit 0
[ "$(id -u)" = 0 ] || fail not_root
if command -v shutdown >/dev/null; then shutdown -r now "$message"; else reboot; fi || fail refused
`;

/**
 * Asks the host to restart, as a step. The connection may be lost meanwhile: how the request ended then tells nothing. Throws
 * `reboot.refused` when the host certainly does not restart.
 */
export async function requestRestart(
  before: string,
  message: string,
  timeout: Milliseconds,
  host: ModuleHost,
): Promise<Outcome> {
  const result = await host.runStep(hostScript(restart, { values: { before, message } }), { timeout });
  const { outcome } = result;
  if (outcome.kind !== 'exited' || outcome.code === 0) return outcome;
  const { code, reason } = failureOf(result);
  throw rebootRefused(host.host, code !== 'not_root', reason);
}
