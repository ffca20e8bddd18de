import { defined } from '../model/defined.js';
import { describeHost, type Host } from '../model/host.js';
import type { CommandResult } from '../ports/transport.js';
import { AdfError } from './adf-error.js';
import { commandFailed } from './modules.js';
import { nearest } from './nearest.js';

const failed = (code: string, host: Host, message: string, hint?: string): AdfError =>
  new AdfError({ code, class: 'failed', message, host: describeHost(host), ...defined({ hint }) });

export const serviceNotFound = (host: Host, name: string, known: readonly string[]): AdfError => {
  const near = nearest(
    name.replace(/\.service$/, ''),
    known.map((one) => one.replace(/\.service$/, '')),
  );
  return failed(
    'service.not_found',
    host,
    `The host has no service "${name}".`,
    near === undefined
      ? 'Install its package first.'
      : `Did you mean ${near}? Else install its package first.`,
  );
};

export const noServiceManager = (host: Host, what: string): AdfError =>
  failed(
    'service.no_manager',
    host,
    `The host does not run ${what}.`,
    'The module service also works where systemd is not in charge.',
  );

/** The manager refused, or the service ended at once. */
export const serviceFailed = (host: Host, what: string, result: CommandResult): AdfError => {
  const { outcome, stderr, stdout } = result;
  if (outcome.kind !== 'exited') return commandFailed(host, outcome, stderr);
  const said = (stderr.trim() === '' ? stdout : stderr).trim();
  const denied = /[Aa]ccess denied|authentication required|[Pp]ermission denied|are you root/.test(said);
  const hint = denied
    ? 'Write become: true.'
    : /not applicable for unit/.test(said)
      ? 'It cannot be reloaded: write state: restarted.'
      : /Failed to connect to bus/.test(said)
        ? 'The user has no systemd of their own now: loginctl enable-linger lets it run without a login.'
        : undefined;
  return failed(
    'service.failed',
    host,
    `Could not ${what}: ${said === '' ? `exit code ${outcome.code}` : said}`,
    hint,
  );
};

export const serviceDidNotStay = (host: Host, name: string, state: string, log: string): AdfError =>
  failed(
    'service.did_not_stay',
    host,
    `The service "${name}" was started and is ${state}.${log.trim() === '' ? '' : `\nIts last words:\n${log.trimEnd()}`}`,
    `See more of it on the host: journalctl -u ${name}.`,
  );
