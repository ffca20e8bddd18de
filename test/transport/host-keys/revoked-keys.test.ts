import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { HostKeys } from '../../../src/transport/ssh/host-keys.js';
import { describeWithSshd } from '../../stages/sshd.js';
import { systemClock } from '../../stages/system-clock.js';
import { PipedSshd, type KeyVerdict } from './openssh-verdict.js';

describeWithSshd('with RevokedHostKeys a known key is judged as ssh judges it', () => {
  let sshd: PipedSshd;
  let known: string;
  beforeAll(() => {
    sshd = new PipedSshd(['ed25519']);
    sshd.makeKey('other', 'ed25519');
    known = sshd.file('known', `api-1 ${sshd.key('host_ed25519')}\n`);
  });

  /** A key revocation list of ssh-keygen's own. */
  const list = (name: string, ...specification: readonly string[]): string => {
    const path = join(sshd.folder, `${name}.krl`);
    const input = sshd.file(`${name}.spec`, `${specification.join('\n')}\n`);
    execFileSync('ssh-keygen', ['-q', '-k', '-f', path, '-s', join(sshd.folder, 'other.pub'), input]);
    return path;
  };
  const print = (name: string): string =>
    execFileSync('ssh-keygen', ['-lf', join(sshd.folder, `${name}.pub`)], { encoding: 'utf8' }).split(
      ' ',
    )[1]!;
  const cut = (file: string): string => sshd.file('cut', readFileSync(file, 'latin1').slice(0, -3));
  const right = (): string => sshd.key('host_ed25519');
  const wrong = (): string => sshd.key('other');

  test.each<readonly [string, KeyVerdict, () => string]>([
    ['an empty list', 'known', () => sshd.file('r', '')],
    ['a list of another key', 'known', () => sshd.file('r', `# who\n\n${wrong()} a comment\n`)],
    ['a list of it', 'revoked', () => sshd.file('r', `${wrong()}\n  ${right()} a comment`)],
    ['a list with garbage', 'unreadable', () => sshd.file('r', `${wrong()}\ngarbage here\n`)],
    ['a list with CRLF', 'revoked', () => sshd.file('r', `${wrong()}\r\n${right()}\r\n`)],
    ['no file', 'unreadable', () => join(sshd.folder, 'none')],
    ['a revocation list of another key', 'known', () => list('a', `key: ${wrong()}`)],
    ['a revocation list of it', 'revoked', () => list('b', `key: ${right()}`)],
    ['a revocation list of its SHA-1', 'revoked', () => list('c', `sha1: ${right()}`)],
    ['a revocation list of its SHA-256', 'revoked', () => list('d', `sha256: ${right()}`)],
    ['a revocation list of its fingerprint', 'revoked', () => list('e', `hash: ${print('host_ed25519')}`)],
    ['a revocation list of certificates', 'known', () => list('f', 'serial: 1-99', 'id: web')],
    [
      'a revocation list with all of them',
      'revoked',
      () => list('g', 'id: web', `sha1: ${wrong()}`, `key: ${right()}`),
    ],
    ['a revocation list that is cut off', 'unreadable', () => cut(list('h', `key: ${wrong()}`))],
  ])('%s: %s', async (_what, expected, make) => {
    const asked = { address: 'api-1', port: 22, userFiles: [known], globalFiles: [], revokedFile: make() };

    const theirs = await sshd.ssh(asked);
    const ours = await sshd.ours(asked, new HostKeys({ clock: systemClock }));

    expect(theirs.verdict).toBe(expected);
    expect(ours.verdict).toBe(expected);
    if (expected !== 'known') expect(ours.error?.message).toContain(asked.revokedFile);
  });
});
