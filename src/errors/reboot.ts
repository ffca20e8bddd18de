import { defined } from '../model/defined.js';
import { formatDuration, type Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { Outcome } from '../ports/transport.js';
import type { AdfError } from './adf-error.js';
import { moduleFailed } from './module-scripts.js';
import { describeOutcome } from './modules.js';

const failed = (code: string, host: Host, message: string, hint?: string): AdfError =>
  moduleFailed(code, host, message, defined({ hint }));

/** The host is the machine that adfpush runs on. */
export const rebootOfControlMachine = (host: Host): AdfError =>
  failed(
    'reboot.control_machine',
    host,
    'This would restart the machine that adfpush runs on',
    'Restart it by hand, or from another machine.',
  );

/** It has no boot id, so that no later look could tell that it was restarted. */
export const noBootId = (host: Host, reason: string): AdfError =>
  moduleFailed('reboot.no_boot_id', host, 'The host does not say which boot it runs since', {
    reason,
    hint: 'Only hosts with /proc/sys/kernel/random/boot_id, that is Linux, can be restarted.',
  });

/** The host's own programs refused to restart it. Nothing was restarted. */
export const rebootRefused = (host: Host, isRoot: boolean, reason: string): AdfError =>
  isRoot
    ? moduleFailed('reboot.refused', host, 'The host was not restarted', { reason })
    : failed('reboot.refused', host, 'Only root may restart the host', 'Write become: true.');

/** The time is over, and the boot is still the one before. `request` is how asking for the restart ended. */
export const notRestarted = (host: Host, within: Milliseconds, request: Outcome): AdfError =>
  failed(
    'reboot.not_restarted',
    host,
    `The host was not restarted within ${formatDuration(within)}; the request ${describeOutcome(request)}`,
    'It may still restart: look at it before it is put back in service.',
  );

/** The time is over, and the host gives no answer. `request` is how asking for the restart ended. */
export const notBack = (host: Host, within: Milliseconds, request: Outcome): AdfError =>
  failed(
    'reboot.not_back',
    host,
    `The host did not come back within ${formatDuration(within)} of its restart; the request ${describeOutcome(request)}`,
    'See its console. A host that needs longer gets a longer reboot_timeout.',
  );

/** It was restarted, and `test_command` did not succeed in time. `last` is how its last attempt ended. */
export const rebootTestFailed = (
  host: Host,
  within: Milliseconds,
  last: Outcome | undefined,
  reason: string,
): AdfError => {
  const ended = last === undefined ? 'got no answer' : describeOutcome(last);
  const message = `The host was restarted, but its test_command did not succeed within ${formatDuration(within)}: it ${ended}`;
  const hint = 'Run the command on the host. A host that needs longer gets a longer reboot_timeout.';
  return moduleFailed('reboot.test_failed', host, message, { reason, hint });
};
