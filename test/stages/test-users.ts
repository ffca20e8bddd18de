import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeUnless } from '../describe-unless.js';
import type { Sshd } from './sshd.js';

export interface TestUserOptions {
  /** The login shell; /bin/sh when absent. */
  readonly shell?: string;
  readonly password?: string;
  /** Lines of sudoers, `USER` standing for the name. Without any, sudo refuses the user. */
  readonly sudoers?: readonly string[];
}

/** Tests that make users of this machine, and so need root, and programs that CI installs. */
export function describeWithUsers(programs: readonly string[], name: string, body: () => void): void {
  const missing = ['/usr/sbin/sshd', '/usr/sbin/useradd', ...programs].filter((path) => !existsSync(path));
  const obstacle =
    process.getuid?.() !== 0
      ? 'making users needs root'
      : missing.length > 0
        ? `${missing.join(', ')} is not installed`
        : undefined;
  describeUnless(obstacle, name, body);
}

/** Users of this machine for one test file; `remove` takes them away with all that they own. */
export class TestUsers {
  readonly #names: string[] = [];

  constructor() {
    removeLeftovers();
  }

  /** A new user, by name. */
  add({ shell = '/bin/sh', password, sudoers = [] }: TestUserOptions = {}): string {
    const name = `${prefix}${process.pid}x${this.#names.length}`;
    this.#names.push(name);
    execFileSync('useradd', ['--no-user-group', '--create-home', '--shell', shell, name]);
    // An account without a password is locked, and sshd without PAM refuses it.
    const known = password ?? 'not used';
    execFileSync('chpasswd', { input: `${name}:${known}\n` });
    if (sudoers.length > 0) {
      const lines = sudoers.map((line) => `${line.replaceAll('USER', name)}\n`);
      writeFileSync(sudoersFile(name), lines.join(''), { mode: 0o440 });
    }
    return name;
  }

  remove(): void {
    for (const name of this.#names) removeUser(name);
  }
}

/** sshd reads a user's keys with the user's own rights; their sessions have their own homes. */
export function openToAllUsers(sshd: Sshd): void {
  chmodSync(sshd.folder, 0o755);
  const keys = join(sshd.folder, 'authorized_keys');
  writeFileSync(keys, readFileSync(keys, 'utf8').replace(/^.* (?=ssh-)/, ''));
  chmodSync(keys, 0o644);
}

const prefix = 'adfpush-t';
const sudoersFile = (name: string): string => `/etc/sudoers.d/${name}`;

function removeUser(name: string): void {
  rmSync(sudoersFile(name), { force: true });
  // It says that the user still runs a process when a session is about to end; what was asked for is done then too.
  execFileSync('userdel', ['--force', '--remove', name], { stdio: 'ignore' });
}

/** Of test runs that were killed: the number in the name is theirs. */
function removeLeftovers(): void {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name, owner] = new RegExp(`^${prefix}(\\d+)x\\d+(?=:)`).exec(line) ?? [];
    if (name !== undefined && !existsSync(`/proc/${owner}`)) removeUser(name);
  }
}
