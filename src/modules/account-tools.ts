import { accountFailed } from '../errors/accounts.js';
import { quoteAll } from '../model/sh-quote.js';
import { succeeded } from '../ports/transport.js';
import { failureOf, hostScript } from './host-script.js';
import type { ModuleHost } from './module.js';
import { rootPath } from './on-the-host.js';

/** With what a host changes users and groups: the shadow suite of Debian and Red Hat, or busybox, as on Alpine. */
export type AccountTools = 'shadow' | 'busybox' | 'none';

/** For scripts: `tools`, which tells these, and `entry DATABASE NAME`, a line of passwd or group. A group is also found by its number. */
export const accountFunctions = `${rootPath}
tools() {
  if command -v useradd >/dev/null && command -v groupadd >/dev/null; then echo shadow
  elif adduser --help 2>&1 | grep -q BusyBox; then echo busybox
  else echo none; fi
}
entry() {
  if command -v getent >/dev/null; then getent "$1" "$2"; return; fi
  awk -F: -v n="$2" '$1 == n || (FILENAME ~ /group$/ && $3 == n) { print; found = 1; exit } END { exit !found }' "/etc/$1"
}
everyone() { if command -v getent >/dev/null; then getent "$1"; else cat "/etc/$1"; fi; }
`;

/** How a user or a group is changed: lines of sh. */
export interface AccountChange {
  readonly script: string;
  /** What the script gives to programs as arguments. No secret is among it. */
  readonly exposes: readonly string[];
}

/** One program with its arguments. */
export const runs = (...argv: readonly string[]): AccountChange => ({
  script: `${quoteAll(argv)} || fail refused`,
  exposes: argv.slice(1).filter((one) => one !== ''),
});

/** Makes the changes one after the other, as one step, up to the first that fails. Throws `account.failed`, and `command.*` for a lost step. */
export async function changeAccounts(
  changes: readonly AccountChange[],
  secrets: Readonly<Record<string, string | undefined>>,
  what: string,
  host: ModuleHost,
): Promise<void> {
  const command = hostScript(`${rootPath}${changes.map(({ script }) => script).join('\n')}`, { secrets });
  const result = await host.runStep({ ...command, exposes: changes.flatMap(({ exposes }) => exposes) });
  if (!succeeded(result)) throw accountFailed(host.host, what, result, failureOf(result).reason);
}
