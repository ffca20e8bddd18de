import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { hostShells, realHost } from './real-host.js';

describe.each(hostShells)('stat with %s', (_, shell) => {
  const real = realHost(shell);
  const stat = async (path: string, more: Readonly<Record<string, unknown>> = {}): Promise<unknown> =>
    (await real.run('stat', { path, ...more })).values['stat'];

  it('tells all of a file', async () => {
    const path = real.path("it's a file");
    writeFileSync(path, 'abc\n', { mode: 0o640 });
    linkSync(path, real.path('other'));
    const { ino, dev, mtimeMs } = statSync(path);
    expect(await stat(path)).toMatchObject({
      ...{ exists: true, path, mode: '0640', size: 4, nlink: 2, inode: ino, dev, isuid: false },
      ...{ isreg: true, isdir: false, islnk: false, isfifo: false, pw_name: userInfo().username },
      ...{ rusr: true, wusr: true, xusr: false, rgrp: true, wgrp: false, roth: false },
      ...{ readable: true, writeable: true, executable: false, mtime: Math.floor(mtimeMs / 1000) },
      checksum: '03cfd743661f07975fa2f1220c5194cbaff48451',
    });
  });

  it.each(['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'])('sums by %s', async (algorithm) => {
    // busybox has no other ones.
    if (shell().path !== undefined && /224|384/.test(algorithm)) return;
    writeFileSync(real.path('a\\b'), 'x');
    expect(await stat(real.path('a\\b'), { checksum_algorithm: algorithm })).toMatchObject({
      checksum: createHash(algorithm).update('x').digest('hex'),
    });
    expect(await stat(real.path('a\\b'), { get_checksum: false })).not.toHaveProperty('checksum');
  });

  it('tells of a link, and with follow of what it leads to', async () => {
    writeFileSync(real.path('file'), 'abc');
    symlinkSync('file', real.path('link'));
    expect(await stat(real.path('link'))).toMatchObject({
      ...{ islnk: true, isreg: false, lnk_target: 'file', lnk_source: real.path('file') },
    });
    expect(await stat(real.path('link'), { follow: true })).toMatchObject({
      islnk: false,
      isreg: true,
      size: 3,
    });
  });

  it('tells of a folder', async () => {
    mkdirSync(real.path('folder'), { mode: 0o750 });
    expect(await stat(real.path('folder'))).toMatchObject({ isdir: true, mode: '0750', executable: true });
  });

  it.each(['none', 'file/none', 'broken'])('tells that nothing is at %s', async (name) => {
    writeFileSync(real.path('file'), '');
    symlinkSync('nothing', real.path('broken'));
    expect(await real.run('stat', { path: real.path(name), follow: true })).toMatchObject({
      changed: false,
      values: { stat: { exists: false } },
    });
  });
});
