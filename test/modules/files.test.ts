import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/model/secret.js';
import { UnknownValue } from '../../src/model/unknown.js';
import type { CheckedTask, ModuleResult } from '../../src/modules/module.js';
import { MemoryFiles } from '../fakes/memory-files.js';
import { World } from '../fakes/world/world.js';
import { FakeModuleHost } from './fake-module-host.js';

function stage(files: Readonly<Record<string, string | Uint8Array>> = {}, id = 'h1') {
  const world = new World();
  const host = new FakeModuleHost(world, world.addHost(id));
  host.project = new MemoryFiles(files);
  return host;
}

const applied = async (checked: CheckedTask): Promise<ModuleResult> =>
  checked.changes ? checked.apply() : checked.result;

const run = async (host: FakeModuleHost, module: string, args: unknown): Promise<ModuleResult> =>
  applied(await host.check(module, args));

describe('copy', () => {
  it('writes a file, and nothing the second time', async () => {
    const host = stage({ 'files/app.conf': 'port 1\n' });
    const args = { src: 'app.conf', dest: '/etc/app.conf', mode: '0640', owner: 'app' };
    const first = await run(host, 'copy', args);
    expect(first).toMatchObject({
      changed: true,
      message: 'write /etc/app.conf',
      values: { dest: '/etc/app.conf', mode: '0640', owner: 'app', size: 7, state: 'file' },
    });
    expect(first.values['checksum']).toMatch(/^[0-9a-f]{64}$/);
    expect(host.files.text('/etc/app.conf')).toBe('port 1\n');
    const second = await run(host, 'copy', args);
    expect(second).toMatchObject({ changed: false, values: { checksum: first.values['checksum'] } });
    expect(host.files.done).toEqual(['write /etc/app.conf']);
  });

  it('sets attributes without writing the file again', async () => {
    const host = stage();
    host.files.hasFile('/etc/app', 'x', { mode: 0o600 });
    const checked = await host.check('copy', { content: 'x', dest: '/etc/app', mode: '0644', group: 'app' });
    expect(checked).toMatchObject({
      changes: true,
      summary: 'change /etc/app: mode: 0600 → 0644, group: root → app',
    });
    await applied(checked);
    expect(host.files.done).toEqual(['present /etc/app']);
    expect(host.files.entries.get('/etc/app')).toMatchObject({ mode: 0o644, group: 'app', owner: 'root' });
  });

  it('shows the lines that change, and changes nothing in a check', async () => {
    const host = stage();
    host.files.hasFile('/etc/app', 'one\ntwo\nthree\n');
    const checked = await host.check('copy', { content: 'one\n2\nthree\n', dest: '/etc/app' });
    expect(checked).toMatchObject({
      diff: '--- before: /etc/app\n+++ after: /etc/app\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three',
    });
    expect(host.files.done).toEqual([]);
  });

  it.each<[string, Uint8Array | string, RegExp]>([
    ['bytes that are no text', Uint8Array.of(0, 1, 2), /\(3 bytes\)\n.*\(binary, 3 bytes\)/],
    ['more than can be read', 'x\n'.repeat(60_000), /\(120000 bytes, too large to be shown\)/],
  ])('tells only the size of %s', async (_, content, shown) => {
    const host = stage({ 'files/data': content });
    host.files.hasFile('/srv/data', 'old');
    const checked = await host.check('copy', { src: 'data', dest: '/srv/data' });
    expect(checked.changes && checked.diff).toMatch(shown);
  });

  it('shows no line of a file that holds a secret, the old one neither', async () => {
    const host = stage();
    host.files.hasFile('/etc/key', 'the old password');
    const checked = await host.check('copy', { content: new Secret('the new password'), dest: '/etc/key' });
    expect(checked.changes && checked.diff).toBe(
      '/etc/key: holds a secret, so its lines are not shown\n/etc/key mode: 0644 → 0600',
    );
    await applied(checked);
    expect(host.files.text('/etc/key')).toBe('the new password');
  });

  it('goes into a folder under its own name', async () => {
    const host = stage({ 'playbooks/files/sub/app.conf': 'x' });
    expect(await run(host, 'copy', { src: 'sub/app.conf', dest: '/etc' })).toMatchObject({
      values: { dest: '/etc/app.conf' },
    });
    expect(
      await run(host, 'copy', { src: 'sub/app.conf', dest: '/srv/new/', directory_mode: '0750' }),
    ).toMatchObject({
      values: { dest: '/srv/new/app.conf' },
    });
    expect(host.files.entries.get('/srv/new')).toMatchObject({ kind: 'directory', mode: 0o750 });
  });

  it('looks a source up beside the playbook first, then in the project', async () => {
    const all = Object.entries({ 'playbooks/files/a': '1', 'playbooks/a': '2', 'files/a': '3', a: '4' });
    const found: (string | undefined)[] = [];
    for (const gone of [0, 1, 2, 3]) {
      const host = stage(Object.fromEntries(all.slice(gone)));
      await run(host, 'copy', { src: 'a', dest: '/etc/a' });
      found.push(host.files.text('/etc/a'));
    }
    expect(found).toEqual(['1', '2', '3', '4']);
    await expect(stage().check('copy', { src: 'a', dest: '/etc/a' })).rejects.toMatchObject({
      code: 'file.source_missing',
      message: 'There is no "a": playbooks/files/a, playbooks/a, files/a, a do not exist.',
    });
  });

  it('leaves a file that is there alone without force', async () => {
    const host = stage();
    host.files.hasFile('/etc/app', 'theirs', { mode: 0o600 });
    const args = { content: 'ours', dest: '/etc/app', mode: '0644', force: false };
    expect(await run(host, 'copy', args)).toMatchObject({ changed: false });
    expect(host.files.done).toEqual([]);
  });

  it('replaces a link unless told to follow it', async () => {
    const host = stage();
    host.files.hasFile('/srv/real', 'x');
    host.files.has('/etc/link', { kind: 'link', target: '/srv/real' });
    expect(await run(host, 'copy', { content: 'x', dest: '/etc/link', follow: true })).toMatchObject({
      changed: false,
    });
    expect(await run(host, 'copy', { content: 'x', dest: '/etc/link' })).toMatchObject({
      changed: true,
      message: 'replace the link /etc/link',
    });
    expect(host.files.entries.get('/etc/link')).toMatchObject({ kind: 'file' });
  });

  it('keeps the old file, and asks a command first', async () => {
    const host = stage();
    host.files.hasFile('/etc/sudoers', 'old');
    const args = { content: 'new', dest: '/etc/sudoers', backup: true, validate: 'visudo -cf %s' };
    expect(await run(host, 'copy', args)).toMatchObject({ values: { backup_file: '/etc/sudoers.1~' } });
    expect(host.files.done).toEqual(['write /etc/sudoers after visudo -cf %s']);
  });

  it.each([
    ['a folder', '/etc', 'file.is_folder'],
    ['a folder that is not there', '/none/app', 'file.no_folder'],
  ])('refuses %s as the place of a text', async (_, dest, code) => {
    await expect(stage().check('copy', { content: 'x', dest })).rejects.toMatchObject({ code });
  });

  it('takes a folder for made in a dry run, where an earlier task would make it', async () => {
    const host = stage();
    host.checkMode = true;
    expect(await host.check('copy', { content: 'x', dest: '/none/app' })).toMatchObject({ changes: true });
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['a number for its mode', { content: 'x', dest: '/a', mode: 644 }, /octal digits in quotes/],
    ['both src and content', { content: 'x', src: 'y', dest: '/a' }, /either src or content/],
    ['neither', { dest: '/a' }, /either src or content/],
    ['a validate without a place for the file', { content: 'x', dest: '/a', validate: 'true' }, /%s/],
    ['an empty dest', { content: 'x', dest: '' }, /not empty/],
    ['an owner that is two', { content: 'x', dest: '/a', owner: 'a:b' }, /a name or a number/],
  ])('refuses %s', async (_, args, message) => {
    await expect(stage().check('copy', args)).rejects.toThrow(message);
  });

  describe('of a folder', () => {
    const files = {
      'files/site/index.html': 'hello',
      'files/site/css/a.css': 'a',
      'files/site/css/b.css': 'b',
    };
    it.each([
      ['itself', 'site', '/srv/site'],
      ['what is in it, with a slash at the end', 'site/', '/srv'],
    ])('brings %s', async (_, src, root) => {
      const host = stage(files);
      expect(
        await run(host, 'copy', { src, dest: '/srv', mode: '0600', directory_mode: '0700' }),
      ).toMatchObject({
        changed: true,
        values: { dest: root, files: 3 },
      });
      expect(host.files.text(`${root}/css/b.css`)).toBe('b');
      expect(host.files.entries.get(`${root}/css`)).toMatchObject({ kind: 'directory', mode: 0o700 });
      expect(host.files.entries.get(`${root}/index.html`)).toMatchObject({ mode: 0o600 });
      const again = await run(host, 'copy', { src, dest: '/srv', mode: '0600', directory_mode: '0700' });
      expect(again).toMatchObject({ changed: false });
    });

    it('writes only what differs, and leaves what is not in it', async () => {
      const host = stage(files);
      await run(host, 'copy', { src: 'site', dest: '/srv' });
      host.files.done.length = 0;
      host.files.hasFile('/srv/site/css/a.css', 'other');
      host.files.hasFile('/srv/site/more', 'theirs');
      const checked = await host.check('copy', { src: 'site', dest: '/srv' });
      expect(checked).toMatchObject({ summary: 'copy 1 of 3 files to /srv/site' });
      await applied(checked);
      expect(host.files.done).toEqual(['write /srv/site/css/a.css']);
      expect(host.files.text('/srv/site/more')).toBe('theirs');
    });
  });
});

