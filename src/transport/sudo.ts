import { describeHost, type Host } from '../model/host.js';
import type { Clock } from '../ports/clock.js';
import type { CommandResult } from '../ports/transport.js';
import type { BecomePassword } from './become-password.js';
import type { RunningProcess } from './running-process.js';
import { SudoDialogue, sudoWithPassword, type SudoEnd } from './sudo-dialogue.js';
import { quote } from './quote.js';

/** In front of a command that sudo must let through without a question. */
export const sudoWithoutPassword = 'sudo -n -- ';

/** For a user other than root: with that user's home folder, as Ansible does it. */
const asUser = (user: string | undefined): string => (user === undefined ? '' : `-H -u ${quote(user)} `);

/** How one command becomes root's, or another user's. Made anew for each. */
export interface Sudo {
  /** What stands in front of the command, for sh. */
  readonly prefix: string;
  /** The process, as if sudo were not in front of it. */
  over(process: RunningProcess): RunningProcess;
  /** Adds to sudo's own words what to do about them. */
  explain(result: CommandResult): CommandResult;
}

/** Without a password sudo is asked for nothing that it does not give at once. No `user` is root. */
export function sudoOn(host: Host, password: BecomePassword | undefined, clock: Clock, user?: string): Sudo {
  let dialogue: SudoDialogue | undefined;
  return {
    prefix: password === undefined ? `sudo -n ${asUser(user)}-- ` : sudoWithPassword(asUser(user)),
    over: (process) =>
      password === undefined ? process : (dialogue = new SudoDialogue(process, password, host.id, clock)),
    explain(result) {
      const advice = adviceOn(result, dialogue?.end, describeHost(host), user);
      return advice === undefined
        ? result
        : { ...result, stderr: `${result.stderr.trimEnd()}\nadfpush: ${advice}\n`.trimStart() };
    },
  };
}

function adviceOn(
  { outcome, stderr }: CommandResult,
  end: SudoEnd | undefined,
  host: string,
  user: string | undefined,
): string | undefined {
  if (outcome.kind !== 'exited' || outcome.code === 0 || end === 'granted') return undefined;
  const noPassword = `give its SSH user a line such as "deploy ALL=(ALL) NOPASSWD: ALL" in /etc/sudoers.d`;
  switch (end) {
    case 'refused':
      return `sudo on ${host} refused the password for become. It is not tried there again in this run.`;
    case 'refused here':
      return `sudo on ${host} refused the password for become before, and it was not tried again.`;
    case 'refused elsewhere':
      return `the password for become was not tried on ${host}: two other hosts refused it, and none took it.`;
    case 'unanswered':
    case undefined:
      break;
  }
  const says = (words: RegExp): boolean => words.test(stderr);
  if (says(/^sudo: .*must have a tty/m))
    return `sudo on ${host} insists on a terminal: put "Defaults:deploy !requiretty", with its SSH user's name, in /etc/sudoers.d.`;
  if (says(/^sudo: .*(a password is required|a terminal is required)/m))
    return `become needs sudo without a password on ${host}: ${noPassword}. Or give the password: --ask-become-pass (-K), or the environment variable ADFPUSH_BECOME_PASS.`;
  if (user !== undefined && says(/^sudo: unknown user/m))
    return `there is no user ${user} on ${host}: create it first, or correct become_user.`;
  if (says(/is not in the sudoers file|not allowed to (execute|run)|may not run sudo/))
    return `the SSH user must not use sudo on ${host}: ${noPassword}, or leave become out.`;
  if (outcome.code === 127 && says(/sudo.*not found|not found.*sudo|Unknown command.*sudo/))
    return `there is no sudo on ${host}: install it, or log in as root and leave become out.`;
  if (end === 'unanswered')
    return `sudo on ${host} did not ask for the password for become alone, or not as sudo does. A second factor cannot be answered here.`;
  return undefined;
}
