import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/model/secret.js';
import type { RunOptions } from '../../src/ports/transport.js';
import { describeUnless, notOnPath } from '../describe-unless.js';
import { MemoryFiles } from '../fakes/memory-files.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { hostShells, realHost, type RealHost } from './real-host.js';
import { tarOf, type TarMember } from './tar-of.js';

type Args = Readonly<Record<string, unknown>>;

/** Archives of one folder, made once, by the programs of this machine. */
const archives = temporaryFolder('archives');

const inside: readonly TarMember[] = [
  { name: 'app/', mode: 0o755 },
  { name: 'app/bin/', mode: 0o750 },
  { name: 'app/bin/run', mode: 0o750, content: 'run\n' },
  { name: 'app/data', mode: 0o644, content: 'data\n' },
  { name: "app/-it's\na\\ file", mode: 0o600, content: 'odd' },
  { name: 'app/current', target: 'bin/run' },
];

const all = ['app/', "app/-it's\na\\ file", 'app/bin/', 'app/bin/run', 'app/current', 'app/data'];

/** Every path below, and folders with a slash at their end. */
function below(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((one) => join(one.parentPath, one.name).slice(folder.length + 1) + (one.isDirectory() ? '/' : ''))
    .sort();
}

const twoShells = hostShells.filter(([name]) => name !== 'bash');

describe.each(twoShells)('unarchive with %s', (_, shell) => {
  const real = realHost(shell);
  const args = (more: Args = {}): Args => ({
    src: real.path('pack'),
    dest: real.path('out'),
    remote_src: true,
    ...more,
  });
  beforeEach(() => {
    beside(real);
    writeFileSync(real.path('pack'), tarOf(inside));
    mkdirSync(real.path('out'));
  });
  const out = (name: string): string => real.path(`out/${name}`);

  it('unpacks, with modes and links, and the second run changes nothing', async () => {
    const { values } = await real.run('unarchive', args({ list_files: true }));
    expect(values).toMatchObject({
      handler: 'TarArchive',
      state: 'directory',
      files: all,
      dest: out('').slice(0, -1),
    });
    expect(below(real.path('out'))).toEqual(all);
    expect(statSync(out('app/bin/run')).mode & 0o7777).toBe(0o750);
    expect(statSync(out('app/bin')).mode & 0o7777).toBe(0o750);
    expect(readFileSync(out('app/data'), 'utf8')).toBe('data\n');
    expect(readlinkSync(out('app/current'))).toBe('bin/run');
    expect(await real.run('unarchive', args())).toMatchObject({ changed: false });
  });

  it('puts right what differs, and nothing else', async () => {
    await real.run('unarchive', args());
    writeFileSync(out('app/data'), 'DATA\n');
    chmodSync(out('app/bin'), 0o700);
    rmSync(out('app/current'));
    symlinkSync('data', out('app/current'));
    writeFileSync(out('app/own'), 'mine');
    const { ino } = statSync(out('app/bin/run'));
    const { diff } = (await real.host.check('unarchive', args())) as { diff?: string };
    expect(diff?.split('\n')).toEqual([
      `${out('app/bin/')} mode: 0700 → 0750`,
      `${out('app/current')} leads elsewhere`,
      `${out('app/data')} content: 5 → 5 bytes`,
    ]);
    await real.run('unarchive', args());
    expect(readFileSync(out('app/data'), 'utf8')).toBe('data\n');
    expect(readlinkSync(out('app/current'))).toBe('bin/run');
    expect([statSync(out('app/bin')).mode & 0o777, statSync(out('app/bin/run')).ino]).toEqual([0o750, ino]);
    expect(below(real.path('out'))).toEqual([...all, 'app/own'].sort());
  });

  it.each<[string, readonly TarMember[]]>([
    [
      'a name with ..',
      [
        { name: 'a', content: 'x' },
        { name: '../evil', content: 'x' },
      ],
    ],
    [
      'a file through a link',
      [
        { name: 'a', target: '..' },
        { name: 'a/evil', content: 'x' },
      ],
    ],
  ])('nothing of an archive with %s gets out', async (__, members) => {
    writeFileSync(real.path('pack'), tarOf(members));
    await real.run('unarchive', args()).catch(() => undefined);
    expect(existsSync(real.path('evil'))).toBe(false);
    expect(existsSync(join(elsewhere(), 'evil'))).toBe(false);
    expect(below(real.path('temporary'))).toEqual([]);
  });
});

