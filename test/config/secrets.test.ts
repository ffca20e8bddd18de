import { describe, expect, test } from 'vitest';
import { loadProject, type Project } from '../../src/config/project.js';
import { Redaction } from '../../src/events/redaction.js';
import { Variables } from '../../src/expression/variables.js';
import { loadInventory } from '../../src/inventory/inventory.js';
import { MemoryFiles } from '../fakes/memory-files.js';
import { errorsFrom, errorsFromAsync, textOf } from '../stages/error-text.js';

const inventory = 'source: static\nhosts: [a]';
const none = (): never => {
  throw new Error('no cloud is asked');
};

async function load(
  files: Record<string, string>,
  environment: Record<string, string> = {},
  secretFiles: Record<string, Uint8Array | string> = {},
): Promise<{ project: Project; redaction: Redaction; variables: Variables }> {
  const redaction = new Redaction();
  const all = { 'inventory/prod.yml': inventory, ...files };
  const project = await loadProject(new MemoryFiles(all), '/shop', {
    keeper: redaction,
    environment: (name) => environment[name],
    file: (path) => {
      const content = secretFiles[path];
      return typeof content === 'string' ? Buffer.from(content) : content;
    },
  });
  const { hosts, layersFor } = await loadInventory(project, 'prod', none);
  return { project, redaction, variables: Variables.of(layersFor(hosts[0]!)) };
}

