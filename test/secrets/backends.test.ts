import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectCloud } from '../../src/aws/access.js';
import { NamedSecrets } from '../../src/config/named-secrets.js';
import { Redaction } from '../../src/events/redaction.js';
import { labRegion, startCloudServices, type CloudServices } from '../../src/lab/cloud-services.js';
import type { SecretBackend } from '../../src/ports/secret-backend.js';
import { EnvironmentBackend } from '../../src/secrets/environment-backend.js';
import { FileBackend } from '../../src/secrets/file-backend.js';
import { SopsBackend } from '../../src/secrets/sops-backend.js';
import { errorsFrom, errorsFromAsync, textOf } from '../stages/error-text.js';
import { encryptBySops, type Plain, type SopsChoices } from './encrypt-by-sops.js';

let lab: CloudServices;
beforeAll(async () => {
  lab = await startCloudServices({ instances: [], targetGroups: [], resolve: () => undefined });
});
afterAll(() => lab.stop());
beforeEach(() => lab.aws.forgetCalls());

const cloud = () => connectCloud({ endpoint: lab.endpoint, region: labRegion });
const nothing = { file: () => undefined, variable: () => undefined };

/** The values that templates see of one backend. */
async function named(backend: SecretBackend | Promise<SecretBackend>, names: readonly string[]) {
  const redaction = new Redaction();
  const secrets = new NamedSecrets(redaction, async () => [await backend]);
  await secrets.fetch(names);
  return { secrets, redaction, get: (name: string, ...fields: string[]) => secrets.get(name, fields, {}) };
}

async function sopsBackend(
  values: Readonly<Record<string, Plain>>,
  choices: SopsChoices = {},
  change: (text: string) => string = (text) => text,
  keys?: string,
): Promise<SopsBackend> {
  const identity = await generateX25519Identity();
  const age = choices.age ?? [await identityToRecipient(identity)];
  const text = change(await encryptBySops(values, { ...choices, age }));
  return new SopsBackend('secrets.yml', {
    ...nothing,
    variable: (name) => (name === 'SOPS_AGE_KEY' ? (keys ?? `# a key\n${identity}\n`) : undefined),
    file: (path) => (path === 'secrets.yml' ? Buffer.from(text) : undefined),
    defaultKeys: '/none',
    keeper: new Redaction(),
    kms: () => cloud().dataKeys(),
  });
}

/** Any text that has bytes in UTF-8 and that no tool wrote instead of a secret. */
const anyText = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('\n', 'a\n', 'a\n\n', '\r\n', '\ufeffa', ' a ', '{{ x }}', '\\', `'"$\``, '\u2028'),
  )
  .filter((text) => text !== '' && text.isWellFormed() && !text.includes('\ufffd'));

describe('any text arrives as it is kept', () => {
  const backends: readonly [string, (text: string) => Promise<SecretBackend>, number][] = [
    ['the environment', async (text) => new EnvironmentBackend(() => text), 200],
    ['a file', async (text) => new FileBackend('/s', () => Buffer.from(`${text}\n`)), 200],
    [
      'Parameter Store',
      async (text) => {
        lab.aws.putParameter('any', text);
        return cloud().parameterStore({});
      },
      40,
    ],
    [
      'Secrets Manager',
      async (text) => {
        lab.aws.putSecret('any', { AWSCURRENT: text });
        return cloud().secretsManager({});
      },
      40,
    ],
    ['a sops file', async (text) => sopsBackend({ any: text }), 40],
  ];

  test.each(backends)('from %s', async (_, keep, numRuns) => {
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        const { get, redaction } = await named(await keep(text), ['any']);

        expect(get('any')).toBe(text);
        if (Array.from(text).length >= 6) expect(redaction.redactText(`<${text}>`)).toBe('<***>');
      }),
      { numRuns },
    );
  });
});

describe('Parameter Store', () => {
  test('is asked for ten names at a time, once', async () => {
    const names = Array.from({ length: 23 }, (_, index) => `p${index}`);
    for (const name of names) lab.aws.putParameter(`/shop/${name}`, `value of ${name}`);

    const { secrets, get } = await named(cloud().parameterStore({ prefix: '/shop/' }), names);
    await secrets.fetch(names);

    expect(names.map((name) => get(name))).toEqual(names.map((name) => `value of ${name}`));
    expect(lab.aws.calls('GetParameters')).toBe(3);
  });

  test('decrypts, and knows versions', async () => {
    lab.aws.putParameter('versioned', 'the first value');
    lab.aws.putParameter('versioned', 'the second value');

    const { get } = await named(cloud().parameterStore({}), ['versioned', 'versioned:1']);

    expect([get('versioned'), get('versioned:1')]).toEqual(['the second value', 'the first value']);
  });

  test('has its throttling outlasted', async () => {
    lab.aws.putParameter('slow', 'there in the end');
    lab.aws.throttle({ actions: ['GetParameters'], count: 2 });

    expect((await named(cloud().parameterStore({}), ['slow'])).get('slow')).toBe('there in the end');
  });

  test('says where it looked for a name that it does not know', async () => {
    const { get } = await named(cloud().parameterStore({ prefix: '/shop/' }), ['gone']);

    expect(errorsFrom(() => get('gone')).map(textOf)[0]).toContain(
      `There is no secret "gone": looked for "/shop/gone" in SSM Parameter Store in ${labRegion}.`,
    );
  });
});

