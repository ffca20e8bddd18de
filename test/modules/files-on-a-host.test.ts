import { readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ModuleResult } from '../../src/modules/module.js';
import { TransportFiles } from '../../src/transport/host-files/transport-files.js';
import { LocalTransport } from '../../src/transport/local-connection.js';
import { MemoryFiles } from '../fakes/memory-files.js';
import { World } from '../fakes/world/world.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { thisMachine } from '../stages/host-shells.js';
import { systemClock } from '../stages/system-clock.js';
import { FakeModuleHost } from './fake-module-host.js';

/** The modules for files over a real shell. */
describe('files of a real host', () => {
  let folder: string;
  let host: FakeModuleHost;
  beforeEach(() => {
    folder = temporaryFolder('files-test');
    const world = new World();
    host = new FakeModuleHost(world, world.addHost('h1'));
    const files = new TransportFiles(new LocalTransport(systemClock)).on(thisMachine, { become: false });
    Object.defineProperty(host, 'files', { value: files });
  });
  const path = (name: string): string => join(folder, name);

  async function run(module: string, args: Readonly<Record<string, unknown>>): Promise<ModuleResult> {
    const checked = await host.check(module, args);
    return checked.changes ? checked.apply() : checked.result;
  }

  it.each<[string, string, Readonly<Record<string, unknown>>]>([
    ['a text', 'copy', { content: 'x', dest: 'file', mode: 'u=rw,g=r,o=' }],
    ['a file in a new folder', 'copy', { src: 'site/index.html', dest: 'new/', directory_mode: '0750' }],
    ['a folder of files', 'copy', { src: 'site', dest: '', mode: '0600' }],
    ['a template', 'template', { src: 'app.hbs', dest: 'app' }],
    ['a folder', 'file', { path: 'a/b', state: 'directory', mode: '2750' }],
    [
      'a folder with all in it',
      'file',
      { path: '', state: 'directory', mode: 'u=rwX,g=rX,o=', recurse: true },
    ],
    ['a link', 'file', { path: 'link', state: 'link', src: 'to nothing' }],
    ['nothing', 'file', { path: 'tree', state: 'absent' }],
  ])('%s: is as wanted the second time', async (_, module, given) => {
    host.project = new MemoryFiles({
      'files/site/index.html': 'hello',
      'files/site/css/a.css': 'a',
      'templates/app.hbs': 'a={{ a }}',
    });
    host.variables = { a: 1 };
    writeFileSync(path('tree'), '');
    const args = Object.fromEntries(
      Object.entries(given).map(([key, value]) => [
        key,
        key === 'dest' || key === 'path' ? path(value as string) : value,
      ]),
    );
    expect(await run(module, args)).toMatchObject({ changed: true });
    expect(await run(module, args)).toMatchObject({ changed: false });
  });

  it('an interrupted write is cleaned up by the next run, also when the file is as wanted again', async () => {
    const [boot] = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').split('-');
    const space = String(statSync('/proc/self/ns/pid').ino);
    const litter = `.app.adfpush-${process.pid}-1-${boot}${space}-00000000`;
    writeFileSync(path('app'), 'x');
    writeFileSync(path(litter), 'half');
    const checked = await host.check('copy', { content: 'x', dest: path('app') });
    expect(checked).toMatchObject({
      changes: true,
      summary: expect.stringContaining('interrupted') as string,
    });
    expect(readdirSync(folder)).toContain(litter);
    await run('copy', { content: 'x', dest: path('app') });
    expect(readdirSync(folder)).toEqual(['app']);
  });

  it('a link of bytes that are no UTF-8 is replaced by the one that is wanted', async () => {
    symlinkSync(Buffer.from([0x61, 0xff]), path('link'));
    expect(await run('file', { path: path('link'), state: 'link', src: 'a' })).toMatchObject({
      changed: true,
    });
  });

  it('a file is fetched as it is', async () => {
    const bytes = Buffer.from([0, 255, 13, 10, 128]);
    writeFileSync(path('data'), bytes);
    const { values } = await run('fetch', { src: path('data'), dest: 'here' });
    expect(values['dest']).toBe(`here/h1${path('data')}`);
    expect(host.project.written.get(values['dest'] as string)).toEqual(bytes);
    expect(await run('fetch', { src: path('data'), dest: 'here' })).toMatchObject({ changed: false });
  });
});
