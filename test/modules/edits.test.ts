import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/model/secret.js';
import type { ModuleResult } from '../../src/modules/module.js';
import { World } from '../fakes/world/world.js';
import { MemoryFilesOfHost } from '../fakes/memory-host-files.js';
import { FakeModuleHost } from './fake-module-host.js';

type Args = Readonly<Record<string, unknown>>;

function stage(text?: string | Buffer): FakeModuleHost {
  const world = new World();
  const host = new FakeModuleHost(world, world.addHost('h1'));
  if (text !== undefined) host.files.has('/etc/f', { bytes: Buffer.from(text) });
  return host;
}

async function run(host: FakeModuleHost, module: string, args: Args): Promise<ModuleResult> {
  const checked = await host.check(module, { path: '/etc/f', ...args });
  return checked.changes ? checked.apply() : checked.result;
}

/** The text after the first run; the second must not change it. */
async function edited(module: string, text: string, args: Args): Promise<string | undefined> {
  const host = stage(text);
  const { changed } = await run(host, module, args);
  const after = host.files.text('/etc/f');
  expect(changed).toBe(after !== text);
  expect(await run(host, module, args)).toMatchObject({ changed: false });
  return after;
}

describe('lineinfile', () => {
  it.each<[what: string, text: string, args: Args, after: string]>([
    ['adds at the end', 'a\n', { line: 'b' }, 'a\nb\n'],
    ['ends the last line first', 'a', { line: 'b' }, 'a\nb\n'],
    ['adds to an empty file', '', { line: 'b' }, 'b\n'],
    ['finds the very line', 'b\na\n', { line: 'b' }, 'b\na\n'],
    ['replaces the last line that matches', 'x=1\nx=2\n', { regexp: '^x=', line: 'x=3' }, 'x=1\nx=3\n'],
    ['or the first', 'x=1\nx=2\n', { regexp: '^x=', line: 'x=3', firstmatch: true }, 'x=3\nx=2\n'],
    ['ends the line that it replaces', 'x=1', { regexp: '^x=', line: 'x=3' }, 'x=3\n'],
    ['adds where nothing matches', 'a\n', { regexp: '^x=', line: 'x=3' }, 'a\nx=3\n'],
    ['knows text as it is', 'a.c\nabc\n', { search_string: 'a.c', line: 'a.c d' }, 'a.c d\nabc\n'],
    ['adds after', 'a\na\nb\n', { line: 'x', insertafter: '^a$' }, 'a\na\nx\nb\n'],
    ['adds after the first', 'a\na\nb\n', { line: 'x', insertafter: '^a', firstmatch: true }, 'a\nx\na\nb\n'],
    ['adds after the last line, which has no end', 'a\nb', { line: 'x', insertafter: '^b' }, 'a\nb\nx\n'],
    ['adds before', 'a\nb\nb\n', { line: 'x', insertbefore: '^b' }, 'a\nb\nx\nb\n'],
    ['adds at the beginning', 'a\n', { line: 'x', insertbefore: 'BOF' }, 'x\na\n'],
    ['adds at the end where the place is not found', 'a\n', { line: 'x', insertbefore: '^q' }, 'a\nx\n'],
    ['prefers regexp to a place', 'x=1\na\n', { regexp: '^x=', line: 'x=2', insertafter: '^a' }, 'x=2\na\n'],
    [
      'takes groups over',
      'port 80 tcp\n',
      { regexp: '^port (\\d+) (?P<how>.*)$', line: '\\g<how> \\1', backrefs: true },
      'tcp 80\n',
    ],
    [
      'does nothing with groups where nothing matches',
      'a\n',
      { regexp: '^x(.*)', line: '\\1', backrefs: true },
      'a\n',
    ],
    ['leaves backslashes alone', 'a\n', { regexp: '^a', line: 'C:\\1\\new' }, 'C:\\1\\new\n'],
    ['looks around', '#x=1\nx=2\n', { regexp: '^(?!#)x=', line: 'x=3' }, '#x=1\nx=3\n'],
    ['matches the end of a line', 'key\nkeyhole\n', { regexp: '^key\\s', line: 'key 1' }, 'key 1\nkeyhole\n'],
    ['does not take an end for an empty line', 'a\n', { regexp: '^$', line: 'b' }, 'a\nb\n'],
    ['keeps CRLF', 'a\r\nx=1\r\n', { regexp: '^x=', line: 'x=2' }, 'a\r\nx=2\r\n'],
    ['ends new lines as the file does', 'a\r\n', { line: 'b' }, 'a\r\nb\r\n'],
    ['removes all that match', 'a\nb\na\n', { regexp: '^a', state: 'absent' }, 'b\n'],
    ['removes the very line', 'a\nab\na', { line: 'a', state: 'absent' }, 'ab\n'],
    ['removes what holds a text', 'a.b\nacb\n', { search_string: '.', state: 'absent' }, 'acb\n'],
  ])('%s', async (_, text, args, after) => {
    // What groups made does not match any more: no second run is meant.
    if (args['backrefs'] === true && text !== after) {
      const host = stage(text);
      await run(host, 'lineinfile', args);
      expect(host.files.text('/etc/f')).toBe(after);
    } else expect(await edited('lineinfile', text, args)).toBe(after);
  });

  it('keeps all other lines, whatever the file and the line', async () => {
    const line = fc.string({
      unit: fc.constantFrom('a', 'b', '#', ' ', '=', '\\', 'é'),
      minLength: 1,
      maxLength: 4,
    });
    const texts = fc
      .tuple(fc.array(line, { maxLength: 5 }), fc.constantFrom('', '\n'))
      .map(([lines, end]) => lines.join('\n') + end);
    const place = fc.constantFrom<Args>(
      {},
      { insertafter: 'a' },
      { insertbefore: 'b' },
      { insertbefore: 'BOF' },
    );
    await fc.assert(
      fc.asyncProperty(texts, line, place, async (text, wanted, where) => {
        const after = (await edited('lineinfile', text, { line: wanted, ...where })) ?? '';
        const before = text.split('\n').filter((one) => one !== '');
        const now = after.split('\n').filter((one) => one !== '');
        expect(now).toContain(wanted);
        if (before.includes(wanted)) expect(now).toEqual(before);
        else expect(now.filter((one) => one !== wanted)).toEqual(before);
      }),
      { numRuns: 200 },
    );
  });

  it('tells what it did in the words of Ansible', async () => {
    const host = stage('a\na\n');
    expect((await run(host, 'lineinfile', { line: 'b' })).values).toMatchObject({
      msg: 'line added',
      path: '/etc/f',
    });
    expect((await run(host, 'lineinfile', { line: 'c', regexp: 'b' })).values).toMatchObject({
      msg: 'line replaced',
    });
    expect((await run(host, 'lineinfile', { regexp: 'a', state: 'absent' })).values).toMatchObject({
      ...{ msg: '2 line(s) removed', found: 2 },
    });
    expect(host.files.text('/etc/f')).toBe('c\n');
  });

  it('shows what would change, and writes nothing in a check', async () => {
    const host = stage('a\nx=1\n');
    const checked = await host.check('lineinfile', {
      path: '/etc/f',
      regexp: '^x',
      line: 'x=2',
      mode: '0600',
    });
    expect(checked).toMatchObject({
      summary: 'change /etc/f: line replaced',
      diff: '--- before: /etc/f\n+++ after: /etc/f\n@@ -1,2 +1,2 @@\n a\n-x=1\n+x=2\n/etc/f mode: 0644 → 0600',
    });
    expect(host.files.done).toEqual([]);
  });

  it('sets attributes of a file that has the line', async () => {
    const host = stage('a\n');
    await run(host, 'lineinfile', { line: 'a', mode: '0600', owner: 'app' });
    expect(host.files.done).toEqual(['present /etc/f']);
    expect(host.files.entries.get('/etc/f')).toMatchObject({ mode: 0o600, owner: 'app' });
  });

  it('shows no line of a file that gets a secret', async () => {
    const host = stage('password=former\n');
    const args = { path: '/etc/f', regexp: '^password=', line: new Secret('password=s3cret!') };
    const checked = await host.check('lineinfile', args);
    expect(JSON.stringify(checked)).not.toMatch(/s3cret|former/);
    if (checked.changes) await checked.apply();
    expect(host.files.text('/etc/f')).toBe('password=s3cret!\n');
  });

  it('keeps every other byte of a file that is no UTF-8', async () => {
    const host = stage(Buffer.from([0x61, 0xff, 0x0a, 0x00, 0x0a]));
    await run(host, 'lineinfile', { line: 'é' });
    await run(host, 'lineinfile', { line: 'é' });
    expect(host.files.entries.get('/etc/f')?.bytes).toEqual(
      Buffer.from([0x61, 0xff, 0x0a, 0x00, 0x0a, 0xc3, 0xa9, 0x0a]),
    );
  });

  it('follows a link', async () => {
    const host = stage('a\n');
    host.files.has('/etc/link', { kind: 'link', target: '/etc/f' });
    await run(host, 'lineinfile', { path: '/etc/link', line: 'b', backup: true });
    expect(host.files.text('/etc/f')).toBe('a\nb\n');
    expect(host.files.text('/etc/f.1~')).toBe('a\n');
  });

  it('makes a file where it may, and says so where it may not', async () => {
    const host = stage();
    await expect(run(host, 'lineinfile', { line: 'a' })).rejects.toMatchObject({
      ...{ code: 'file.not_found', hint: expect.stringContaining('create: true') as string },
    });
    expect(await run(host, 'lineinfile', { line: 'a', state: 'absent' })).toMatchObject({ changed: false });
    await run(host, 'lineinfile', { line: 'a', create: true, mode: '0600' });
    expect(host.files.entries.get('/etc/f')).toMatchObject({ mode: 0o600 });
    expect(host.files.text('/etc/f')).toBe('a\n');
  });

  it('takes a file that is not there in a dry run for one that an earlier task makes', async () => {
    const host = stage();
    host.checkMode = true;
    expect(await host.check('lineinfile', { path: '/etc/f', line: 'a' })).toMatchObject({ changes: true });
  });

  it('edits anew what somebody else wrote meanwhile', async () => {
    const host = stage('a\n');
    const checked = await host.check('lineinfile', { path: '/etc/f', line: 'b' });
    host.files.hasFile('/etc/f', 'a\nc\n');
    if (checked.changes) await checked.apply();
    expect(host.files.text('/etc/f')).toBe('a\nc\nb\n');
  });

  it('gives up on a file that somebody else writes to all the time', async () => {
    const host = stage('a\n');
    let times = 1;
    host.files.read = async (...args) => {
      const bytes = await MemoryFilesOfHost.prototype.read.apply(host.files, args);
      host.files.hasFile('/etc/f', 'a\n'.repeat((times += 1)));
      return bytes;
    };
    await expect(run(host, 'lineinfile', { line: 'b' })).rejects.toMatchObject({ code: 'file.overtaken' });
  });

  it.each<[Args, string]>([
    [{ line: 'a', dest: '/etc/g' }, 'path'],
    [{ state: 'present' }, 'line'],
    [{ state: 'absent' }, 'state'],
    [{ line: 'a', regexp: '(' }, 'regexp'],
    [{ line: 'a', regexp: 'a', search_string: 'a' }, 'search_string'],
    [{ line: '\\2', regexp: '(a)', backrefs: true }, 'line'],
    [{ line: 'a', backrefs: true }, 'backrefs'],
    [{ line: 'a', insertafter: 'a', insertbefore: 'b' }, 'insertbefore'],
    [{ line: 'a', insertafter: '[' }, 'insertafter'],
    [{ line: 'a', validate: 'true' }, 'validate'],
  ])('refuses %j for its %s', async (args, path) => {
    await expect(stage('').check('lineinfile', { path: '/etc/f', ...args })).rejects.toMatchObject({
      issues: [expect.objectContaining({ path: [path] })],
    });
  });
});