describe('template', () => {
  it('renders with the variables of the host, and escapes nothing', async () => {
    const host = stage({ 'templates/app.conf.hbs': 'greeting = {{ greeting }}\n' });
    host.variables = { greeting: `"it's" <ok>` };
    await run(host, 'template', { src: 'app.conf.hbs', dest: '/etc' });
    expect(host.files.text('/etc/app.conf')).toBe(`greeting = "it's" <ok>\n`);
  });

  it('points at an unknown variable in the template itself', async () => {
    const host = stage({ 'templates/app.conf.hbs': 'first\n  {{ nobody }}\n' });
    await expect(host.check('template', { src: 'app.conf.hbs', dest: '/etc' })).rejects.toMatchObject({
      code: 'expression.unknown_variable',
      at: { file: 'templates/app.conf.hbs', line: 2, column: 6 },
    });
  });

  it('is not known in a dry run where a variable is not', async () => {
    const host = stage({ 'templates/app.hbs': '{{ later }}' });
    host.variables = { later: new UnknownValue('the result of "look"') };
    expect(await host.check('template', { src: 'app.hbs', dest: '/etc' })).toMatchObject({
      changes: false,
      unknown: { because: 'the result of "look"' },
    });
  });

  it('writes a secret and shows none of it', async () => {
    const host = stage({ 'templates/app.hbs': 'password={{ password }}' });
    host.variables = { password: new Secret('hunter22') };
    const checked = await host.check('template', { src: 'app.hbs', dest: '/etc/app' });
    expect(JSON.stringify(checked)).not.toContain('hunter22');
    await applied(checked);
    expect(host.files.text('/etc/app')).toBe('password=hunter22');
  });
});

