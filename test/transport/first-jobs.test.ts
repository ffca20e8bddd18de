import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { starterArguments } from '../../src/transport/step-runner/job-script.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { until } from '../stages/until.js';

const atOnce = 40;

// busybox does not go on with opening a pipe that a signal interrupts, as the end of a child in the background is.
test.each(['/usr/bin/dash', '/usr/bin/bash', '/usr/bin/busybox sh'])(
  'the first jobs of many hosts at once all begin, and are recorded to their end, with %s',
  async (sh) => {
    const [program = sh, ...words] = sh.split(' ');
    if (!existsSync(program)) {
      console.warn(`LEFT OUT: first jobs with ${sh}, because it is not there`);
      return;
    }
    const step = { run: '20261121T100000Z-abcd', id: 'job-1' };
    const about = { limit: 60, note: '', become: false, asks: false };
    const [, ...args] = starterArguments(step, 'echo said; echo told >&2; exit 3', about);
    const folders = Array.from({ length: atOnce }, () => temporaryFolder('first-job'));

    const starts = folders.map((HOME) =>
      execa(program, [...words, ...args.map((text) => text.replaceAll('/bin/sh', sh))], {
        env: { HOME, PATH: process.env['PATH'] ?? '' },
        extendEnv: false,
        stdin: 'ignore',
        timeout: 60_000,
        reject: false,
      }),
    );

    const answers = (await Promise.all(starts)).map(({ stderr }) => stderr.split(' ').at(-1));
    expect(answers).toEqual(folders.map(() => 'kept'));
    for (const folder of folders) {
      const records = join(folder, '.local/state/adfpush/steps', step.run);
      await until(() => existsSync(join(records, 'job-1.told')), 60_000);
      const read = (name: string): string => readFileSync(join(records, name), 'utf8');
      expect([read('job-1').slice(0, 5), read('job-1.out'), read('job-1.err')]).toEqual([
        '=003=',
        'said\n',
        'told\n',
      ]);
      expect(readdirSync(records).filter((name) => /\.p[oet]$/.test(name))).toEqual([]);
    }
  },
);