describe('blockinfile', () => {
  const block = (text: string, mark = 'ANSIBLE MANAGED BLOCK'): string =>
    `# BEGIN ${mark}\n${text}# END ${mark}\n`;

  it.each<[what: string, text: string, args: Args, after: string]>([
    ['adds at the end', 'one\ntwo', { block: 'a1\na2\n' }, `one\ntwo\n${block('a1\na2\n')}`],
    ['adds before', 'one\ntwo\n', { block: 'b', insertbefore: '^two' }, `one\n${block('b\n')}two\n`],
    ['adds after', 'one\ntwo\n', { block: 'b', insertafter: '^one' }, `one\n${block('b\n')}two\n`],
    ['adds at the beginning', 'one\n', { block: 'b', insertbefore: 'BOF' }, `${block('b\n')}one\n`],
    [
      'adds after what spans lines',
      'a\nb\nc\n',
      { block: 'x', insertafter: '(?m)^a$\\n^b$' },
      `a\nb\n${block('x\n')}c\n`,
    ],
    [
      'replaces where the markers are',
      `x\n${block('old\n')}y\n`,
      { block: 'new', insertbefore: 'BOF' },
      `x\n${block('new\n')}y\n`,
    ],
    [
      'knows markers without a last end',
      `x\n${block('old\n').trimEnd()}`,
      { block: 'new' },
      `x\n${block('new\n')}`,
    ],
    ['removes', `x\n${block('old\n')}y\n`, { state: 'absent', block: 'any' }, 'x\ny\n'],
    ['removes by an empty block', `x\n${block('old\n')}`, {}, 'x\n'],
    [
      'leaves other blocks',
      block('x\n', 'a'),
      { block: 'y', marker: '# {mark} b' },
      block('x\n', 'a') + block('y\n', 'b'),
    ],
    [
      'marks as it is told',
      'x\n',
      { block: 'y', marker: '<!-- {mark} -->', marker_begin: 'from', marker_end: 'to' },
      'x\n<!-- from -->\ny\n<!-- to -->\n',
    ],
    [
      'parts it by empty lines',
      'a\nb\n',
      { block: 'x', insertafter: '^a', prepend_newline: true, append_newline: true },
      `a\n\n${block('x\n')}\nb\n`,
    ],
    [
      'needs no empty line at the ends',
      '',
      { block: 'x', prepend_newline: true, append_newline: true },
      block('x\n'),
    ],
    ['keeps CRLF', 'a\r\n', { block: 'x\ny' }, `a\r\n${block('x\ny\n').replaceAll('\n', '\r\n')}`],
  ])('%s', async (_, text, args, after) => {
    expect(await edited('blockinfile', text, args)).toBe(after);
  });

  it('leaves a file as it was, once what was put in is removed', async () => {
    const line = fc.string({ unit: fc.constantFrom('a', '#', ' ', 'é'), maxLength: 3 });
    const lines = fc.array(line, { maxLength: 4 }).map((all) => all.map((one) => `${one}\n`).join(''));
    await fc.assert(
      fc.asyncProperty(
        lines,
        lines,
        fc.constantFrom<Args>({}, { insertafter: '#' }, { insertbefore: 'BOF' }),
        async (text, put, where) => {
          const host = stage(text);
          await run(host, 'blockinfile', { block: put, ...where });
          await run(host, 'blockinfile', { state: 'absent' });
          expect(host.files.text('/etc/f')).toBe(text);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('makes a file', async () => {
    const host = stage();
    expect(await run(host, 'blockinfile', { state: 'absent' })).toMatchObject({ changed: false });
    await run(host, 'blockinfile', { block: 'made', create: true, mode: '0640' });
    expect(host.files.text('/etc/f')).toBe(block('made\n'));
  });

  it.each<[Args, string]>([
    [{ block: 'a', marker: '# here' }, 'marker'],
    [{ block: 'a', marker_begin: 'END' }, 'marker_end'],
  ])('refuses %j for its %s', async (args, path) => {
    await expect(stage('').check('blockinfile', { path: '/etc/f', ...args })).rejects.toMatchObject({
      issues: [expect.objectContaining({ path: [path] })],
    });
  });
});

describe('replace', () => {
  it.each<[what: string, text: string, args: Args, after: string]>([
    ['replaces every match', 'a b a\na\n', { regexp: 'a', replace: 'x' }, 'x b x\nx\n'],
    ['removes', 'a b\n', { regexp: 'a ' }, 'b\n'],
    ['knows the lines', 'ab\nb\n', { regexp: '^b$', replace: 'x' }, 'ab\nx\n'],
    ['spans lines', 'a\nb\n', { regexp: 'a\\nb', replace: 'x' }, 'x\n'],
    ['takes groups over', 'k=1\n', { regexp: '(?P<k>\\w)=(\\d)$', replace: '\\g<k>: \\2' }, 'k: 1\n'],
    ['looks after', 'a\n[x]\na\na\n', { regexp: 'a', replace: 'b', after: '\\[x\\]' }, 'a\n[x]\nb\nb\n'],
    ['looks before', 'a\n[x]\na\n', { regexp: 'a', replace: 'b', before: '\\[x\\]' }, 'b\n[x]\na\n'],
    [
      'looks between',
      'a\n[x]\na\n[y]\na\n',
      { regexp: 'a', replace: 'b', after: '\\[x\\]', before: '\\[y\\]' },
      'a\n[x]\nb\n[y]\na\n',
    ],
    [
      'leaves a file alone where that part is not there',
      'a\n',
      { regexp: 'a', replace: 'b', after: 'q' },
      'a\n',
    ],
  ])('%s', async (_, text, args, after) => {
    expect(await edited('replace', text, args)).toBe(after);
  });

  it('counts', async () => {
    const { values } = await run(stage('a a'), 'replace', { regexp: 'a', replace: 'b' });
    expect(values).toMatchObject({ msg: '2 replacements made' });
  });
});