describe('file', () => {
  it('makes a folder, and nothing the second time', async () => {
    const host = stage();
    const args = { path: '/srv/a/b/', state: 'directory', mode: '0750' };
    expect(await run(host, 'file', args)).toMatchObject({
      changed: true,
      values: { state: 'directory', mode: '0750' },
    });
    expect(await run(host, 'file', args)).toMatchObject({ changed: false });
    expect(host.files.done).toEqual(['directory /srv/a/b', 'directory /srv/a']);
  });

  it('changes the attributes of all that is in a folder, and says how much that is', async () => {
    const host = stage();
    host.files.has('/srv/a', { kind: 'directory', mode: 0o755 });
    host.files.hasFile('/srv/a/one', '1', { mode: 0o644 });
    host.files.hasFile('/srv/a/two', '2', { mode: 0o640 });
    const args = { path: '/srv/a', state: 'directory', mode: 'u=rwX,g=rX,o=', recurse: true };
    expect(await host.check('file', args)).toMatchObject({
      summary: 'change /srv/a: mode: 0755 → 0750, 1 of 2 below it',
    });
    await run(host, 'file', args);
    expect(await run(host, 'file', args)).toMatchObject({ changed: false });
  });

  it('links, links elsewhere, and does nothing to the right link', async () => {
    const host = stage();
    const link = (src: string) => run(host, 'file', { path: '/srv/now', state: 'link', src });
    expect(await link('v1')).toMatchObject({ changed: true, values: { state: 'link', src: 'v1' } });
    expect(await link('v1')).toMatchObject({ changed: false });
    expect(await link('v2')).toMatchObject({ changed: true, values: { src: 'v2' } });
    host.files.hasFile('/srv/file', 'x');
    const args = { path: '/srv/file', state: 'link', src: 'v1' };
    await expect(host.check('file', args)).rejects.toMatchObject({ code: 'file.other_kind' });
    expect(await run(host, 'file', { ...args, force: true })).toMatchObject({ changed: true });
  });

  it('removes, and is done where nothing is', async () => {
    const host = stage();
    host.files.hasFile('/srv/x', '');
    expect(await run(host, 'file', { path: '/srv/x', state: 'absent' })).toMatchObject({
      changed: true,
      values: { state: 'absent' },
    });
    expect(await run(host, 'file', { path: '/srv/x', state: 'absent' })).toMatchObject({ changed: false });
  });

  it('sets attributes of a file that must be there', async () => {
    await expect(stage().check('file', { path: '/srv/x', mode: '0600' })).rejects.toMatchObject({
      code: 'file.not_found',
    });
  });
});

