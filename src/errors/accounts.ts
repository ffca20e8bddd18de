import type { Host } from '../model/host.js';
import type { CommandResult } from '../ports/transport.js';
import type { AdfError } from './adf-error.js';
import { moduleFailed } from './module-scripts.js';
import { commandFailed } from './modules.js';
import { nearest } from './nearest.js';

/** What the programs for users and groups say, and what helps against it. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [/[Pp]ermission denied|must be root|only root|cannot lock|Operation not permitted/, 'Write become: true.'],
  [/currently used by process/, 'End its processes first, or remove it nevertheless with force: true.'],
  [/is not unique|already exists|in use/, 'The number is taken: choose another, or write non_unique: true.'],
  [
    /primary group of user/,
    'Give these users another group first, or remove it nevertheless with force: true.',
  ],
];

/** A program that changes users or groups refused. `what` was to be done: `add the user "app"`. */
export function accountFailed(host: Host, what: string, result: CommandResult, reason: string): AdfError {
  const { outcome, stderr } = result;
  if (outcome.kind !== 'exited') return commandFailed(host, outcome, stderr);
  const hint = remedies.find(([pattern]) => pattern.test(stderr))?.[1];
  return moduleFailed('account.failed', host, `Could not ${what}`, {
    reason: reason === '' ? `exit code ${outcome.code}` : reason,
    ...(hint === undefined ? {} : { hint }),
  });
}

export const noAccountTools = (host: Host): AdfError =>
  moduleFailed('account.no_tools', host, 'The host has neither useradd nor the adduser of busybox', {
    hint: 'Install the package passwd, shadow-utils or shadow.',
  });

/** `what` cannot be done by busybox: `change its shell`. */
export const busyboxCannot = (host: Host, what: string): AdfError =>
  moduleFailed('account.busybox', host, `The programs of busybox on this host cannot ${what}`, {
    hint: 'Install the package shadow on the host first.',
  });

export const groupNotThere = (host: Host, name: string, known: readonly string[]): AdfError => {
  const near = nearest(name, known);
  return moduleFailed('account.no_group', host, `The host has no group "${name}"`, {
    hint: near === undefined ? 'Make it first, with the module group.' : `Did you mean ${near}?`,
  });
};

/** Only root can see whether a password or an expiry differs. */
export const needsRoot = (host: Host, what: string): AdfError =>
  moduleFailed('account.needs_root', host, `Only root can see ${what} of a user`, {
    hint: 'Write become: true.',
  });
