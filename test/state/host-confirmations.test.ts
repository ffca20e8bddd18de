import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { containerId, environmentName, groupName } from '../../src/model/ids.js';
import type { ConfirmedRelease } from '../../src/model/release.js';
import { HostConfirmations } from '../../src/state/host-confirmations.js';
import { makeHost } from '../fakes/make-host.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { FakeProc, ShellTransport } from './shell-transport.js';
import { shells } from './shells.js';

describe.each(shells)('what is confirmed on a host, kept by %s', (_name, shell) => {
  const host = makeHost('h1');
  const api = { environment: environmentName('prod'), group: groupName('api') };
  let folder: string;
  let lock: string;
  let confirmations: HostConfirmations;

  beforeEach(() => {
    folder = temporaryFolder('confirmed');
    lock = join(folder, 'lock');
    const machine = { directory: lock, proc: new FakeProc(join(folder, 'proc')), reachable: true };
    confirmations = new HostConfirmations(new ShellTransport(new Map([['h1', machine]]), shell));
  });

  const confirmedBy = (run: string, startedAt = 1_000): ConfirmedRelease => ({
    run,
    by: `jenkins@"it's" $HOME \\n`,
    startedAt,
    at: startedAt + 5,
    containers: [containerId('abc'), containerId('def')],
  });

  it('is nothing at first', async () => {
    expect(await confirmations.read(host, api)).toBeUndefined();
  });

  it('is read back as it was written, the last one only, and nothing else is left', async () => {
    await confirmations.write(host, api, confirmedBy('r1'));
    await confirmations.write(host, api, confirmedBy('r2', 2_000));

    expect(await confirmations.read(host, api)).toEqual(confirmedBy('r2', 2_000));
    expect(readdirSync(lock)).toEqual(['prod.api.confirmed']);
  });

  it('is kept for each group', async () => {
    await confirmations.write(host, api, confirmedBy('r1'));

    expect(await confirmations.read(host, { ...api, group: groupName('worker') })).toBeUndefined();
  });

  it('is kept in memory where the disk takes nothing', async () => {
    writeFileSync(lock, 'no folder');

    await confirmations.write(host, api, confirmedBy('r1'));

    expect(await confirmations.read(host, api)).toEqual(confirmedBy('r1'));
  });

  it('is an error where neither takes anything', async () => {
    writeFileSync(lock, 'no folder');
    writeFileSync(`${lock}-memory`, 'no folder');

    await expect(confirmations.write(host, api, confirmedBy('r1'))).rejects.toMatchObject({
      code: 'confirmation.write',
      message: expect.stringContaining('cannot write in') as string,
    });
  });

  it.each(['', '{"run":"r1"', '{"run":1}', 'null'])('is nothing where the file holds %j', async (text) => {
    mkdirSync(lock);
    writeFileSync(join(lock, 'prod.api.confirmed'), text);

    expect(await confirmations.read(host, api)).toBeUndefined();
  });
});
