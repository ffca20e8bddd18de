import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { starterArguments } from '../../src/transport/step-runner/job-script.js';
import { runnerScript } from '../../src/transport/step-runner/runner-script.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

const shells = [['/usr/bin/dash'], ['/usr/bin/bash', '--posix'], ['/usr/bin/busybox', 'sh']].filter(
  ([program = '']) => existsSync(program),
);

const kinds = shells.flatMap((shell) => (['step', 'job'] as const).map((kind) => ({ shell, kind })));

describe('a step whose connection is lost in the moment in which it begins', () => {
  it.each(kinds)(
    'runs to its end as a $kind with $shell, and its record says so',
    async ({ shell, kind }) => {
      const home = temporaryFolder('unread-step');
      const step = { run: '20261121T100000Z-abcd', id: 'h1.1' };
      const command = 'true >"$HOME/ran"; echo said; echo told >&2';
      const about = { limit: 60, note: 'a job', become: false, asks: false };
      const [runner = '', ...words] =
        kind === 'step'
          ? [runnerScript(step, command)]
          : [starterArguments(step, command, about)[5], 'sh', command];
      // The reader of the pipe is gone before the runner writes its first word.
      const unread = '{ sleep 0.2; exec "$@" 7</dev/null; } 2>&1 | true';
      await execa('/bin/sh', ['-c', unread, 'sh', ...shell, '-c', runner, ...words], {
        env: { HOME: home, PATH: process.env['PATH'] ?? '' },
        extendEnv: false,
        reject: false,
      });

      const record = readFileSync(join(home, '.local/state/adfpush/steps', step.run, step.id), 'utf8');
      expect([record.slice(0, 5), existsSync(join(home, 'ran'))]).toEqual(['=000=', true]);
    },
  );
});
