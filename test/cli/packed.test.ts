import { delimiter, dirname, join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { root } from '../stages/adfpush.js';

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

const folder = temporaryFolder('packed');
const prefix = join(folder, 'prefix');
const empty = temporaryFolder('empty');
const env = {
  PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
  HOME: folder,
  // npm keeps compiled code there.
  TMPDIR: folder,
  NO_COLOR: '1',
};

let packed: Packed;

/** Runs what was installed, in a folder that holds nothing. */
const installed = (...words: readonly string[]) =>
  execa(join(prefix, 'bin/adfpush'), words, { cwd: empty, env, reject: false, stdin: 'ignore' });

beforeAll(async () => {
  // Without scripts: packing would build the program anew, which the tests beside this one are running.
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const { stdout } = await execa('npm', pack, { cwd: root, env });
  [packed] = JSON.parse(stdout) as [Packed];
  // Offline: it needs no package but itself.
  const install = ['install', '--global', '--offline', '--prefix', prefix, join(folder, packed.filename)];
  await execa('npm', install, { cwd: folder, env });
});

describe('the packed program, installed for itself', () => {
  it('holds what is built, the packaged playbook and what tells of it, and nothing else', () => {
    const others = packed.files.filter(
      ({ path }) => !/^(dist\/|playbooks\/|package\.json$|README\.md$|CHANGELOG\.md$|LICENSE$)/.test(path),
    );
    expect(others).toEqual([]);
    expect(packed.files.map(({ path }) => path)).toContain('dist/THIRD-PARTY-LICENCES.txt');
  });

  it('tells its version and its help', async () => {
    expect(await installed('--version')).toMatchObject({ exitCode: 0, stderr: '' });
    const help = await installed('--help');
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    expect(help.stdout).toContain('lab demo');
  });

  it('rolls the demo of the lab in an empty folder', async () => {
    const { exitCode, all } = await execa(join(prefix, 'bin/adfpush'), ['lab', 'demo', '--hosts', '2'], {
      cwd: empty,
      env,
      reject: false,
      stdin: 'ignore',
      all: true,
    });
    expect(all).toContain('never by v3');
    expect(exitCode).toBe(0);
  });
});
