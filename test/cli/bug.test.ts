import { execa } from 'execa';
import { expect, it } from 'vitest';
import { program } from '../stages/adfpush.js';

/** Breaks what the listing of hosts uses, as a bug would. */
const breaking = `Map.groupBy = () => { throw new Error('planted'); };`;

it('a bug is told with its places in the sources', async () => {
  const words = ['inventory', 'list', '--env', 'staging'];
  const preload = `data:text/javascript,${encodeURIComponent(breaking)}`;
  const { exitCode, stderr } = await execa(process.execPath, ['--import', preload, program, ...words], {
    cwd: new URL('projects/two-environments', import.meta.url),
    env: { NO_COLOR: '1' },
    reject: false,
  });

  expect(exitCode).toBe(1);
  expect(stderr).toContain('planted');
  expect(stderr).toMatch(/at async openWorld \(src\/world\/open-world\.ts:\d+:\d+\)/);
  expect(stderr).toMatch(/at async InventoryList\.perform \(src\/commands\/inventory-list\.ts:\d+:\d+\)/);
  expect(stderr).not.toContain('dist/');
});
