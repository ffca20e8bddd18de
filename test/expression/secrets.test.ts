import { describe, expect, test } from 'vitest';
import { NamedSecrets, unknownSecrets } from '../../src/config/named-secrets.js';
import { Redaction } from '../../src/events/redaction.js';
import { evaluateCondition, parseCondition } from '../../src/expression/condition.js';
import type { Layer } from '../../src/expression/scope.js';
import { SecretNeeds } from '../../src/expression/secret-needs.js';
import { render, renderFile } from '../../src/expression/templates.js';
import { Variables } from '../../src/expression/variables.js';
import { revealed, Secret } from '../../src/model/secret.js';
import { UnknownValue } from '../../src/model/unknown.js';
import { errorsFrom, textOf } from '../stages/error-text.js';

const known: Readonly<Record<string, string>> = {
  key: 'the-key-itself',
  pair: 'somebody:pass-word',
  db: '{"user":"app","password":"pass-word"}',
};

async function stage(values: Readonly<Record<string, unknown>> = {}) {
  const redaction = new Redaction();
  const named = new NamedSecrets(redaction, async () => [
    {
      description: 'the test',
      nameOf: (name) => name,
      fetch: async (names) =>
        new Map(
          names.flatMap((name) =>
            known[name] === undefined ? [] : [[name, { kind: 'text', text: known[name] }] as const],
          ),
        ),
    },
  ]);
  await named.fetch([...Object.keys(known), 'gone']);
  const variables = Variables.of([
    { name: 'adfpush.yml', values, secrets: { names: new Set(), keeper: redaction, named } },
  ]);
  const rendered = (value: unknown, language?: 'plain' | 'shell'): unknown =>
    render({ value, locate: () => ({ file: 'play.yml', line: 1, column: 1 }) }, variables, language);
  return { redaction, variables, rendered };
}

describe('{{ secret "name" }}', () => {
  test.each<[string, string, unknown]>([
    ['alone', '{{ secret "key" }}', 'the-key-itself'],
    ['in a text', 'k={{ secret "key" }};', 'k=the-key-itself;'],
    ['a field of it', '{{ secret "db" "password" }}', 'pass-word'],
    ['in a function', '{{ upper (secret "key") }}', 'THE-KEY-ITSELF'],
    ['through a variable', '{{ url }}', 'postgres://app:pass-word@db'],
    ['through a field of a variable', '{{ config.inner.key }}', 'the-key-itself'],
    ['through a mapping as JSON', '{{ json config }}', '{"inner":{"key":"the-key-itself"}}'],
    ['in a block', '{{#if (eq env "x")}}{{ secret "key" }}{{else}}none{{/if}}', 'the-key-itself'],
    ['in a loop', '{{#each list}}{{ this }},{{/each}}', 'the-key-itself,b,'],
  ])('is a Secret, however it is used: %s', async (_, template, value) => {
    const { rendered } = await stage({
      url: 'postgres://app:{{ secret "db" "password" }}@db',
      config: { inner: { key: '{{ secret "key" }}' } },
      list: ['{{ secret "key" }}', 'b'],
      env: 'x',
    });

    const result = rendered(template);

    expect(result).toBeInstanceOf(Secret);
    expect(JSON.stringify({ result })).toBe('{"result":"***"}');
    expect(revealed(result)).toBe(value);
  });

  test('hides what a function makes of it', async () => {
    const { rendered, redaction } = await stage();

    rendered('{{ upper (secret "key") }}');
    rendered('{{ split (secret "pair") ":" }}');

    expect(redaction.redactText('THE-KEY-ITSELF and pass-word')).toBe('*** and ***');
  });

  test('keeps the types of a mapping, with its texts as they are', async () => {
    const { rendered } = await stage({ config: { port: 1, key: '{{ secret "key" }}' } });

    expect(rendered('{{ config }}')).toEqual({ port: 1, key: new Secret('the-key-itself') });
  });

  test('is quoted for the shell', async () => {
    const { rendered } = await stage();

    expect(revealed(rendered('run --user {{ secret "pair" }} {{ secret "db" }}', 'shell'))).toBe(
      `run --user 'somebody:pass-word' '{"user":"app","password":"pass-word"}'`,
    );
  });

  test('is not known where secrets are not fetched', () => {
    const secrets = { names: new Set<string>(), keeper: new Redaction(), named: unknownSecrets };
    const variables = Variables.of([{ name: 'adfpush.yml', values: {}, secrets }]);

    const value = render({ value: 'a {{ upper (secret "key") }}', locate: () => undefined }, variables);

    expect(value).toBeInstanceOf(UnknownValue);
  });

  test('is plain in conditions', async () => {
    const { variables } = await stage({ key: '{{ secret "key" }}' });
    const condition = parseCondition('key == "the-key-itself"', { file: 'play.yml', line: 1, column: 1 });

    expect(evaluateCondition(condition, variables)).toBe(true);
  });

  test('makes a whole file secret', async () => {
    const { variables } = await stage();
    const file = { file: 'templates/a.hbs', text: 'a={{ secret "key" }}\n' };

    expect(revealed(renderFile(file, variables))).toBe('a=the-key-itself\n');
    expect(renderFile(file, variables)).toBeInstanceOf(Secret);
  });

  test.each([
    ['{{ secret name }}', 'takes names in quotes, written out'],
    ['{{ secret "" }}', 'takes names in quotes, written out'],
    ['{{ secret "gone" }}', 'play.yml:1:1 There is no secret "gone"'],
    ['{{ secret "late" }}', 'play.yml:1:1 The secret "late" was not fetched'],
    [
      '{{ secret "db" "pasword" }}',
      'play.yml:1:1 The secret db has no field "pasword". | Did you mean "password"?',
    ],
  ])('refuses %s', async (template, complaint) => {
    const { rendered } = await stage({ name: 'key' });

    expect(errorsFrom(() => rendered(template)).map(textOf)[0]).toContain(complaint);
  });
});

