import { defined } from '../model/defined.js';
import { describeHost, type Host } from '../model/host.js';
import type { Outcome } from '../ports/transport.js';
import { AdfError } from './adf-error.js';
import { describeOutcome } from './modules.js';

/** What a module found wrong on a host. The reason is what the host's own programs said. */
export const moduleFailed = (
  code: string,
  host: Host,
  message: string,
  { reason = '', hint }: { readonly reason?: string; readonly hint?: string } = {},
): AdfError =>
  new AdfError({
    code,
    class: 'failed',
    message: reason === '' ? `${message}.` : `${message}: ${reason.replace(/\.$/, '')}.`,
    host: describeHost(host),
    ...defined({ hint }),
  });

/** The script of a module ended otherwise than it says itself. `what` is what it was to do: `look at /etc/app`. */
export const moduleScriptFailed = (host: Host, what: string, outcome: Outcome, reason: string): AdfError =>
  moduleFailed('module.failed', host, `Could not ${what}: the host's shell ${describeOutcome(outcome)}`, {
    reason,
  });
