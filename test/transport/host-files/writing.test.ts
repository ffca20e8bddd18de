import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { FileContent, HostFiles } from '../../../src/ports/host-files.js';
import { TransportFiles } from '../../../src/transport/host-files/transport-files.js';
import { temporaryFolder } from '../../stages/temporary-folder.js';
import { shells, thisMachine } from '../../stages/host-shells.js';

const base = temporaryFolder('files');

const contentOf = (bytes: Uint8Array | string): FileContent => {
  const content = Buffer.from(bytes);
  return {
    open: () => content,
    size: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
  };
};
const modeOf = (path: string): number => statSync(path).mode & 0o7777;

describe.each(shells(base))('files of a host whose sh is %s', (_, shell) => {
  let folder: string;
  let files: HostFiles;
  beforeEach(() => {
    folder = temporaryFolder('host', base);
    files = new TransportFiles(shell()).on(thisMachine, { become: false });
  });
  const path = (name: string): string => join(folder, name);

  describe('write', () => {
    it('puts a new file in place, with the mode of the umask', async () => {
      await files.write(path('new'), contentOf('hello\n'));
      expect(readFileSync(path('new'), 'utf8')).toBe('hello\n');
      writeFileSync(path('like'), '');
      expect(modeOf(path('new'))).toBe(modeOf(path('like')));
      rmSync(path('like'));
      expect(readdirSync(folder)).toEqual(['new']);
    });

    it('keeps mode, owner and group of the file that it replaces, unless told others', async () => {
      writeFileSync(path('old'), 'old');
      chmodSync(path('old'), 0o4750);
      const asRoot = process.getuid?.() === 0;
      if (asRoot) chownSync(path('old'), 1, 2);
      if (asRoot) chmodSync(path('old'), 0o4750);
      await files.write(path('old'), contentOf('new'));
      expect(modeOf(path('old'))).toBe(0o4750);
      if (!asRoot) return;
      expect(statSync(path('old'))).toMatchObject({ uid: 1, gid: 2 });
      await files.write(path('old'), contentOf('newer'), { mode: 0o600, owner: 'root' });
      expect(statSync(path('old'))).toMatchObject({ uid: 0, gid: 2 });
      expect(modeOf(path('old'))).toBe(0o600);
    });

    it('leaves hard links to the old file as they are', async () => {
      writeFileSync(path('old'), 'old');
      linkSync(path('old'), path('other'));
      await files.write(path('old'), contentOf('new'));
      expect(readFileSync(path('other'), 'utf8')).toBe('old');
    });

    it('replaces a link, and what it leads to only when told to follow', async () => {
      writeFileSync(path('real'), 'old');
      symlinkSync('real', path('link'));
      await files.write(path('link'), contentOf('followed'), { follow: true });
      expect(readFileSync(path('real'), 'utf8')).toBe('followed');
      expect(readlinkSync(path('link'))).toBe('real');
      await files.write(path('link'), contentOf('replaced'));
      expect(readFileSync(path('real'), 'utf8')).toBe('followed');
      expect(lstatSync(path('link')).isFile()).toBe(true);
      expect(readdirSync(folder).sort()).toEqual(['link', 'real']);
    });

    it('keeps the old file aside when asked to', async () => {
      writeFileSync(path('old'), 'old');
      const { backup = '' } = await files.write(path('old'), contentOf('new'), { backup: true });
      expect(backup).toMatch(/\/old\.\d+\.\d{4}-\d\d-\d\d@[\d:]{8}~$/);
      expect(readFileSync(backup, 'utf8')).toBe('old');
      expect(readFileSync(path('old'), 'utf8')).toBe('new');
    });

    it('asks a command about the new file first', async () => {
      writeFileSync(path('old'), 'old');
      const validate = ['sh', '-c', 'grep -q "$1" "$0" || { echo no good; exit 1; }', '%s', 'it is'];
      await expect(files.write(path('old'), contentOf('bad'), { validate })).rejects.toMatchObject({
        code: 'file.not_valid',
        message: expect.stringContaining('no good') as string,
      });
      expect(readFileSync(path('old'), 'utf8')).toBe('old');
      await files.write(path('old'), contentOf("what it is: 'fine'"), { validate });
      expect(readdirSync(folder)).toEqual(['old']);
      expect(readFileSync(path('old'), 'utf8')).toBe("what it is: 'fine'");
    });

    it.each([
      'a b',
      "a'b",
      'a"b',
      '-rf',
      '$(touch here)',
      'new\nline',
      'trailing\n',
      '*',
      '[a]',
      'ö',
      '~',
      ' ',
      'x'.repeat(255),
    ])('writes, looks at, reads and removes a file named %j', async (name) => {
      const whole = path(name);
      const bytes = Buffer.from([0, 255, 10, 13, 39, 34, 128]);
      await files.write(whole, contentOf(bytes), { mode: 0o640 });
      expect(readFileSync(whole)).toEqual(bytes);
      const [look] = await files.look([{ path: whole }]);
      expect(look).toMatchObject({
        path: whole,
        inFolder: true,
        litter: false,
        stat: {
          kind: 'file',
          mode: 0o640,
          size: 7,
          uid: process.getuid?.(),
          sha256: contentOf(bytes).sha256,
        },
      });
      expect(await files.read(whole, 7)).toEqual(bytes);
      expect(await files.read(whole, 6)).toBeUndefined();
      const taken: Uint8Array[] = [];
      await files.fetch(whole, async (chunk) => void taken.push(chunk));
      expect(Buffer.concat(taken)).toEqual(bytes);
      await files.shape(whole, { kind: 'absent' });
      expect(readdirSync(folder)).toEqual([]);
    });

    it.each<[string, string, () => void]>([
      ['file.no_folder', 'gone/file', () => undefined],
      ['file.is_folder', 'folder', () => mkdirSync(path('folder'))],
    ])('tells %s of %s, and leaves nothing behind', async (code, name, prepare) => {
      prepare();
      const before = readdirSync(folder);
      await expect(files.write(path(name), contentOf('x'))).rejects.toMatchObject({ code });
      expect(readdirSync(folder)).toEqual(before);
    });

    it('tells of an owner that is not there, and leaves nothing behind', async () => {
      const owner = 'nobody-of-this-name';
      await expect(files.write(path('new'), contentOf('x'), { owner })).rejects.toMatchObject({
        code: 'file.owner',
      });
      expect(readdirSync(folder)).toEqual([]);
    });

    it('refuses what arrives otherwise than it was sent', async () => {
      writeFileSync(path('old'), 'old');
      const content = { ...contentOf('what was promised'), open: () => Buffer.from('what came') };
      await expect(files.write(path('old'), content)).rejects.toMatchObject({ code: 'file.corrupted' });
      expect(readFileSync(path('old'), 'utf8')).toBe('old');
      expect(readdirSync(folder)).toEqual(['old']);
    });
  });

  describe('look', () => {
    it('tells of links, folders and what is not there', async () => {
      symlinkSync(Buffer.from([0x61, 0xff]), path('odd'));
      symlinkSync('two words', path('link'));
      mkdirSync(path('folder'), { mode: 0o750 });
      const looks = await files.look([
        { path: path('odd') },
        { path: path('link') },
        { path: path('folder') },
        { path: path('folder'), into: 'in it' },
        { path: `${path('folder')}/`, into: 'x' },
        { path: path('none') },
        { path: path('none/at/all') },
        { path: path('link'), follow: true },
      ]);
      expect(
        looks.map(({ path: where, stat, inFolder }) => [where, stat?.kind, stat?.target, inFolder]),
      ).toEqual([
        [path('odd'), 'link', 'a\ufffd', true],
        [path('link'), 'link', 'two words', true],
        [path('folder'), 'directory', undefined, true],
        [path('folder/in it'), undefined, undefined, true],
        [path('folder/x'), undefined, undefined, true],
        [path('none'), undefined, undefined, true],
        [path('none/at/all'), undefined, undefined, false],
        [path('link'), undefined, undefined, true],
      ]);
    });
  });

  describe('shape', () => {
    it('makes folders with those above, and gives each the mode', async () => {
      await files.shape(path('a/b'), { kind: 'directory' }, { mode: 0o2750 });
      expect([modeOf(path('a')), modeOf(path('a/b'))]).toEqual([0o2750, 0o2750]);
      await files.shape(path('a'), { kind: 'directory' }, { mode: 0o700 });
      expect([modeOf(path('a')), modeOf(path('a/b'))]).toEqual([0o700, 0o2750]);
      await files.shape(path('a'), { kind: 'directory' }, { mode: 'u=rwX,g=,o=', recurse: true });
      expect(modeOf(path('a/b')) & 0o777).toBe(0o700);
    });

    it('puts a link in place of another in one step, and of a file only by force', async () => {
      await files.shape(path('link'), { kind: 'link', target: '-some where' });
      expect(readlinkSync(path('link'))).toBe('-some where');
      mkdirSync(path('folder'));
      await files.shape(path('link'), { kind: 'link', target: 'folder' });
      await files.shape(path('link'), { kind: 'link', target: 'elsewhere' });
      expect(readlinkSync(path('link'))).toBe('elsewhere');
      expect(readdirSync(path('folder'))).toEqual([]);
      writeFileSync(path('file'), 'x');
      await expect(files.shape(path('file'), { kind: 'link', target: 'a' })).rejects.toMatchObject({
        code: 'file.other_kind',
      });
      await files.shape(path('file'), { kind: 'link', target: 'a', force: true });
      expect(readlinkSync(path('file'))).toBe('a');
      await expect(
        files.shape(path('folder'), { kind: 'link', target: 'a', force: true }),
      ).rejects.toMatchObject({ code: 'file.other_kind' });
    });

    it('removes a tree, and of a link only the link', async () => {
      mkdirSync(path('tree/deep'), { recursive: true });
      writeFileSync(path('tree/deep/file'), 'x');
      symlinkSync('tree', path('link'));
      await files.shape(path('link'), { kind: 'absent' });
      expect(existsSync(path('tree/deep/file'))).toBe(true);
      await files.shape(path('tree'), { kind: 'absent' });
      expect(readdirSync(folder)).toEqual([]);
    });
  });
});
