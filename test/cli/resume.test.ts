import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { adfpush, projectOf } from '../stages/adfpush.js';

let project: string;
beforeEach(async () => {
  project = await projectOf({
    'adfpush.yml': 'state: { directory: journals }\n',
    'inventory/prod.yml': 'source: static\nhosts:\n  one: { address: 127.0.0.1, groups: [api] }\n',
  });
});
afterEach(() => rmSync(project, { recursive: true }));

/** A run of `prod` that was killed, as far as its journal tells. */
function journalOf(run: string, more: Readonly<Record<string, unknown>> = {}): void {
  const record = {
    at: 0,
    type: 'run.started',
    run,
    verb: 'deploy',
    environment: 'prod',
    groups: [
      {
        name: 'api',
        release: { image: { repository: 'shop/api', digest: `sha256:${'a'.repeat(64)}` }, version: 'v2' },
      },
    ],
    hosts: ['one'],
    process: { machine: 'elsewhere', pid: 1, started: '1' },
    asked: { project: { files: { 'adfpush.yml': 'b'.repeat(64) }, folders: {} } },
    ...more,
  };
  mkdirSync(join(project, 'journals/runs'), { recursive: true });
  writeFileSync(join(project, `journals/runs/${run}.journal`), `${JSON.stringify(record)}\n`);
}

it('refuses when nothing was interrupted, and says of which environment', async () => {
  expect(await adfpush(['resume'], project)).toMatchObject({
    exit: 3,
    stderr: expect.stringContaining(
      'Error [resume.nothing] There is no interrupted run in the journals',
    ) as unknown,
  });
  const { exit, stderr } = await adfpush(['resume', '--env', 'prod'], project);
  expect(exit).toBe(3);
  expect(stderr).toContain('There is no interrupted run of "prod"');
});

it('finds out by itself which environment the run was in, and names the file that was changed', async () => {
  journalOf('20261121T031500Z-7f3a09c4');
  const { exit, stderr } = await adfpush(['resume', '20261121T03'], project);
  expect(exit).toBe(3);
  expect(stderr).toContain('Error [resume.project_changed]');
  expect(stderr).toContain('adfpush.yml was changed');
});

it('asks for more of an id that begins several', async () => {
  journalOf('20261121T031500Z-7f3a09c4');
  journalOf('20261121T041500Z-7f3a09c4');
  const { exit, stderr } = await adfpush(['resume', '20261121'], project);
  expect(exit).toBe(3);
  expect(stderr).toContain('Error [resume.ambiguous_run]');
});

it('prints one document with --json', async () => {
  const { exit, stdout } = await adfpush(['resume', 'nobody', '--json'], project);
  expect(exit).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ exit: 3, errors: [{ code: 'resume.unknown_run' }] });
});
