import { describe, expect, it } from 'vitest';
import type { AdfError } from '../../src/errors/adf-error.js';
import { errorsFromAsync } from '../stages/error-text.js';
import { FleetStage, type StageOptions } from '../stages/fleet-stage.js';

/** What a deploy is refused for, when no host was asked for anything. */
async function refusedUnasked(options: StageOptions): Promise<readonly AdfError[]> {
  const stage = new FleetStage(options);
  const errors = await errorsFromAsync(() => stage.deploy());
  const asked = stage.world.calls.log.filter(({ port }) => port === 'transport' || port === 'runtime');
  expect(asked).toEqual([]);
  return errors;
}

const placed = ({ code, at, message }: AdfError): string =>
  `${code} ${at?.file}:${at?.line}:${at?.column} ${message}`;

const withFile = (text: string, more: Readonly<Record<string, string>> = {}): StageOptions => ({
  files: { 'templates/api.env.hbs': text, ...more },
  groupVars: { container: { name: 'api', ports: ['5060:5000'], env_file: 'templates/api.env.hbs' } },
});

const variables = (values: object): Readonly<Record<string, string>> => ({
  'inventory/group_vars/all.yml': JSON.stringify(values),
});

/** What the first host's container was created with. */
async function environmentOf(options: StageOptions): Promise<Readonly<Record<string, string>> | undefined> {
  const stage = new FleetStage(options);
  expect((await stage.deploy()).exit).toBe(0);
  return stage.host('i-1').named('api')?.birth.env;
}

describe('an env_file', () => {
  it('gives values byte for byte: with their blanks, quotes and equal signs', async () => {
    const value = '  a"b\'c = #d  ';
    const text = '# of the api\r\n\r\n  FIRST={{ value }}\r\nSECOND={{ value }}\nTHIRD=\n';

    expect(await environmentOf(withFile(text, variables({ value })))).toEqual({
      FIRST: value,
      SECOND: value,
      THIRD: '',
    });
  });

  it('may name the release, which is known only later', async () => {
    const env = await environmentOf(withFile('VERSION={{ release.version }}\n'));
    expect(env).toEqual({ VERSION: 'v2' });
  });

  it.each([
    ['a line break', 'two\nlines', 'holds a line break, where a line of an env_file ends'],
    ['a carriage return', 'two\rlines', 'holds a line break, where a line of an env_file ends'],
    ['a NUL', 'a\0b', 'holds a NUL byte, which no environment can'],
    ['half a character', 'a\ud800b', 'is not UTF-8'],
    ['what ansible-vault encrypted', '$ANSIBLE_VAULT;1.1;AES256 3132', 'is still encrypted'],
    ['what sops encrypted', 'ENC[AES256_GCM,data:Zm9v,iv:YQ==,tag:YQ==,type:str]', 'is still encrypted'],
  ])('with %s in a value is refused at its place before any host is asked', async (_, value, why) => {
    const errors = await refusedUnasked(withFile('A=1\nB={{ value }}\n', variables({ value })));

    expect(errors.map(placed)[0]).toMatch(/^environment\.value templates\/api\.env\.hbs:2:\d /);
    expect(errors[0]?.message).toContain(why);
    expect(errors[0]?.class).toBe('invalid');
  });

  it('whose own text holds a NUL, or is encrypted, is refused, too', async () => {
    const nul = await refusedUnasked(withFile('A=1\nB=M\0ller\n'));
    expect(nul.map(placed)).toEqual([
      'environment.value templates/api.env.hbs:2:4 the text of this env_file holds a NUL byte, which no environment can.',
    ]);
    const encrypted = await refusedUnasked(withFile('$ANSIBLE_VAULT;1.1;AES256\n3132\n'));
    expect(encrypted.map(placed)).toEqual([
      'environment.value templates/api.env.hbs:1:1 the text of this env_file is still encrypted.',
    ]);
  });

  it('that is missing, or has a line that is none, is refused before any host is asked', async () => {
    expect((await refusedUnasked(withFile('A=1\nnonsense\n'))).map(placed)[0]).toContain(
      'container.env_file_line templates/api.env.hbs:2:1',
    );
    const { groupVars } = withFile('');
    expect((await refusedUnasked({ ...(groupVars === undefined ? {} : { groupVars }) }))[0]?.code).toBe(
      'container.env_file_missing',
    );
  });
});

describe('the environment of a container', () => {
  it('is given byte for byte, line breaks too', async () => {
    const value = ' -----BEGIN KEY-----\nabc\n\n';
    const container = { name: 'api', ports: ['5060:5000'], env: { KEY: '{{ value }}' } };
    const env = await environmentOf({ files: variables({ value }), groupVars: { container } });
    expect(env).toEqual({ KEY: value });
  });

  it.each([
    ['a\0b', 'must be without a NUL byte'],
    ['a\ud800b', 'must be UTF-8'],
    ['$ANSIBLE_VAULT;1.1;AES256\n3132', 'must be decrypted'],
  ])('with %j is refused at its place before any host is asked', async (value, why) => {
    const container = { name: 'api', ports: ['5060:5000'], env: { KEY: '{{ value }}' } };
    const errors = await refusedUnasked({ files: variables({ value }), groupVars: { container } });

    expect(errors[0]).toMatchObject({
      code: 'config.invalid_value',
      at: { file: 'inventory/group_vars/api.yml', line: 1 },
    });
    expect(errors[0]?.message).toContain('`container.env.KEY`');
    expect(errors[0]?.message).toContain(why);
    expect(JSON.stringify(errors[0])).not.toContain('3132');
  });
});

describe('the environment of a task', () => {
  it.each([
    ['a\0b', 'holds a NUL byte'],
    ['a\ud800b', 'is not UTF-8'],
    ['$ANSIBLE_VAULT;1.1;AES256', 'is still encrypted'],
  ])('with %j is refused at its place before anything is run', async (value, why) => {
    const playbook = `
- hosts: '{{ group }}'
  tasks:
    - shell: make
      environment:
        ONE: '1'
        KEY: '{{ value }}'
`;
    const stage = new FleetStage({ files: variables({ value }), playbook });
    const errors = await errorsFromAsync(() => stage.deploy());

    expect(errors.map(placed)).toHaveLength(1);
    expect(errors.map(placed)[0]).toContain(
      `environment.value playbooks/deploy.yml:7:14 the value of KEY in the environment ${why}`,
    );
    expect(stage.transport.commands).toEqual([]);
  });
});
