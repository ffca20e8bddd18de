import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Redaction } from '../../src/events/redaction.js';
import type { Host } from '../../src/model/host.js';
import { Secret } from '../../src/model/secret.js';
import { openWorld } from '../../src/world/open-world.js';
import type { World } from '../../src/world/world.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { describeWithSshd, Sshd } from '../stages/sshd.js';

const secret = 's3cret-word';

describeWithSshd('a secret in an argument on a host', () => {
  let sshd: Sshd;
  let folder: string;
  let world: World;

  beforeAll(async () => {
    sshd = await Sshd.start({ config: ['AllowTcpForwarding no'] });
    folder = temporaryFolder('paths');
    const { user, port, identityFile, knownHostsFile } = sshd;
    const files: Record<string, string> = {
      'adfpush.yml': '{}\n',
      'inventory/test.yml': [
        'source: static',
        `ssh: { user: ${user}, port: ${port}, identity_file: ${identityFile}, known_hosts_file: ${knownHostsFile} }`,
        'hosts: [{ name: api-1, address: 127.0.0.1, groups: [api] }]',
        '',
      ].join('\n'),
    };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const redaction = new Redaction();
    redaction.add(new Secret(secret));
    world = await openWorld({ project: folder, environment: 'test', extraVars: [], redaction });
  });
  afterAll(async () => {
    await world.close();
    await sshd.stop();
  });

  const path = `/srv/${secret}`;
  const content = { size: 0, sha256: '', open: () => new Uint8Array() };
  const paths: Readonly<Record<string, (host: Host) => Promise<unknown>>> = {
    'a command': async (host) => (await world.transport.connect(host)).run({ argv: ['ls', path] }),
    'a look at a file': (host) => world.hostFiles.on(host, { become: false }).look([{ path }]),
    'the reading of a file': (host) => world.hostFiles.on(host, { become: false }).read(path, 10),
    'the fetching of a file': (host) =>
      world.hostFiles.on(host, { become: false }).fetch(path, () => Promise.resolve()),
    'a write': (host) => world.hostFiles.on(host, { become: false }).write(path, content),
    'the check of what is written': (host) =>
      world.hostFiles.on(host, { become: false }).write('/tmp/adfpush-unused', content, {
        validate: ['grep', secret, '%s'],
      }),
    'the target of a link': (host) =>
      world.hostFiles
        .on(host, { become: false })
        .shape('/tmp/adfpush-unused', { kind: 'link', target: path }),
    'the owner of a file': (host) =>
      world.hostFiles
        .on(host, { become: false })
        .shape('/tmp/adfpush-unused', { kind: 'file' }, { owner: secret }),
    'the address of an Engine': (host) => world.runtime.on(host).info(),
  };

  it.each(Object.keys(paths))('is refused for %s', async (name) => {
    const [known] = (await world.listHosts()).hosts;
    expect(known).toBeDefined();
    const host = { ...known!, docker: { sudo: true, socket: `/run/${secret}.sock` } };

    await expect(paths[name]?.(host)).rejects.toMatchObject({ code: 'secret.in_argument' });
  });
});