describe('fetch', () => {
  it('brings a file to a folder of the host, and nothing the second time', async () => {
    const host = stage();
    host.files.hasFile('/var/log/app.log', 'hello');
    const args = { src: '/var/log/app.log', dest: 'logs/' };
    expect(await run(host, 'fetch', args)).toMatchObject({
      changed: true,
      values: { dest: 'logs/h1/var/log/app.log', checksum: expect.stringMatching(/^2cf24dba/) as string },
    });
    expect(host.project.written.get('logs/h1/var/log/app.log')?.toString()).toBe('hello');
    expect(await run(host, 'fetch', args)).toMatchObject({ changed: false });
  });

  it.each([
    ['/srv/../../../etc/passwd', 'h1', 'logs/h1/etc/passwd'],
    ['../../x', 'h1', 'logs/h1/x'],
    ['/srv/x', '..', 'logs/_../srv/x'],
    ['/srv/x', '../../etc', 'logs/..%2F..%2Fetc/srv/x'],
    ['/srv/x', 'a/b', 'logs/a%2Fb/srv/x'],
  ])('never leaves dest: %s of the host %s', async (src, id, to) => {
    const host = stage({}, id);
    host.files.hasFile(src, 'x');
    await run(host, 'fetch', { src, dest: 'logs' });
    expect([...host.project.written.keys()]).toEqual([to]);
  });

  it('writes to dest itself when flat', async () => {
    const host = stage();
    host.files.hasFile('/srv/x', 'x');
    await run(host, 'fetch', { src: '/srv/x', dest: 'here', flat: true });
    await run(host, 'fetch', { src: '/srv/x', dest: 'there/', flat: true });
    expect([...host.project.written.keys()]).toEqual(['here', 'there/x']);
  });

  it('fails on what is not there, unless told not to', async () => {
    const host = stage();
    await expect(host.check('fetch', { src: '/srv/x', dest: 'logs' })).rejects.toMatchObject({
      code: 'file.not_found',
    });
    const args = { src: '/srv/x', dest: 'logs', fail_on_missing: false };
    expect(await run(host, 'fetch', args)).toMatchObject({ changed: false });
  });
});

describe('script', () => {
  it('hands the script over, with its interpreter and its arguments', async () => {
    const host = stage({ 'files/job.py': '#!/usr/bin/env python3\nprint(1)\n' });
    await run(host, 'script', { cmd: 'job.py "two words" $HOME', chdir: '/srv' });
    const [ran] = host.transport.commands;
    const argv = ran !== undefined && 'argv' in ran.command ? ran.command.argv : [];
    expect(argv.slice(3)).toEqual([
      'adfpush-script',
      '32',
      '2',
      '/usr/bin/env',
      'python3',
      'two words',
      '$HOME',
    ]);
    expect(Buffer.from(ran?.options.stdin as Uint8Array).toString()).toContain('print(1)');
    expect(ran?.options.cwd).toBe('/srv');
  });

  it('is passed over when what it creates is there', async () => {
    const host = stage({ 'files/job.sh': 'true' });
    expect(await run(host, 'script', { cmd: 'job.sh', creates: '/srv/done' })).toMatchObject({
      skipped: true,
      changed: false,
    });
  });
});
