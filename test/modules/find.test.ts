import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coarseGlob, globPattern } from '../../src/modules/fnmatch.js';
import { hostShells, realHost, type RealHost } from './real-host.js';

type Args = Readonly<Record<string, unknown>>;

const found = async (real: RealHost, args: Args): Promise<readonly string[]> => {
  const { values } = await real.run('find', { paths: real.folder, ...args });
  const files = values['files'] as readonly { readonly path: string }[];
  expect(values['matched']).toBe(files.length);
  return files.map(({ path }) => path.slice(real.folder.length + 1));
};

// bash reads these scripts as dash does.
const twoShells = hostShells.filter(([name]) => name !== 'bash');

describe.each(twoShells)('find with %s', (_, shell) => {
  const real = realHost(shell);

  function tree(): void {
    const file = (name: string, text: string, age = 0): void => {
      writeFileSync(real.path(name), text, { mode: 0o644 });
      const at = Math.floor(Date.now() / 1000) - age;
      utimesSync(real.path(name), at, at);
    };
    mkdirSync(real.path('sub/deep'), { recursive: true });
    mkdirSync(real.path('.git'));
    file('a.log', 'one\nERROR two\n', 8 * 86_400);
    file('b.log', 'x'.repeat(2_000), 60);
    file('.hidden.log', 'ERROR');
    file('notes (1).txt', '', 3_700);
    file('sub/c.log', 'late ERROR\n');
    file('sub/deep/d.log', '');
    file('.git/config', '');
    symlinkSync('sub', real.path('link'));
  }

  it.each<[string, Args, readonly string[]]>([
    ['files of the folder itself', {}, ['a.log', 'b.log', 'notes (1).txt']],
    ['names', { patterns: '*.log' }, ['a.log', 'b.log']],
    ['one of several names', { patterns: '[bc].log, notes*' }, ['b.log', 'notes (1).txt']],
    ['not these', { patterns: ['*'], excludes: '*.log' }, ['notes (1).txt']],
    ['names with a regular expression', { pattern: '[a-c]\\.lo{1,2}', use_regex: true }, ['a.log', 'b.log']],
    ['hidden ones', { pattern: '*.log', hidden: true }, ['.hidden.log', 'a.log', 'b.log']],
    [
      'all below, in hidden folders too, as Ansible does',
      { recurse: true, excludes: '*.txt' },
      ['.git/config', 'a.log', 'b.log', 'sub/c.log', 'sub/deep/d.log'],
    ],
    ['so deep', { recurse: true, depth: 2, patterns: '*.log' }, ['a.log', 'b.log', 'sub/c.log']],
    ['folders', { file_type: 'directory', recurse: true }, ['sub', 'sub/deep']],
    ['links', { file_type: 'link' }, ['link']],
    ['anything', { file_type: 'any', patterns: 's*,l*' }, ['link', 'sub']],
    ['what is behind links', { follow: true, recurse: true, patterns: 'c.*' }, ['link/c.log', 'sub/c.log']],
    ['old ones', { age: '1w' }, ['a.log']],
    ['young ones', { age: '-1h' }, ['b.log']],
    ['large ones', { size: '1k' }, ['b.log']],
    ['small ones', { size: '-100b', patterns: '*.log' }, ['a.log']],
    ['those with a line', { contains: 'ERROR', recurse: true, hidden: true }, ['.hidden.log', 'a.log']],
    ['those with a text', { contains: 'E.*O', read_whole_file: true, recurse: true }, ['a.log', 'sub/c.log']],
    ['the first', { limit: 1 }, ['a.log']],
  ])('finds %s', async (__, args, names) => {
    tree();
    expect(await found(real, args)).toEqual(names);
  });

  it('tells of each file what stat tells', async () => {
    const path = real.path("-it's\na\\ file");
    writeFileSync(path, 'abc', { mode: 0o600 });
    const { values } = await real.run('find', {
      paths: real.folder,
      get_checksum: true,
      checksum_algorithm: 'sha256',
    });
    expect(values).toMatchObject({
      ...{ matched: 1, examined: 1, skipped_paths: {}, msg: 'All paths examined' },
      files: [
        {
          ...{ path, mode: '0600', isreg: true, isdir: false, size: 3, pw_name: userInfo().username },
          checksum: createHash('sha256').update('abc').digest('hex'),
        },
      ],
    });
  });

  it('goes by the mode, the very one or any bit of it', async () => {
    for (const [name, mode] of [
      ['open', 0o666],
      ['shut', 0o600],
    ] as const) {
      writeFileSync(real.path(name), '');
      chmodSync(real.path(name), mode);
    }
    expect(await found(real, { mode: '0600' })).toEqual(['shut']);
    expect(await found(real, { mode: 'o=w', exact_mode: false })).toEqual(['open']);
  });

  it('tells which paths it could not look at, and looks at the others', async () => {
    writeFileSync(real.path('file'), '');
    const paths = [real.path('none'), real.path('file'), real.folder];
    const { values } = await real.run('find', { paths });
    expect(values).toMatchObject({
      matched: 1,
      skipped_paths: { [paths[0]!]: 'no such file or directory', [paths[1]!]: 'not a directory' },
      msg: 'Not all paths examined, check warnings for details',
    });
    expect(real.host.warned).toHaveLength(2);
  });

  it('counts what it did not tell of', async () => {
    tree();
    const { values } = await real.run('find', { paths: real.folder, recurse: true, patterns: 'a.*' });
    expect(values).toMatchObject({ matched: 1, examined: 11 });
  });

  it('finds nothing in no file', async () => {
    expect(await found(real, { contains: 'x', get_checksum: true })).toEqual([]);
  });
});