describe('Secrets Manager', () => {
  test('gives the version of the staging label', async () => {
    lab.aws.putSecret('staged', { AWSCURRENT: 'the current value', AWSPREVIOUS: 'the previous value' });

    const previous = cloud().secretsManager({ stage: 'AWSPREVIOUS' });

    expect((await named(cloud().secretsManager({}), ['staged'])).get('staged')).toBe('the current value');
    expect((await named(previous, ['staged'])).get('staged')).toBe('the previous value');
  });

  test('gives fields of JSON, numbers as they are written', async () => {
    lab.aws.putSecret('db', {
      AWSCURRENT: '{"user":"app","password":"pass word","port":5432,"account":123456789012345678901}',
    });
    const { get, redaction } = await named(cloud().secretsManager({}), ['db']);

    expect(['user', 'password', 'port', 'account'].map((field) => get('db', field))).toEqual([
      'app',
      'pass word',
      '5432',
      '123456789012345678901',
    ]);
    expect(redaction.redactText('it is pass word')).toBe('it is ***');
  });

  test.each([
    ['{"user":"app"}', ['usr'], 'The secret db has no field "usr". | Did you mean "user"?'],
    ['{"user":"app"}', ['user', 'x'], 'The secret db.user has no field "x".'],
    [
      '{"user":{"name":"app"}}',
      ['user'],
      'The secret db.user is not one value. | Say which of its fields is meant: name.',
    ],
    ['plain', ['user'], 'The secret db is not JSON, so it has no fields.'],
    [Buffer.from([1, 2]), [], 'The secret db is binary'],
    ['$ANSIBLE_VAULT;1.1;AES256\n6162', [], 'The secret db is still encrypted.'],
  ])('refuses %j with the fields %j', async (value, fields, complaint) => {
    lab.aws.putSecret('db', { AWSCURRENT: value });
    const { get } = await named(cloud().secretsManager({}), ['db']);

    expect(errorsFrom(() => get('db', ...fields)).map(textOf)[0]).toContain(complaint);
  });

  test('hides what stands in a JSON that is used as a whole', async () => {
    lab.aws.putSecret('whole', { AWSCURRENT: '{"inner":["deep-password"]}' });
    const { get, redaction } = await named(cloud().secretsManager({}), ['whole']);

    get('whole');

    expect(redaction.redactText('a program prints deep-password')).toBe('a program prints ***');
  });
});

describe('a folder of files', () => {
  test.each(['../outside', '/etc/passwd', 'a/../../b', '..', '.'])(
    'has no secret called %s',
    async (name) => {
      const backend = new FileBackend('/secrets', () => Buffer.from('never read'));

      expect((await backend.fetch([name])).size).toBe(0);
    },
  );

  test('refuses bytes that are no text', async () => {
    const { get } = await named(new FileBackend('/s', () => Buffer.from('M\xfcller', 'latin1')), ['a']);

    expect(errorsFrom(() => get('a')).map(textOf)[0]).toContain('The secret a is not UTF-8.');
  });
});

describe('several backends', () => {
  const of = (description: string, values: Readonly<Record<string, string>>): SecretBackend => ({
    description,
    nameOf: (name) => name,
    fetch: async (names) =>
      new Map(
        names.flatMap((name) =>
          values[name] === undefined ? [] : [[name, { kind: 'text', text: values[name] }] as const],
        ),
      ),
  });

  test('are asked in their order, each for what is still missing', async () => {
    const secrets = new NamedSecrets(new Redaction(), async () => [
      of('one', { a: 'from one' }),
      of('two', { a: 'from two', b: 'b of two' }),
    ]);
    await secrets.fetch(['a', 'b', 'c']);

    expect([secrets.get('a', [], {}), secrets.get('b', [], {})]).toEqual(['from one', 'b of two']);
    expect(errorsFrom(() => secrets.get('c', [], {})).map(textOf)[0]).toContain(
      '"c" in one, then "c" in two',
    );
  });

  test('are asked again after a failure, and nothing is opened before something is needed', async () => {
    let opened = 0;
    const secrets = new NamedSecrets(new Redaction(), async () => {
      opened += 1;
      if (opened === 1) throw new Error('no access');
      return [of('one', { a: 'a value' })];
    });

    await secrets.fetch([]);
    expect(opened).toBe(0);
    await expect(secrets.fetch(['a'])).rejects.toThrow('no access');
    await secrets.fetch(['a']);
    expect(secrets.get('a', [], {})).toBe('a value');
  });
});

