import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { describeWithSshd, Sshd } from '../stages/sshd.js';
import { runTypeScript } from '../stages/run-typescript.js';

const mebibyte = 1024 * 1024;

interface Told {
  readonly before: number;
  readonly most: number;
  readonly sizes: readonly number[];
  readonly shown: readonly number[];
  readonly ended: readonly unknown[];
}

describeWithSshd('output of a fleet that is far too much for memory', () => {
  test('is in files, whole, while what is kept of it in memory stays small', async () => {
    const directory = temporaryFolder('spills');
    const sshd = await Sshd.start({ config: ['MaxStartups 100'] });
    try {
      const each = 30 * mebibyte;
      const host = JSON.stringify(sshd.host());
      const child = runTypeScript('state/spill-writer.ts', [directory, '20', String(each), host]);
      const [told, said] = await Promise.all([text(child.stdout), text(child.stderr)]);
      expect(said).toBe('');
      const { before, most, sizes, shown, ended } = JSON.parse(told) as Told;

      expect(sizes).toEqual(Array.from({ length: 20 }, () => each));
      expect(ended).toEqual(Array.from({ length: 20 }, () => ({ kind: 'exited', code: 0 })));
      expect(Math.max(...shown)).toBeLessThan(200_000);
      // 600 MB went through. Most of what is used is garbage that is not collected yet, which does not grow with what goes through.
      expect(most - before).toBeLessThan(250 * mebibyte);
    } finally {
      await sshd.stop();
    }
  });
});