describe('what is asked of find', () => {
  const real = realHost();

  it.each<[Args, string]>([
    [{}, 'is missing'],
    [{ paths: '/a', path: '/b' }, 'is the same as paths'],
    [{ paths: '/a', patterns: '(', use_regex: true }, 'cannot be read'],
    [{ paths: '/a', age: 'soon' }, 'must be a number with one of s, m, h, d, w'],
    [{ paths: '/a', contains: 'x', file_type: 'any' }, 'is for file_type: file'],
    [{ paths: '/a', depth: 2 }, 'goes with recurse'],
    [{ paths: ['/a', ''] }, 'must be text, and not empty'],
    [{ paths: '/a', patern: '*' }, 'patern'],
  ])('%j is refused', async (args, message) => {
    await expect(real.host.check('find', args)).rejects.toThrow(message);
  });
});

describe('a pattern of names', () => {
  it.each([
    ['*.log', ['a.log', '.log', 'a/b.log', 'a\n.log'], ['a.logs', 'log']],
    ['a?c', ['abc', 'a.c'], ['ac', 'abbc']],
    ['[!a-c]x', ['dx', '-x'], ['ax', 'x']],
    ['[]^]', [']', '^'], ['a']],
    ['[a', ['[a'], ['a']],
    ['a.(b)+$', ['a.(b)+$'], ['axb']],
    ['é?', ['éa', 'é😀'], ['é']],
    ['[]', ['[]'], ['']],
  ])('%s', (glob, fit, unfit) => {
    const matches = (name: string): boolean => globPattern(glob).firstIn([name])[0] !== undefined;
    expect(fit.filter((name) => !matches(name))).toEqual([]);
    expect(unfit.filter((name) => matches(name))).toEqual([]);
  });

  it('is never narrower on the host', () => {
    const signs = fc.constantFrom('a', 'b', '.', '*', '?', '[', ']', '!', '-', '\\', 'é', ' ', '^');
    fc.assert(
      fc.property(fc.array(signs, { maxLength: 8 }), fc.array(signs, { maxLength: 6 }), (glob, name) => {
        const text = name.join('');
        const coarse = coarseGlob(glob.join('')).replace(/[^]/gu, (one) =>
          one === '*' ? '[^]*' : `\\u{${one.codePointAt(0)!.toString(16)}}`,
        );
        let matches;
        try {
          matches = globPattern(glob.join('')).firstIn([text])[0] !== undefined;
        } catch {
          return;
        }
        if (matches) expect(text).toMatch(new RegExp(`^${coarse}$`, 'u'));
      }),
      { numRuns: 500 },
    );
  });
});
