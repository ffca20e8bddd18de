import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunOptions } from '../../src/ports/transport.js';
import { commandLine } from '../../src/transport/command-line.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

/**
 * A connection that is lost while a script is still on its way: the shell sees the end of its stdin too early. What the script would
 * do must be harmless wherever it is cut, since that is just what goes wrong when this fails.
 */
describe('a script that is cut off on its way', () => {
  let folder: string;
  beforeAll(() => {
    folder = temporaryFolder('cut');
  });

  const options: readonly (readonly [string, RunOptions])[] = [
    ['with nothing for its stdin', {}],
    ['with something for its stdin', { stdin: 'content' }],
    ['with variables', { stdin: 'content', env: { COLOUR: 'blue' } }],
  ];
  it.each(options)('does nothing at all, wherever it is cut, %s', (_, given) => {
    const { line, stdin } = commandLine({ script: ': >begun\n: >ended' }, given);
    const sent = Buffer.from(stdin as Uint8Array);
    const whole = sent.indexOf('>ended') + '>ended'.length;
    const begins = (length: number): boolean => {
      spawnSync('/bin/sh', ['-c', line], { cwd: folder, input: sent.subarray(0, length), timeout: 10_000 });
      return existsSync(join(folder, 'begun'));
    };
    for (let cut = 0; cut <= whole; cut += 1) expect(begins(cut), `cut after ${cut} bytes`).toBe(false);
    expect(begins(sent.length)).toBe(true);
    rmSync(join(folder, 'begun'));
    rmSync(join(folder, 'ended'));
  });
});
