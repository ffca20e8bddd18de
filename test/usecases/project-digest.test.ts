import { describe, expect, it } from 'vitest';
import { runId } from '../../src/model/ids.js';
import { changesOf, digestOfExtraVars, RecordedFiles } from '../../src/world/project-digest.js';
import { FleetStage } from '../stages/fleet-stage.js';
import { MemoryFiles } from '../fakes/memory-files.js';

type Files = Readonly<Record<string, string | Uint8Array>>;

const project: Files = {
  'adfpush.yml': 'a: 1',
  'inventory/prod.yml': 'source: static',
  'inventory/group_vars/api.yml': 'x: 1',
  'files/app/one': new Uint8Array([0xff, 0xfe, 0]),
  'files/app/deep/two': 'two',
};

/** What is told of a project that is `now`, by a run that read it as it was `before`. */
async function changes(now: Files, before: Files = project): Promise<readonly string[]> {
  const recorded = new RecordedFiles(new MemoryFiles(before));
  await recorded.list('inventory');
  await recorded.list('inventory/group_vars');
  await recorded.list('inventory/host_vars');
  for (const path of [
    'adfpush.yml',
    'inventory/prod.yml',
    'inventory/group_vars/api.yml',
    'playbooks/deploy.yml',
  ])
    await recorded.read(path);
  await recorded.stat('playbooks/files/app');
  await recorded.stat('files/app');
  return changesOf(await recorded.seen(), new MemoryFiles(now));
}

describe('a project that a run is gone on with', () => {
  it.each<[string, Files, readonly string[]]>([
    ['is the same as long as nothing changes', project, []],
    ['differs by what is in a file', { ...project, 'adfpush.yml': 'a: 2' }, ['adfpush.yml was changed']],
    [
      'differs by a file that was looked for in vain',
      { ...project, 'playbooks/deploy.yml': '[]' },
      ['playbooks/deploy.yml is new'],
    ],
    [
      'differs by variables that are new',
      { ...project, 'inventory/host_vars/i-1.yml': 'x: 2' },
      ['inventory/host_vars/i-1.yml is new'],
    ],
    [
      'differs by what is in a folder that a task copies',
      { ...project, 'files/app/deep/two': 'three', 'files/app/three': '' },
      ['files/app/deep/two was changed', 'files/app/three is new'],
    ],
    [
      'differs by a source that hides the one that was found',
      { ...project, 'playbooks/files/app/one': '' },
      ['playbooks/files/app is new'],
    ],
    [
      'is the same with another environment, and with what is no variables file',
      { ...project, 'inventory/staging.yml': 'source: static', 'inventory/group_vars/.api.yml.swp': '' },
      [],
    ],
  ])('%s', async (_what, now, expected) => {
    expect(await changes(now)).toEqual(expected);
  });

  it('differs by a file that is gone', async () => {
    const { 'inventory/group_vars/api.yml': _gone, ...rest } = project;
    expect(await changes(rest)).toEqual(['inventory/group_vars/api.yml is gone']);
  });
});

describe('the digest of extra variables', () => {
  const run = runId('20261121T031500Z-7f3a09c4');
  const layer = (values: Readonly<Record<string, unknown>>) => ({ name: 'extra vars', values });

  it('is that of the values, however they were given', () => {
    const one = digestOfExtraVars([layer({ b: 1, a: 'x' })], run);
    expect(digestOfExtraVars([layer({ a: 'y' }), layer({ a: 'x', b: 1 })], run)).toBe(one);
    expect(digestOfExtraVars([layer({ a: 'x', b: 2 })], run)).not.toBe(one);
    expect(digestOfExtraVars([layer({ a: 'x', b: '1' })], run)).not.toBe(one);
  });

  it('is another one in each run, and none without values', () => {
    const values = [layer({ password: 'short' })];
    expect(digestOfExtraVars(values, run)).not.toBe(digestOfExtraVars(values, runId('another')));
    expect(digestOfExtraVars([], run)).toBeUndefined();
    expect(digestOfExtraVars([layer({})], run)).toBeUndefined();
  });
});

const hex = (like = /^[0-9a-f]{64}$/): unknown => expect.stringMatching(like);

describe('the record of a run', () => {
  it('tells what it read and was asked for, and no value', async () => {
    const stage = new FleetStage({ hosts: 1, rollout: { min_healthy: 0 } });
    await stage.deploy({
      extraVars: [{ name: 'extra vars', values: { colour: 'verymauve' } }],
      limit: 'i-1',
    });
    const [started] = await stage.journal();
    expect(started).toMatchObject({
      type: 'run.started',
      asked: {
        limit: 'i-1',
        images: { 'registry:5000/api:v2': hex(/^registry:5000\/api@sha256:/) },
        project: {
          files: { 'inventory/test.yml': hex(), 'adfpush.yml': 'absent' },
          folders: { 'inventory/group_vars': ['api.yml'] },
          extraVars: hex(),
        },
      },
    });
    expect(JSON.stringify(await stage.journal())).not.toContain('verymauve');
  });
});
