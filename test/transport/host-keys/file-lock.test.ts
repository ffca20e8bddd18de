import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { withFileLock } from '../../../src/transport/ssh/host-keys/file-lock.js';
import { systemClock } from '../../stages/system-clock.js';
import { temporaryFolder } from '../../stages/temporary-folder.js';

const folder = temporaryFolder('file-lock');

test('only one at a time has a lock, also where several find one that a dead process left', async () => {
  const file = join(folder, 'guarded');
  for (let round = 0; round < 20; round += 1) {
    const left = `${file}.adfpush-lock.left`;
    writeFileSync(left, '');
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(left, longAgo, longAgo);
    let inside = 0;
    const done: number[] = [];

    await Promise.all(
      Array.from({ length: 6 }, (_, n) => n).map((one) =>
        withFileLock(file, systemClock, async () => {
          inside += 1;
          expect(inside).toBe(1);
          await setTimeout(1);
          inside -= 1;
          done.push(one);
        }),
      ),
    );

    expect(done).toHaveLength(6);
    expect(readdirSync(folder)).toEqual([]);
  }
});

test('a lock that is held is waited for', async () => {
  const file = join(folder, 'held');
  const told: string[] = [];
  let letGo = (): void => undefined;
  const holder = withFileLock(file, systemClock, () => new Promise<void>((resolve) => (letGo = resolve)));
  await setTimeout(50);
  const next = withFileLock(file, systemClock, () => Promise.resolve(told.push('next')));
  await setTimeout(100);
  told.push('first');
  letGo();
  await Promise.all([holder, next]);
  expect(told).toEqual(['first', 'next']);
});