describe('a sops file', () => {
  const values: Readonly<Record<string, Plain>> = {
    text: 'a text\nof lines',
    nested: { user: 'app', list: ['one', { two: 'deep' }] },
    number: 5432,
    float: 1.5,
    yes: true,
    empty: '',
    '10': 'the key of ten',
    '9': 'the key of nine',
  };

  test.each<[string, SopsChoices]>([
    ['YAML', {}],
    ['JSON', { format: 'json' }],
    [
      'partly encrypted by a pattern',
      {
        metadata: { encrypted_regex: '^(text|nested)$' },
        isEncrypted: ([top]) => top === 'text' || top === 'nested',
      },
    ],
    [
      'partly encrypted by a suffix',
      { metadata: { encrypted_suffix: 'r' }, isEncrypted: (path) => path.some((key) => key.endsWith('r')) },
    ],
    [
      'partly left plain',
      {
        metadata: { unencrypted_regex: '^n', mac_only_encrypted: true },
        isEncrypted: (path) => !path.some((key) => key.startsWith('n')),
      },
    ],
  ])('gives its values, nested ones by their keys: %s', async (_, choices) => {
    const { get } = await named(sopsBackend(values, choices), Object.keys(values));

    expect([get('text'), get('nested', 'user'), get('nested', 'list', '1', 'two')]).toEqual([
      'a text\nof lines',
      'app',
      'deep',
    ]);
    expect(['number', 'float', 'yes', 'empty', '10'].map((name) => get(name))).toEqual([
      '5432',
      '1.5',
      'true',
      '',
      'the key of ten',
    ]);
  });

  test('is decrypted by AWS KMS where it was encrypted by it', async () => {
    const arn = `arn:aws:kms:${labRegion}:471047104710:key/abc`;
    const kms = { arn, encrypt: (key: Uint8Array) => lab.aws.encryptByKms(key) };

    const { get } = await named(sopsBackend({ a: 'by kms' }, { age: [], kms }), ['a']);

    expect(get('a')).toBe('by kms');
  });

  const withoutLine = (name: string) => (text: string) =>
    text.replace(new RegExp(`^${name}: (>-\\n  )?ENC.*\\n`, 'm'), '');

  test.each<[string, (text: string) => string, string]>([
    ['a value is taken away', withoutLine('two'), 'its values do not have the signature (MAC)'],
    [
      'a value takes the place of another',
      (text) => text.replace(/^one: /m, 'three: '),
      'three cannot be decrypted',
    ],
    [
      'a value is written by hand',
      (text) => text.replace(/^one: (>-\n {2})?ENC.*$/m, 'one: by hand'),
      'one is not encrypted',
    ],
    [
      'its time is changed',
      (text) => text.replace('12:00:00Z', '13:00:00Z'),
      'its signature cannot be decrypted',
    ],
  ])('is refused where %s', async (_, change, complaint) => {
    const backend = await sopsBackend({ one: 'the first value', two: 'the second value' }, {}, change);

    const [error] = await errorsFromAsync(() => backend.fetch(['one']));
    expect(textOf(error!)).toContain(complaint);
    expect(textOf(error!)).not.toMatch(/first|second/);
  });

  test.each([
    ['text: plain', 'it has no key `sops`'],
    ['- a', 'it is no mapping'],
    ['a: [', 'cannot be read as a sops file'],
  ])('is refused where it is none: %j', async (text, complaint) => {
    const backend = await sopsBackend({ a: 'b' }, {}, () => text);

    expect(textOf((await errorsFromAsync(() => backend.fetch(['a'])))[0]!)).toContain(complaint);
  });

  test('says for whom it is encrypted where no key fits', async () => {
    const recipient = await identityToRecipient(await generateX25519Identity());
    const backend = await sopsBackend({ a: 'b' }, { age: [recipient] });
    const keyless = await sopsBackend({ a: 'b' }, { age: [recipient] }, (text) => text, '');

    expect(textOf((await errorsFromAsync(() => backend.fetch(['a'])))[0]!)).toContain(
      `No key at hand decrypts secrets.yml, which is encrypted for ${recipient}.`,
    );
    expect(textOf((await errorsFromAsync(() => keyless.fetch(['a'])))[0]!)).toContain(
      'there is no age key here',
    );
  });
});
