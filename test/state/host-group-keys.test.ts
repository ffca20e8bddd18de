import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { Redaction } from '../../src/events/redaction.js';
import { environmentName, groupName } from '../../src/model/ids.js';
import { HostGroupKeys } from '../../src/state/host-group-keys.js';
import { makeHost } from '../fakes/make-host.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { FakeProc, ShellTransport } from './shell-transport.js';
import { shells } from './shells.js';

describe.each(shells)('the key of a group on a host, kept by %s', (_name, shell) => {
  const host = makeHost('h1');
  const api = { environment: environmentName('prod'), group: groupName('api') };
  const redaction = new Redaction();
  let folder: string;
  let beside: string;
  let root: string;
  let keys: HostGroupKeys;

  beforeEach(() => {
    folder = temporaryFolder('key');
    beside = join(folder, 'lock');
    root = join(folder, 'root');
    const machine = { directory: beside, proc: new FakeProc(join(folder, 'proc')), reachable: true };
    const transport = new ShellTransport(new Map([['h1', machine]]), shell);
    keys = new HostGroupKeys(transport, redaction, { directory: root });
  });

  it('is none at first', async () => {
    expect(await keys.read(host, api)).toBeUndefined();
  });

  it('is another one each time it is made, and never shown', () => {
    const [one, two] = [keys.make(), keys.make()];
    expect(one.reveal()).toMatch(/^[0-9a-f]{64}$/);
    expect(one.reveal()).not.toBe(two.reveal());
    expect(redaction.redactText(`key=${one.reveal()}`)).toBe('key=***');
  });

  it('is read back as it was written, from a file that only its owner can read, and nothing else is left', async () => {
    const [first, key] = [keys.make(), keys.make()];
    await keys.write(host, api, first);
    await keys.write(host, api, key);

    expect((await keys.read(host, api))?.reveal()).toBe(key.reveal());
    expect(readdirSync(root)).toEqual(['prod.api.key']);
    expect(statSync(join(root, 'prod.api.key')).mode & 0o777).toBe(0o600);
  });

  it('is kept for each group', async () => {
    await keys.write(host, api, keys.make());

    expect(await keys.read(host, { ...api, group: groupName('worker') })).toBeUndefined();
  });

  it('is beside the locks where the login user may not write in the folder of root', async () => {
    writeFileSync(root, 'no folder');
    const key = keys.make();
    await keys.write(host, api, key);

    expect((await keys.read(host, api))?.reveal()).toBe(key.reveal());
    expect(statSync(join(beside, 'prod.api.key')).mode & 0o777).toBe(0o600);
  });

  it('is an error where neither takes it', async () => {
    writeFileSync(root, 'no folder');
    writeFileSync(beside, 'no folder');

    await expect(keys.write(host, api, keys.make())).rejects.toMatchObject({
      code: 'group_key.write',
      message: expect.stringContaining('cannot write in') as string,
    });
  });

  it.each(['', 'abc', 'A1'.repeat(32), `${'a1'.repeat(32)}x`])(
    'is none where the file holds %j',
    async (text) => {
      mkdirSync(root);
      writeFileSync(join(root, 'prod.api.key'), `${text}\n`);

      expect(await keys.read(host, api)).toBeUndefined();
    },
  );

  it.runIf(process.getuid?.() === 0)('of another user is neither read nor taken for none', async () => {
    await keys.write(host, api, keys.make());
    const machine = { directory: beside, proc: new FakeProc(join(folder, 'proc')), reachable: true };
    const other = new ShellTransport(new Map([['h1', machine]]), shell, { uid: 65_534, gid: 65_534 });
    chmodSync(folder, 0o755);

    await expect(
      new HostGroupKeys(other, redaction, { directory: root }).read(host, api),
    ).rejects.toMatchObject({
      code: 'group_key.unreadable',
      message: expect.stringContaining("prod.api.key is another user's") as string,
    });
  });
});
