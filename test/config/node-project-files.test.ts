import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { NodeProjectFiles } from '../../src/config/node-project-files.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe("a project's files", () => {
  let folder: string;
  let files: NodeProjectFiles;
  beforeEach(() => {
    folder = temporaryFolder('project');
    files = new NodeProjectFiles(folder);
  });

  it('are seen as what they are, or as what a link leads to', async () => {
    writeFileSync(join(folder, 'a'), 'hello', { mode: 0o640 });
    mkdirSync(join(folder, 'b'));
    symlinkSync('a', join(folder, 'link'));
    symlinkSync('nowhere', join(folder, 'broken'));
    expect(await files.stat('a')).toEqual({ kind: 'file', size: 5, mode: 0o640 });
    expect(await files.stat('link')).toEqual({ kind: 'file', size: 5, mode: 0o640 });
    expect(await files.stat('b')).toMatchObject({ kind: 'directory' });
    expect([await files.stat('broken'), await files.stat('a/b'), await files.stat('none')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('are text in UTF-8, byte for byte; where one is not, its place is told', async () => {
    writeFileSync(join(folder, 'utf8'), '\ufeffA=Müller \ufffd €\r\n');
    expect(await files.read('utf8')).toBe('\ufeffA=Müller \ufffd €\r\n');

    const text = 'A=\u00fc\n# \ufffd\nB=Zo\u00eb \ufffd M';
    writeFileSync(join(folder, 'mixed'), Buffer.concat([Buffer.from(text), Buffer.from('üller', 'latin1')]));
    await expect(files.read('mixed')).rejects.toMatchObject({
      code: 'config.not_utf8',
      class: 'invalid',
      at: { file: 'mixed', line: 3, column: 10 },
    });
  });

  it.each(['utf16le', 'utf-16le with its mark', 'utf-16be with its mark'])(
    'are named for what they are in %s',
    async (encoding) => {
      const bytes = Buffer.from(`${encoding.includes('mark') ? '\ufeff' : ''}a: ü\n`, 'utf16le');
      writeFileSync(join(folder, 'a'), encoding.includes('be') ? bytes.swap16() : bytes);
      await expect(files.read('a')).rejects.toMatchObject({
        code: 'config.not_utf8',
        message: 'a is UTF-16, not UTF-8.',
        at: { file: 'a', line: 1, column: 1 },
        hint: expect.stringContaining('iconv -f UTF-16') as string,
      });
    },
  );

  it('that are something else, or lead nowhere, are said to be what they are', async () => {
    mkdirSync(join(folder, 'a'));
    symlinkSync('loop', join(folder, 'loop'));
    await expect(files.read('a')).rejects.toMatchObject({
      message: 'Cannot read a: it is a directory; only regular files are read.',
      hint: 'Put a regular file in its place.',
    });
    for (const look of [files.read('loop'), files.list('loop'), files.stat('loop')]) {
      await expect(look).rejects.toMatchObject({
        code: 'config.unreadable_file',
        message: 'Cannot read loop: it is a symbolic link that leads back to itself.',
        hint: 'Let it lead to a file.',
      });
    }
  });

  it('have another sum as soon as they change', async () => {
    writeFileSync(join(folder, 'a'), 'one');
    expect(await files.digest('a')).toEqual({ size: 3, sha256: sha256('one') });
    writeFileSync(join(folder, 'a'), 'three');
    expect(await files.digest('a')).toEqual({ size: 5, sha256: sha256('three') });
    await expect(files.digest('none')).rejects.toMatchObject({ code: 'config.unreadable_file' });
  });

  it('are made with the folders above them, and seen only when they are whole', async () => {
    const made = await files.create('x/y/z');
    await made.write(Buffer.from('one '));
    await made.write(Buffer.from('two'));
    expect(await files.stat('x/y/z')).toBeUndefined();
    await made.commit();
    expect(readFileSync(join(folder, 'x/y/z'), 'utf8')).toBe('one two');
    expect(readdirSync(join(folder, 'x/y'))).toEqual(['z']);
  });

  it('leave what was there when they are discarded', async () => {
    writeFileSync(join(folder, 'a'), 'old');
    const made = await files.create('a');
    await made.write(Buffer.from('half'));
    await made.discard();
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('say why they cannot be made', async () => {
    writeFileSync(join(folder, 'a'), '');
    await expect(files.create('a/b')).rejects.toMatchObject({
      code: 'config.unwritable_file',
      class: 'failed',
    });
  });
});
