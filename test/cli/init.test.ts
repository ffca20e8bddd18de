import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startLab, type Lab } from '../../src/lab/lab.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { adfpush, root } from '../stages/adfpush.js';

let lab: Lab;
let folder: string;
beforeAll(async () => {
  folder = temporaryFolder('init');
  lab = await startLab({ directory: join(folder, 'lab'), hosts: 2 });
});
afterAll(() => lab.stop());

it('makes a project that passes lint and deploys on the lab, and overwrites nothing', async () => {
  const project = join(folder, 'shop');
  const made = await adfpush(['init', project], folder);
  expect(made).toMatchObject({ exit: 0, stderr: '' });

  expect(await adfpush(['lint'], project)).toMatchObject({
    exit: 0,
    stderr: '',
    stdout: expect.stringContaining('nothing found') as string,
  });

  // That of a lab on its fixed ports; this one has others.
  const written = join(project, 'inventory/lab.yml');
  expect(readFileSync(written, 'utf8')).toBe(readFileSync(join(root, 'inventory/lab.yml'), 'utf8'));
  writeFileSync(written, readFileSync(join(lab.project, 'inventory/lab.yml')));
  const deployed = await adfpush(
    ['deploy', '--group', 'api', '--env', 'lab'],
    project,
    {},
    { XDG_STATE_HOME: join(folder, 'state') },
  );
  expect(deployed.exit, deployed.stdout + deployed.stderr).toBe(0);

  const again = await adfpush(['init', project], folder);
  expect(again.exit).toBe(2);
  expect(again.stderr).toContain('cli.files_in_the_way');
});
