import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { completionScript, type CompletedCommand } from '../../src/cli/completion.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { adfpush, projectOf } from '../stages/adfpush.js';

/** What bash offers for these words, the last of which is being typed. */
async function offered(script: string, words: readonly string[], folder = '.'): Promise<readonly string[]> {
  const { stdout } = await execa(
    'bash',
    [
      '-c',
      `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _adfpush; printf '%s\\n' "\${COMPREPLY[@]}"`,
      'bash',
      ...words,
    ],
    { cwd: folder },
  );
  return stdout.split('\n').filter((word) => word !== '');
}

it('completes verbs, flags and environments in bash', async () => {
  const { stdout: script } = await adfpush(['completion', 'bash']);
  const project = await projectOf({ 'inventory/prod.yml': '', 'inventory/staging.yml': '' });

  expect(await offered(script, ['adfpush', 'dep'])).toEqual(['deploy']);
  expect(await offered(script, ['adfpush', 'inventory', ''])).toEqual(['graph', 'list', 'vars']);
  expect(await offered(script, ['adfpush', 'inventory', 'vars', 'api-1', '--ex'])).toEqual(
    expect.arrayContaining(['--explain', '--extra-vars']),
  );
  expect(await offered(script, ['adfpush', 'deploy', '--lock'])).toEqual(['--lock-wait']);
  expect(await offered(script, ['adfpush', 'deploy', '--env', 's'], project)).toEqual(['staging']);
});

const odd: readonly CompletedCommand[] = [
  {
    words: 'lab start',
    summary: "It's a lab",
    flags: [{ name: 'hosts', char: 'n', description: "don't $(touch x)", takesValue: true }],
  },
];

it.each(['bash', 'zsh', 'fish'] as const)('writes a script that %s can read', (shell) => {
  const script = completionScript(shell, odd);
  expect(script).toContain('start');
  if (spawnSync(shell, ['-c', 'true']).status !== 0) return;
  const file = join(temporaryFolder('completion'), 'script');
  writeFileSync(file, script);
  expect(spawnSync(shell, ['-n', file], { encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  });
});

it('refuses a shell that it does not know', async () => {
  const { exit, stderr } = await adfpush(['completion', 'tcsh']);
  expect(exit).toBe(2);
  expect(stderr).toContain('There is one for bash, zsh, fish.');
});
