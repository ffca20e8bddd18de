import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { breadth } from '../../deep.js';
import { HostKeys } from '../../../src/transport/ssh/host-keys.js';
import { keysOf, parseKnownHosts } from '../../../src/transport/ssh/host-keys/known-hosts.js';
import { fingerprint } from '../../../src/transport/ssh/host-keys/public-key.js';
import { SeededRandom } from '../../fakes/seeded-random.js';
import { describeWithSshd } from '../../stages/sshd.js';
import { systemClock } from '../../stages/system-clock.js';
import { KeyCases, type KeyCase } from './known-hosts-cases.js';
import { keyTypes, PipedSshd, type Asked, type KeyVerdict } from './openssh-verdict.js';

const cases = Number(process.env['ADFPUSH_HOST_KEY_CASES'] ?? breadth(60, 210));
const seed = process.env['ADFPUSH_HOST_KEY_SEED'] ?? 'host keys';

describeWithSshd('known_hosts is read as OpenSSH reads it', () => {
  /** One that has a key of each type to choose from, and one that has no choice. */
  let servers: readonly [PipedSshd, PipedSshd];
  let wrong: readonly string[];
  beforeAll(() => {
    servers = [new PipedSshd(), new PipedSshd(['ed25519'])];
    wrong = keyTypes.map((type) => servers[0].makeKey(`wrong_${type}`, type));
  });

  const generators = (name: string): readonly KeyCases[] =>
    servers.map((sshd, index) => {
      const right = sshd.types.map((type) => sshd.key(`host_${type}`));
      return new KeyCases(new SeededRandom(`${seed} ${name} ${index}`), { right, wrong });
    });

  test(`in ${cases} generated cases the key is judged as ssh judges it`, async () => {
    const [choosing, single] = generators('ssh') as [KeyCases, KeyCases];
    const hostKeys = new HostKeys({ clock: systemClock });
    const seen = new Map<KeyVerdict, number>();
    const differences: unknown[] = [];
    const compare = async (sshd: PipedSshd, index: number, one: KeyCase): Promise<void> => {
      const asked: Asked = {
        ...one,
        userFiles: one.userFiles.map((text, file) => sshd.file(`${index}_user${file}`, text)),
        globalFiles: one.globalFiles.map((text, file) => sshd.file(`${index}_global${file}`, text)),
      };
      const [theirs, ours] = await Promise.all([sshd.ssh(asked), sshd.ours(asked, hostKeys)]);
      seen.set(theirs.verdict, (seen.get(theirs.verdict) ?? 0) + 1);
      if (theirs.verdict === ours.verdict) return;
      // Where we are stricter on purpose: what is revoked for the bare name is revoked on every port.
      const onPort22 = ours.verdict === 'revoked' ? await sshd.ssh({ ...asked, port: 22 }) : undefined;
      if (onPort22?.verdict === 'revoked' && one.port !== 22 && one.alias === undefined) return;
      differences.push({ index, one, openssh: theirs, ours: ours.verdict, why: ours.error?.message });
    };
    for (let index = 0; index < cases; index += 2) {
      await Promise.all([
        compare(servers[0], index, choosing.next()),
        compare(servers[1], index + 1, single.next()),
      ]);
    }

    expect(differences).toEqual([]);
    for (const verdict of ['known', 'unknown', 'changed', 'revoked'] as const) {
      expect(seen.get(verdict), verdict).toBeGreaterThan(cases / 20);
    }
  });

  test('with accept-new in as many files the same is believed, refused and written down as by ssh', async () => {
    const [, sshd] = servers;
    const generator = generators('accept-new')[1] as KeyCases;
    const hostKeys = new HostKeys({ clock: systemClock });
    let added = 0;
    for (let index = 0; index < cases / 3; index += 1) {
      const one = generator.next();
      const globalFiles = one.globalFiles.map((text, file) => sshd.file(`new_${index}_global${file}`, text));
      const run = (name: string): Asked => ({
        ...one,
        checking: 'accept-new',
        // OpenSSH 9.2 writes its line onto a last one that has no end, where nobody finds it; not so we.
        userFiles: one.userFiles.map((text, file) =>
          sshd.file(`new_${index}_${name}${file}`, text.replace(/[^\n]$/, '$&\n')),
        ),
        globalFiles,
      });
      const [theirFiles, ourFiles] = [run('theirs'), run('ours')];
      const [theirs, ours] = await Promise.all([sshd.ssh(theirFiles), sshd.ours(ourFiles, hostKeys)]);
      const written = ({ userFiles }: Asked): readonly string[] =>
        userFiles.map((file) => readFileSync(file, 'latin1'));
      if (ours.verdict === 'revoked' && theirs.verdict !== 'revoked' && one.port !== 22) {
        // Stricter on purpose, as above.
        expect((await sshd.ssh({ ...theirFiles, port: 22, checking: 'yes' })).verdict).toBe('revoked');
        continue;
      }

      expect(ours.verdict, theirs.stderr).toBe(theirs.verdict);
      expect(written(ourFiles)).toEqual(written(theirFiles));
      if (written(ourFiles).join('').length > one.userFiles.join('').length + 1) added += 1;
    }

    expect(added).toBeGreaterThan(cases / 20);
  });

  test(`in ${cases} generated files the lines that speak of a host are those that ssh-keygen -F finds`, async () => {
    const [sshd, generator] = [servers[0], generators('ssh-keygen')[0] as KeyCases];
    let found = 0;
    for (let index = 0; index < cases; index += 1) {
      const { address, port, userFiles } = generator.next();
      const text = userFiles.join('\n');
      const name = (port === 22 ? address : `[${address}]:${port}`).toLowerCase();
      const file = sshd.file(`find_${index}`, text);
      const ours = keysOf(parseKnownHosts(file, text), name).map(
        ({ line, marker, key }) => `${line} ${marker ?? 'plain'} ${fingerprint(key.blob)}`,
      );

      expect(ours, text).toEqual(await sshd.find(name, file));
      found += ours.length;
    }

    expect(found).toBeGreaterThan(cases / 2);
  });
});
