import { appendFileSync, chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { groupName } from '../../src/model/ids.js';
import type { ReleaseRecord } from '../../src/model/release-record.js';
import type { Ledger } from '../../src/ports/ledger.js';
import { HostLedger } from '../../src/state/host-ledger.js';
import { LedgerFile } from '../../src/state/ledger-file.js';
import { releaseText } from '../../src/state/release-text.js';
import { makeHost } from '../fakes/make-host.js';
import { makeRelease } from '../fakes/make-release.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { FakeProc, ShellTransport } from './shell-transport.js';
import { shells } from './shells.js';

const api = makeRelease(1);
let folder: string;
beforeEach(() => {
  folder = temporaryFolder('releases');
});

function onHost(shell: readonly [string, ...string[]]): {
  readonly place: Ledger<ReleaseRecord>;
  readonly file: string;
} {
  const directory = join(folder, 'root');
  const machine = {
    directory: join(folder, 'lock'),
    proc: new FakeProc(join(folder, 'proc')),
    reachable: true,
  };
  const transport = new ShellTransport(new Map([['h1', machine]]), shell);
  return {
    place: new HostLedger(transport, makeHost('h1'), releaseText, { directory }),
    file: join(directory, 'prod.api.releases'),
  };
}

const inFile = (): { readonly place: Ledger<ReleaseRecord>; readonly file: string } => ({
  place: new LedgerFile(folder, releaseText),
  file: join(folder, 'releases/prod.api.jsonl'),
});

describe.each([
  ...shells.map(([name, shell]) => [`a host with ${name}`, () => onHost(shell)] as const),
  ['the state folder', inFile] as const,
])('the releases in %s', (_name, open) => {
  it('are none at first, and then read back in the order they were written', async () => {
    const { place } = open();
    expect(await place.read(api, 10)).toEqual({ records: [], unreadable: 0, newer: 0 });
    const odd = makeRelease(2, { reason: `it's "odd" $(id) \`id\` \\n %s\t✓`, hosts: [] });
    for (const record of [api, odd, makeRelease(3)]) expect(await place.write(record)).toBe('written');

    expect((await place.read(api, 10)).records).toEqual([api, odd, makeRelease(3)]);
    expect((await place.read(api, 1)).records).toEqual([makeRelease(3)]);
    expect((await place.read({ ...api, group: groupName('web') }, 10)).records).toEqual([]);
  });

  it('go on on a line of their own after one that a crash cut, at whatever byte', async () => {
    const { place, file } = open();
    await place.write(api);
    const whole = readFileSync(file);
    for (const bytes of [1, 17, whole.length - 1]) {
      writeFileSync(file, Buffer.concat([whole, whole.subarray(0, bytes)]));
      await place.write(makeRelease(2));
      const { records, unreadable } = await place.read(api, 10);
      // All of a line but its newline is the whole record.
      const isWhole = bytes === whole.length - 1;
      expect(records.map(({ number }) => number)).toEqual(isWhole ? [1, 1, 2] : [1, 2]);
      expect(unreadable).toBe(isWhole ? 0 : 1);
    }
  });

  it('pass over what is foreign, and count what a newer version wrote', async () => {
    const { place, file } = open();
    await place.write(api);
    appendFileSync(
      file,
      'nonsense\n[1]\n{"adfpush":"release","format":2}\n{"adfpush":"release","format":1}\n\n',
    );
    expect(await place.read(api, 20)).toEqual({ records: [api], unreadable: 3, newer: 1 });
  });
});

describe('the ledger of a host', () => {
  const [[, shell] = ['sh', ['/bin/sh']] as const] = shells;

  it('is beside the locks, for all login users, where root’s folder cannot be written', async () => {
    writeFileSync(join(folder, 'root'), 'no folder');
    const { place } = onHost(shell);
    await place.write(api);
    expect((await place.read(api, 10)).records).toEqual([api]);
    expect(statSync(join(folder, 'lock/prod.api.releases')).mode & 0o777).toBe(0o666);
  });

  it('gives the newest that are not too much to read at once, each whole', async () => {
    const { place } = onHost(shell);
    const reason = 'x'.repeat(100_000);
    for (let number = 1; number <= 12; number += 1) await place.write(makeRelease(number, { reason }));
    const { records, unreadable } = await place.read(api, 100);
    expect(records.map(({ number }) => number)).toEqual([6, 7, 8, 9, 10, 11, 12]);
    expect(unreadable).toBe(0);
  });

  it('says why it takes no record', async () => {
    for (const name of ['root', 'lock']) writeFileSync(join(folder, name), 'no folder');
    await expect(onHost(shell).place.write(api)).rejects.toMatchObject({
      code: 'releases.unwritable',
      message: expect.stringMatching(/^h1 cannot keep its record of releases: cannot write in /) as unknown,
    });
  });
});

describe('the state folder', () => {
  it('says why its records cannot be read', async () => {
    const { place, file } = inFile();
    await place.write(api);
    chmodSync(file, 0o600);
    writeFileSync(join(folder, 'releases/prod.web.jsonl'), '');
    await expect(new LedgerFile(join(file, 'below'), releaseText).read(api, 1)).rejects.toMatchObject({
      code: 'releases.unreadable',
    });
  });
});

describe('the line of a release', () => {
  it('is read back as what it was, whatever of it is absent', () => {
    const full = makeRelease(7, {
      platforms: ['linux/amd64'],
      configuration: { hash: 'h', keys: { a: 'b' }, secrets: { key: 'k', hashes: { s: 'x' } } },
      files: { 'adfpush.yml': '12345678' },
      project: { commit: 'a'.repeat(40), dirty: true },
      labels: { revision: 'r', source: 's' },
      link: 'https://ci',
      build: 'b',
      reason: 'why',
      restores: 3,
      rollbackOf: 6,
      promotedFrom: { environment: 'staging', number: 4 },
      skippedGates: ['soak'],
    });
    expect(releaseText.read([releaseText.write(full), releaseText.write(api)]).records).toEqual([full, api]);
  });
});