describe('secrets of a project', () => {
  test('that stand in a file as they are, are hidden before they are used: a host may tell them', async () => {
    const { redaction } = await load({
      'adfpush.yml': 'secrets: [password]',
      'inventory/group_vars/all.yml': 'password: [written-as-it-is]',
    });

    expect(redaction.redactText('written-as-it-is')).toBe('***');
  });

  test('are variables whose values are hidden from when they are first used, whatever layer gives them', async () => {
    const { redaction, variables } = await load({
      'adfpush.yml': 'secrets: [password, database, url, given]\nvars: { password: from-the-project }',
      'inventory/group_vars/all.yml':
        'password: from-the-group\ndatabase: { host: db.internal, key: [first-key, 12345678] }\nurl: "postgres://{{ user }}@db"\nuser: somebody',
    });
    const all = variables.with({ name: 'extra vars', values: { given: 'from-outside' } });
    const said = 'from-the-group first-key 12345678 postgres://somebody@db from-outside somebody';

    for (const name of ['password', 'database', 'url', 'given']) all.get(name);

    expect(redaction.redactText(said)).toBe('*** *** *** *** *** somebody');
  });

  test('may come from the environment, and are hidden at once', async () => {
    const { redaction, variables } = await load(
      { 'adfpush.yml': 'secrets: { password: { env: DB_PASSWORD }, other: }\nvars: { other: plain-text }' },
      { DB_PASSWORD: '{{ not }} a template' },
    );

    expect(redaction.redactText('is {{ not }} a template')).toBe('is ***');
    expect(variables.get('password')).toBe('{{ not }} a template');
    expect(variables.get('other')).toBe('plain-text');
    expect(redaction.redactText('plain-text')).toBe('***');
    expect(variables.origin('password')).toMatchObject({ layer: 'secrets of adfpush.yml' });
  });

  test('that the environment lacks are an error when they are used, and only then', async () => {
    const { variables } = await load({ 'adfpush.yml': 'secrets:\n  password: { env: DB_PASSWORD }' });

    expect(variables.names()).toContain('password');
    expect(errorsFrom(() => variables.get('password')).map(textOf)).toEqual([
      'adfpush.yml:2:13 The secret password comes from the environment variable DB_PASSWORD, which is not set. | Set DB_PASSWORD for adfpush: in a build job, by binding a credential to it.',
    ]);
  });

  test.each([
    ['as it is, with its blanks and line breaks', ' a b\r\n\tc \n\n', ' a b\r\n\tc \n'],
    ['without its final newline', 'from-a-file\n', 'from-a-file'],
    ['as it is where there is no final newline', 'from-a-file', 'from-a-file'],
    ['with its byte order mark', '\ufefffrom-a-file', '\ufefffrom-a-file'],
  ])('may come from a file, %s, and are hidden at once', async (_, content, value) => {
    const { redaction, variables } = await load(
      { 'adfpush.yml': 'secrets: { password: { file: /run/secrets/password } }' },
      {},
      { '/run/secrets/password': content },
    );

    expect(redaction.redactText(`x${value}x`)).toBe('x***x');
    expect(variables.get('password')).toBe(value);
  });

  test('whose file is not there are an error when they are used, and only then', async () => {
    const { variables } = await load({ 'adfpush.yml': 'secrets:\n  password: { file: secrets/password }' });

    expect(errorsFrom(() => variables.get('password')).map(textOf)).toEqual([
      'adfpush.yml:2:13 The secret password comes from the file secrets/password, which is not there. | Paths are relative to the project; in a build job, bind a secret file to it.',
    ]);
  });

  test.each<[string, string, Record<string, string>, Record<string, Uint8Array | string>]>([
    ['{ env: DB }', 'is not UTF-8', { DB: 'M\ufffdller-password' }, {}],
    ['{ file: f }', 'is not UTF-8', {}, { f: Buffer.from('M\xfcller-password', 'latin1') }],
    ['{ env: DB }', 'is still encrypted', { DB: '$ANSIBLE_VAULT;1.1;AES256\n61626364' }, {}],
    ['{ file: f }', 'is still encrypted', {}, { f: 'ENC[AES256_GCM,data:Zm9v,iv:YQ==,tag:YQ==,type:str]\n' }],
  ])('from %s that %s are an error at their place', async (source, why, environment, files) => {
    const { variables } = await load(
      { 'adfpush.yml': `secrets:\n  password: ${source}` },
      environment,
      files,
    );

    const [error] = errorsFrom(() => variables.get('password'));
    expect(textOf(error!)).toContain(`adfpush.yml:2:13 The secret password ${why}`);
    expect(JSON.stringify(error)).not.toMatch(/ller|6162|Zm9v/);
  });

  test('that were not decrypted where they stand are an error at their place', async () => {
    const { variables } = await load({
      'adfpush.yml': 'secrets: [password]',
      'inventory/group_vars/all.yml':
        'a: 1\npassword: "ENC[AES256_GCM,data:Zm9v,iv:YQ==,tag:YQ==,type:str]"\n',
    });

    expect(errorsFrom(() => variables.get('password')).map(textOf)[0]).toContain(
      'inventory/group_vars/all.yml:2:11 The secret password is still encrypted',
    );
  });

  test('give way to a value of a higher layer', async () => {
    const { variables } = await load({
      'adfpush.yml': 'secrets: { password: { env: DB_PASSWORD } }',
      'inventory/group_vars/all.yml': 'password: for-development',
    });

    expect(variables.get('password')).toBe('for-development');
  });

  test.each([
    ['secrets: [db-password]', 'adfpush.yml:1:11 "db-password" is not a name that a template can use'],
    [
      'secrets: { a: { path: x } }',
      'adfpush.yml:1:15 `secrets.a` must be { env: VARIABLE } or { file: PATH }',
    ],
    ['secrets: { a: { env: A, file: x } }', 'adfpush.yml:1:15 `secrets.a` must be { env: VARIABLE } or'],
    ['secrets: { a: { env: "A B" } }', 'adfpush.yml:1:22 `secrets.a.env` must be the name of an environment'],
  ])('refuses %s', async (text, complaint) => {
    const [error] = await errorsFromAsync(() => load({ 'adfpush.yml': text }));
    expect(textOf(error!)).toContain(complaint);
  });

  test.each<[string, unknown]>([
    [
      '{ backend: ssm, prefix: /shop/, region: eu-west-1 }',
      [{ backend: 'ssm', prefix: '/shop/', region: 'eu-west-1' }],
    ],
    [
      '[password, { backend: sops, file: s.yml }, { backend: environment }]',
      [{ backend: 'sops', file: 's.yml' }, { backend: 'environment' }],
    ],
    ['[password]', []],
    ['{ backend: { env: BACKEND } }', []],
  ])('say where {{ secret "name" }} is looked for: %s', async (text, backends) => {
    const { project } = await load({ 'adfpush.yml': `secrets: ${text}` });

    expect(project.config.secretBackends).toEqual(backends);
  });

  test('are looked for elsewhere where the environment says so', async () => {
    const { project } = await load({
      'adfpush.yml': 'secrets: { backend: ssm }',
      'inventory/prod.yml': `${inventory}\nsecrets: [{ backend: file, directory: /run/secrets }]`,
    });

    expect((await project.environment('prod')).secretBackends).toEqual([
      { backend: 'file', directory: '/run/secrets' },
    ]);
  });

  test.each([
    ['{ backend: vault }', 'adfpush.yml:1:21 `secrets.backend` must be one of environment, file, ssm'],
    ['{ backend: ssm, prefx: x }', 'adfpush.yml:1:26 '],
    ['{ backend: sops }', 'adfpush.yml:1:'],
    ['[{ backend: file, directory: "{{ x }}" }]', 'adfpush.yml:1:39 `secrets[0].directory`'],
  ])('refuses %s, at its place', async (text, complaint) => {
    const [error] = await errorsFromAsync(() => load({ 'adfpush.yml': `secrets: ${text}` }));
    expect(textOf(error!)).toContain(complaint);
  });

  test('are not in a line of a file that an error quotes, whether or not they were used', async () => {
    const { redaction } = await load({ 'adfpush.yml': 'secrets: [password, key]' });

    expect(
      [
        'password: correct horse',
        '  - "password": "correct horse"',
        'vars: { user: me, password: correct, horse: 1 }',
        'key: |',
        'old_password: shown',
        'echo {{ password }}: shown',
      ].map((line) => redaction.redactSourceLine(line)),
    ).toEqual([
      'password: ***',
      '  - "password": ***',
      'vars: { user: me, password: ***',
      'key: ***',
      'old_password: shown',
      'echo {{ password }}: shown',
    ]);
  });
});