const withoutDownload = notOnPath('curl') && notOnPath('wget') && 'neither curl nor wget is installed';

describe('unarchive', () => {
  const real = realHost();
  const args = (more: Args = {}): Args => ({
    src: real.path('pack'),
    dest: real.path('out'),
    remote_src: true,
    ...more,
  });
  beforeEach(() => {
    beside(real);
    writeFileSync(real.path('pack'), tarOf(inside));
    mkdirSync(real.path('out'));
  });
  const out = (name: string): string => real.path(`out/${name}`);

  it('a dry run says what would change, and changes nothing', async () => {
    real.host.checkMode = true;
    expect(await real.host.check('unarchive', args())).toMatchObject({
      summary: `unpack ${real.path('pack')} into ${real.path('out')}`,
      diff: `${out('app')}/ with 5 things in it`.replace(out('app'), `${real.path('out')}/new folder app`),
    });
    expect(below(real.path('out'))).toEqual([]);
    expect(below(real.path('temporary'))).toEqual([]);
  });

  it.each<[string, Args, readonly string[]]>([
    ['all but', { exclude: ['bin', '*.txt'] }, all.filter((path) => !path.includes('bin'))],
    ['only', { include: './app/bin/' }, ['app/', 'app/bin/', 'app/bin/run']],
  ])('unpacks %s', async (__, more, left) => {
    await real.run('unarchive', args(more));
    expect(below(real.path('out'))).toEqual(left);
  });

  it('gives all of it a mode, with which folders may be entered', async () => {
    const more = args({ mode: '0640' });
    await real.run('unarchive', more);
    const modes = ['app', 'app/bin', 'app/data'].map((name) => statSync(out(name)).mode & 0o777);
    expect(modes).toEqual([0o750, 0o750, 0o640]);
    expect(await real.run('unarchive', more)).toMatchObject({ changed: false });
  });

  it('goes through a link to a folder below, and never through one that leads out', async () => {
    mkdirSync(out('real'));
    mkdirSync(real.path('elsewhere'));
    symlinkSync('real', out('app'));
    await real.run('unarchive', args());
    expect([readlinkSync(out('app')), existsSync(out('real/bin/run'))]).toEqual(['real', true]);
    rmSync(out('app'));
    symlinkSync('../elsewhere', out('app'));
    await expect(real.run('unarchive', args())).rejects.toMatchObject({ code: 'unarchive.leads_out' });
    expect(below(real.path('elsewhere'))).toEqual([]);
  });

  it('takes the place of a file or a link where the archive has a folder, and of no folder', async () => {
    writeFileSync(out('app'), 'a file');
    expect(await real.run('unarchive', args())).toMatchObject({ changed: true });
    expect(below(real.path('out'))).toEqual(all);
    rmSync(out('app/data'));
    mkdirSync(out('app/data'));
    await expect(real.run('unarchive', args())).rejects.toMatchObject({ code: 'unarchive.in_the_way' });
  });

  it.each<[string, Buffer]>([
    ['half an archive', Buffer.from(tarOf(inside)).subarray(0, 1_538)],
    ['what is none', Buffer.from('hello\n'.repeat(200))],
    ['half a gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2])],
  ])('%s changes nothing', async (__, bytes) => {
    writeFileSync(real.path('pack'), bytes);
    await expect(real.run('unarchive', args())).rejects.toMatchObject({ code: 'unarchive.bad_archive' });
    expect([below(real.path('out')), below(real.path('temporary'))]).toEqual([[], []]);
  });

  it('is kept back, as skipped, by what it creates', async () => {
    writeFileSync(out('done'), '');
    expect(await real.run('unarchive', args({ creates: out('done') }))).toMatchObject({
      ...{ changed: false, skipped: true },
      values: { skipped: true },
    });
  });

  it('leaves newer files alone, if asked to', async () => {
    await real.run('unarchive', args());
    writeFileSync(out('app/data'), 'newer');
    const { changes } = await real.host.check('unarchive', args({ keep_newer: true }));
    expect(changes).toBe(false);
  });

  it('takes away what a killed run left, and nothing of a living one', async () => {
    const [boot] = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').split('-');
    const place = `${boot}${statSync('/proc/self/ns/pid').ino}`;
    const since = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ')[19];
    const dead = out(`.adfpush-unarchive-${process.pid}-1-${place}`);
    const alive = out(`.adfpush-unarchive-${process.pid}-${since}-${place}`);
    mkdirSync(`${dead}/tree`, { recursive: true });
    mkdirSync(alive);
    await real.run('unarchive', args());
    expect([existsSync(dead), existsSync(alive)]).toEqual([false, true]);
  });

  it('leaves the folders above alone that the archive does not name', async () => {
    writeFileSync(real.path('pack'), tarOf([{ name: 'etc/app/conf', content: 'x' }]));
    mkdirSync(out('etc'), { mode: 0o700 });
    await real.run('unarchive', args());
    expect([statSync(out('etc')).mode & 0o777, below(real.path('out'))]).toEqual([
      0o700,
      ['etc/', 'etc/app/', 'etc/app/conf'],
    ]);
    expect(await real.run('unarchive', args())).toMatchObject({ changed: false });
  });

  it.each<[string, string, Args]>([
    ['no_dest', 'no folder', { dest: '/nonexistent/x' }],
    ['no_archive', 'no archive', { src: '/nonexistent/x' }],
  ])('%s: there is %s; in a dry run it may still come', async (code, __, more) => {
    await expect(real.run('unarchive', args(more))).rejects.toMatchObject({ code: `unarchive.${code}` });
    real.host.checkMode = true;
    expect(await real.host.check('unarchive', args(more))).toMatchObject({ changes: true });
  });

  it('sends an archive of the project, and leaves no copy of it', async () => {
    real.host.project = new MemoryFiles({ 'files/pack.tar': Buffer.from(tarOf(inside)) });
    const local = { src: 'pack.tar', dest: real.path('out') };
    expect(await real.run('unarchive', local)).toMatchObject({ changed: true });
    expect(below(real.path('out'))).toEqual(all);
    expect(await real.run('unarchive', local)).toMatchObject({ changed: false });
    expect(below(real.path('temporary'))).toEqual([]);
    writeFileSync(out('done'), '');
    expect(await real.run('unarchive', { ...local, creates: out('done') })).toMatchObject({ skipped: true });
    await expect(real.run('unarchive', { ...local, dest: out('none') })).rejects.toMatchObject({
      code: 'unarchive.no_dest',
    });
    expect(below(real.path('temporary'))).toEqual([]);
  });
});

/** A folder that archives of the tests try to write to. */
function elsewhere(): string {
  return archives;
}

/** The folder for archives that are brought, and for a look. */
function beside(real: RealHost): void {
  mkdirSync(real.path('temporary'));
  const env = { TMPDIR: real.path('temporary') };
  const { run, runStep } = { run: real.host.run.bind(real.host), runStep: real.host.runStep.bind(real.host) };
  real.host.run = (command, options?: RunOptions) => run(command, { ...options, env } as RunOptions);
  real.host.runStep = (command, options?: RunOptions) => runStep(command, options);
}

describe('archives of other programs', () => {
  const real = realHost();
  const source = (): string => {
    const folder = real.path('source');
    mkdirSync(join(folder, 'app/bin'), { recursive: true });
    writeFileSync(join(folder, 'app/bin/run'), 'run', { mode: 0o755 });
    symlinkSync('bin/run', join(folder, 'app/current'));
    mkdirSync(real.path('out'));
    return folder;
  };
  const files = ['app/', 'app/bin/', 'app/bin/run', 'app/current'];

  it.each([
    ['gzip', 'TgzArchive'],
    ['bzip2', 'TarBzipArchive'],
    ['xz', 'TarXzArchive'],
    ['zstd', 'TarZstdArchive'],
  ])('%s', async (program, handler) => {
    if (notOnPath(program) !== undefined) return;
    const tar = execFileSync('tar', ['-cf', '-', 'app'], { cwd: source() });
    writeFileSync(real.path('pack'), execFileSync(program, ['-c'], { input: tar }));
    const args = { src: real.path('pack'), dest: real.path('out'), remote_src: true };
    expect(await real.run('unarchive', args)).toMatchObject({ changed: true, values: { handler } });
    expect(below(real.path('out'))).toEqual(files);
  });

  it('has the first folders of the names left out by tar itself', async () => {
    execFileSync('tar', ['-czf', real.path('pack'), 'app'], { cwd: source() });
    const args = {
      ...{ src: real.path('pack'), dest: real.path('out'), remote_src: true },
      extra_opts: ['--strip-components=1'],
    };
    await real.run('unarchive', args);
    expect(below(real.path('out'))).toEqual(['bin/', 'bin/run', 'current']);
    expect(await real.run('unarchive', args)).toMatchObject({ changed: false });
  });

  describeUnless(withoutDownload, 'from a URL', () => {
    it('downloads an archive, and shows no secret of its URL', async () => {
      execFileSync('tar', ['-czf', real.path('pack'), 'app'], { cwd: source() });
      const asked: string[] = [];
      const server = createServer((request, response) => {
        asked.push(request.url ?? '');
        if (request.url === '/none') response.writeHead(404).end();
        else response.end(readFileSync(real.path('pack')));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      try {
        const args = { src: new Secret(`${origin}/t0ken`), dest: real.path('out'), remote_src: true };
        const result = await real.run('unarchive', args);
        expect(result.changed).toBe(true);
        expect(JSON.stringify(result)).not.toContain('t0ken');
        expect(below(real.path('out'))).toEqual(files);
        expect(await real.run('unarchive', args)).toMatchObject({ changed: false });
        await expect(real.run('unarchive', { ...args, src: `${origin}/none` })).rejects.toMatchObject({
          ...{ code: 'unarchive.download', message: expect.stringContaining('404') as string },
        });
        expect(asked).toEqual(['/t0ken', '/t0ken', '/none']);
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
    });
  });
});

describeUnless(notOnPath('zip') ?? notOnPath('unzip'), 'zip archives', () => {
  describe.each(twoShells)('with %s', (_, shell) => {
    const real = realHost(shell);

    it('are unpacked once', async () => {
      mkdirSync(real.path('app/bin'), { recursive: true });
      mkdirSync(real.path('out'));
      writeFileSync(real.path('app/bin/run'), 'run', { mode: 0o755 });
      writeFileSync(real.path('app/-odd name'), 'odd', { mode: 0o600 });
      execFileSync('zip', ['-qr', 'pack', 'app'], { cwd: real.folder });
      const args = { src: real.path('pack.zip'), dest: real.path('out'), remote_src: true };
      expect(await real.run('unarchive', args)).toMatchObject({
        changed: true,
        values: { handler: 'ZipArchive' },
      });
      expect(below(real.path('out'))).toEqual(['app/', 'app/-odd name', 'app/bin/', 'app/bin/run']);
      expect(statSync(real.path('out/app/bin/run')).mode & 0o777).toBe(0o755);
      expect(await real.run('unarchive', args)).toMatchObject({ changed: false });
      await expect(real.run('unarchive', { ...args, extra_opts: ['-q', '-d', '/x'] })).rejects.toThrow();
    });
  });
});

describe('what is asked of unarchive', () => {
  const real = realHost();

  it.each<[Args, string]>([
    [{ src: 'a.tar', dest: '/x', remote_src: true, copy: true }, 'is the opposite of remote_src'],
    [{ src: 'https://example.com/a', dest: '/x' }, 'needs remote_src: true'],
    [{ src: new Secret('a.tar'), dest: '/x' }, 'holds a secret'],
    [{ src: 'a.tar', dest: '/x', extra_opts: ['-C', '/y'] }, 'would have it unpacked elsewhere'],
    [{ src: 'a.tar', dest: '/x', extra_opts: '--absolute-names' }, 'would have it unpacked elsewhere'],
    [{ src: 'a.tar', dest: '/x', remote_source: true }, 'remote_source'],
    [{ src: 'a.tar' }, 'dest'],
  ])('%j is refused', async (args, message) => {
    await expect(real.host.check('unarchive', args)).rejects.toThrow(message);
  });
});
