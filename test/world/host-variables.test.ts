import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Redaction } from '../../src/events/redaction.js';
import { renderVariables } from '../../src/report/variables-view.js';
import { hostVariables } from '../../src/world/host-variables.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

const files: Readonly<Record<string, string>> = {
  'adfpush.yml':
    'vars: { level: project, size: 1 }\nsecrets: { db_password: { env: NOT_SET_ANYWHERE }, token: null }\n',
  'inventory/lab.yml':
    'source: static\nhosts:\n  api-1: { groups: [api], vars: { level: entry } }\n  api-2: { groups: [api] }\nvars:\n  level: environment\n',
  'inventory/group_vars/all.yml': 'level: all\ntoken: s3cr3t-token\n',
  'inventory/group_vars/api.yml':
    "level: group\nurl: 'http://{{ level }}/{{ token }}'\nplace: 'at {{ level }}'\nnext: '{{ release.version }}'\n",
  'inventory/host_vars/api-1.yml': '# one line\nlevel: host\n',
};

let project: string;
beforeAll(async () => {
  project = temporaryFolder('vars');
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(project, path)), { recursive: true });
    await writeFile(join(project, path), text);
  }
});

const of = (host: string, extraVars: Readonly<Record<string, unknown>> = {}) =>
  hostVariables({
    project,
    environment: 'lab',
    host,
    extraVars:
      Object.keys(extraVars).length === 0 ? [] : [{ name: '--extra-vars', values: extraVars, literal: true }],
    redaction: new Redaction(),
  });

describe('the variables of a host', () => {
  it('have their final values, where they come from, and what they hide', async () => {
    const { variables } = await of('api-1');
    const level = variables.find(({ name }) => name === 'level');
    expect(level).toEqual({
      name: 'level',
      value: 'host',
      from: {
        layer: 'host_vars/api-1',
        file: 'inventory/host_vars/api-1.yml',
        line: 2,
        column: 1,
        written: 'host',
      },
      hides: [
        expect.objectContaining({ file: 'inventory/lab.yml', line: 3, written: 'entry' }),
        expect.objectContaining({ file: 'inventory/lab.yml', line: 6, written: 'environment' }),
        expect.objectContaining({ file: 'inventory/group_vars/api.yml', line: 1, written: 'group' }),
        expect.objectContaining({ file: 'inventory/group_vars/all.yml', line: 1, written: 'all' }),
        expect.objectContaining({ file: 'adfpush.yml', line: 1, written: 'project' }),
      ],
    });
    expect(variables.find(({ name }) => name === 'place')).toMatchObject({ value: 'at host' });
  });

  it('are those of --extra-vars where these say so', async () => {
    const { variables } = await of('api-2', { level: 'mine' });
    const level = variables.find(({ name }) => name === 'level');
    expect(level).toMatchObject({ value: 'mine', from: { layer: '--extra-vars' } });
    expect(level?.hides[0]).toMatchObject({ written: 'environment' });
  });

  it('never show a secret, nor what is made of one, and need none of them to be there', async () => {
    const report = await of('api-1');
    const named = new Map(report.variables.map(({ name, value }) => [name, value]));
    expect([named.get('db_password'), named.get('token'), named.get('url')]).toEqual(
      Array(3).fill('(secret)'),
    );
    expect(JSON.stringify(report)).not.toContain('s3cr3t');
    expect(renderVariables(report, { explain: true })).not.toContain('s3cr3t');
  });

  it('are unknown where they need a run', async () => {
    const { variables } = await of('api-1');
    const next = variables.find(({ name }) => name === 'next');
    expect(next).not.toHaveProperty('value');
    expect(next?.unknown).toContain('release');
  });

  it('are told for people in lines, with --explain with their sources below', async () => {
    const report = await of('api-1');
    expect(renderVariables(report)).toContain('\nlevel: host\n');
    expect(renderVariables(report, { explain: true })).toContain(`level: host
    from inventory/host_vars/api-1.yml:2:1
    hides entry from inventory/lab.yml:3:35`);
    expect(renderVariables(report, { explain: true })).toContain(`place: at host
    from inventory/group_vars/api.yml:3:1, written at {{ level }}`);
  });
});

it.each([
  ['api*', 'inventory.several_hosts'],
  ['api-9', 'inventory.unknown_name'],
])('refuses %s', async (host, code) => {
  await expect(of(host)).rejects.toMatchObject({ code });
});
