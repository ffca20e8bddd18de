import { defined } from '../model/defined.js';
import { describeHost, type Host } from '../model/host.js';
import type { Outcome } from '../ports/transport.js';
import { AdfError } from './adf-error.js';
import { commandFailed } from './modules.js';

const failed = (code: string, host: Host, message: string, hint?: string): AdfError =>
  new AdfError({ code, class: 'failed', message, host: describeHost(host), ...defined({ hint }) });

/** What apt and dpkg say, and what helps against it. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [/\(13: Permission denied\)|are you root\?|requested operation requires superuser/, 'Write become: true.'],
  [
    /Could not get lock|Unable to (?:acquire|lock)/,
    'Another program installs packages now. Wait longer for it with lock_timeout.',
  ],
  [/dpkg was interrupted/, 'Repair it first, with a task apt: { state: fixed }.'],
  [
    /[Uu]nmet dependencies/,
    'If an earlier installation broke off, repair it with a task apt: { state: fixed }.',
  ],
  [
    /Unable to locate package|has no installation candidate/,
    'Look for a mistake in its name, or bring the package lists up to date with update_cache: true.',
  ],
  [/^E: Version .* was not found/m, 'See which versions there are: apt-cache madison NAME.'],
  [/allow-downgrades/, 'To go back to an older version, write allow_downgrade: true.'],
  [/allow-change-held-packages/, 'To change held packages, write allow_change_held_packages: true.'],
  [
    /enough free space|No space left/,
    'Free some space, for example with apt: { clean: true, autoremove: true }.',
  ],
  [
    /Failed to fetch|Temporary failure resolving|Could not (?:resolve|connect)/,
    "Look at the host's way to its package servers.",
  ],
];

/** `what` is the manager that was run, `apt-get`. */
export function packageManagerFailed(
  host: Host,
  what: string,
  outcome: Outcome,
  stderr: string,
  stdout = '',
): AdfError {
  if (outcome.kind !== 'exited') return commandFailed(host, outcome, stderr);
  const text = `${stdout}\n${stderr}`;
  const told = stderr.split('\n').filter((line) => /^(?:E|ERROR|Error):/.test(line));
  const lines = (told.length > 0 ? told : stderr.trim().split('\n').slice(-1)).map((line) =>
    line.replace(/^(?:E|ERROR|Error): /, '').trim(),
  );
  const said = lines.filter((line) => line !== '').join('; ');
  const hint = remedies.find(([pattern]) => pattern.test(text))?.[1];
  return failed(
    'package.failed',
    host,
    `${what} exited with ${outcome.code}${said === '' ? '' : `: ${said}`}`,
    hint,
  );
}

export const noPackageManager = (host: Host, wanted: string, found: string): AdfError =>
  failed(
    'package.no_manager',
    host,
    `The host has no ${wanted}.`,
    found === ''
      ? 'Packages are installed by apt, dnf, yum or apk.'
      : `It has ${found}: use the module package.`,
  );

export const debNotReadable = (host: Host, path: string, said: string): AdfError =>
  failed(
    'package.deb',
    host,
    `${path} is no package that dpkg can read${said === '' ? '' : `: ${said}`}`,
    'The path is one of the host; copy or get_url brings a file there.',
  );