describe('the secrets that texts need', () => {
  const layer = (values: Layer['values'], more: Partial<Layer> = {}): Layer => ({
    name: 'vars',
    values,
    ...more,
  });
  const needs = (texts: readonly string[], ...layers: readonly Layer[]): readonly string[] => {
    const found = new SecretNeeds();
    found.addVariables(layers);
    for (const text of texts) found.addText(text);
    return [...found.names].sort();
  };

  test.each([
    ['{{ secret "a" }}', ['a']],
    ["{{ secret 'a' }}{{{ secret 'b' 'field' }}}", ['a', 'b']],
    ['x: "{{ secret \\"a\\" }}"', ['a']],
    ["x: '{{ secret ''a'' }}'", ['a']],
    ['{{#if (eq (secret "/shop/a-b.c:3") "x")}}{{/if}}', ['/shop/a-b.c:3']],
    ['{{ concat "x"\n  (secret "a") }}', ['a']],
    ['{{ my_secret "a" }} secret "b" {{ x }} secret "c"', []],
  ])('are those that they name: %j', (text, names) => {
    expect(needs([text])).toEqual(names);
  });

  test('are those of the variables that they name, and of those that these name', () => {
    const variables = layer({
      container: { env: { URL: '{{ url }}' } },
      url: 'x{{ secret "a" }}',
      unused: '{{ secret "b" }}',
      also: '{{ secret "c" }}',
    });

    expect(needs(['container'], variables)).toEqual(['a']);
    expect(needs(['when: also != ""'], variables)).toEqual(['c']);
  });

  test('are found whichever comes first, texts or variables', () => {
    const found = new SecretNeeds();
    found.addText('{{ url }}');
    found.addVariables([layer({ url: '{{ inner }}' }), layer({ inner: '{{ secret "a" }}' })]);

    expect([...found.names]).toEqual(['a']);
  });

  test('are not looked for in what a host or the cloud told', () => {
    expect(needs(['url'], layer({ url: '{{ secret "a" }}' }, { literal: true }))).toEqual([]);
  });
});
