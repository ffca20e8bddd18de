import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Redaction } from '../../src/events/redaction.js';
import { templateFunctions } from '../../src/expression/template-functions.js';
import { render } from '../../src/expression/templates.js';
import { Variables } from '../../src/expression/variables.js';
import { LazyMapping } from '../../src/model/lazy-mapping.js';
import { Secret } from '../../src/model/secret.js';
import { UnknownValue } from '../../src/model/unknown.js';
import { complaintOf, inline, variables } from '../stages/sources.js';

const files: Readonly<Record<string, string>> = {
  'keys/a.pub': 'ssh-ed25519 AAAA\n',
  'files/motd': 'hello\n',
};
const known = Variables.of([
  {
    name: 'test',
    literal: true,
    lookups: {
      environment: (name) => ({ HOME: '/home/jenkins', EMPTY: '' })[name],
      file: (path) => files[path],
    },
    values: {
      name: 'api',
      count: 5,
      half: 2.5,
      on: true,
      nothing: null,
      empty: '',
      path: '/etc/nginx/nginx.conf',
      version: '1.10.2',
      ports: [443, 80, 443],
      words: ['web', 'db', 'Api'],
      nested: [1, [2, [3, null]], []],
      people: [
        { name: 'ann', uid: 3, on: true, groups: ['a', 'b'] },
        { name: 'bob', uid: 1, on: false, groups: ['c'] },
        { name: 'cid', uid: 2, on: true, address: { city: 'Rome' } },
      ],
      base: { a: 1, deep: { x: 1, y: [1] } },
      over: { b: 2, deep: { y: [2], z: 3 } },
      hosts: new LazyMapping(
        () => ['a', 'b'],
        (key) => ['a', 'b'].includes(key),
        (key) => ({ address: `10.0.0.${key}` }),
      ),
      text: 'one two\nthree\n',
    },
  },
]);
const rendered = (text: string): unknown => render(inline(text), known);

describe('a function', () => {
  it.each([
    // What may be missing.
    ['{{ default missing "x" }}', 'x'],
    ['{{ default empty "x" }}', ''],
    ['{{ default empty "x" true }}', 'x'],
    ['{{ default 0 7 true }}', 7],
    ['{{ default (first (split "" ",")) "x" true }}', 'x'],
    ['{{ default (lookup base "q") "x" }}', 'x'],
    ['{{ mandatory count }}', 5],
    ['{{ ternary on "yes" "no" }}', 'yes'],
    ['{{ ternary (eq name "db") "yes" "no" }}', 'no'],
    ['{{ ternary nothing "yes" "no" "none" }}', 'none'],
    ['{{ ternary on "lazy" missing }}', 'lazy'],
    ['{{ bool "Yes" }}', true],
    ['{{ bool "off" }}', false],
    ['{{ bool 1 }}', true],
    ['{{ bool empty }}', false],
    ['{{ le 2 2 }}', true],
    ['{{ ge 1 2 }}', false],
    ['{{ eq base base }}', true],
    ['{{ in "db" words }}', true],
    ['{{ in "pi" name }}', true],
    ['{{ in "a" base }}', true],
    ['{{ contains words "dbx" }}', false],
    ['{{ is count "number" }}', true],
    ['{{ is path "match" "/etc" }}', true],
    ['{{ version version ">=" "1.9" }}', true],
    ['{{ version "1.10" "<" "1.9" }}', false],
    ['{{ version "2.0-rc1" "lt" "2.0" }}', true],
    ['{{ version "v1.2" "==" "1.2.0" }}', true],
    ['{{ string 5 }}', '5'],
    // Text.
    ['{{ capitalize "aPI x" }}', 'Api x'],
    ['{{ title "a bc-d" }}', 'A Bc-D'],
    ['{{ trim "--x--" "-" }}', 'x'],
    ['{{ replace "a.b" "." "$&" }}', 'a$&b'],
    ['{{ split text }}', ['one', 'two', 'three']],
    ['{{ splitlines text }}', ['one two', 'three']],
    ['{{ startswith path "/etc" }}', true],
    ['{{ endswith path ".conf" }}', true],
    ['{{ indent "a\nb\n\nc" 2 }}', 'a\n  b\n\n  c'],
    ['{{ indent "a\nb" 2 first=true }}', '  a\n  b'],
    ['{{ quote "a b" }}', "'a b'"],
    ['{{ basename path }}', 'nginx.conf'],
    ['{{ dirname path }}', '/etc/nginx'],
    ['{{ dirname "/a" }}', '/'],
    ['{{ dirname "a" }}', ''],
    ['{{ splitext "a/b.tar.gz" }}', ['a/b.tar', '.gz']],
    ['{{ splitext ".profile" }}', ['.profile', '']],
    ['{{ path_join "/etc" "nginx" "a.conf" }}', '/etc/nginx/a.conf'],
    ['{{ path_join (split "a,/b,c" ",") }}', '/b/c'],
    ['{{ human_readable 1610612736 }}', '1.50 GB'],
    ['{{ human_to_bytes "2G" }}', 2147483648],
    ['{{ human_to_bytes "1.5 MB" }}', 1572864],
    // Patterns.
    ['{{ regex_replace "v1.2.3" "^v(\\d+)\\..*" "\\1" }}', '1'],
    ['{{ regex_replace "a-b-c" "-" "+" }}', 'a+b+c'],
    ['{{ regex_replace "a-b-c" "-" "+" count=1 }}', 'a+b-c'],
    ['{{ regex_replace "AbA" "a" "x" ignorecase=true }}', 'xbx'],
    ['{{ regex_replace "ab" "(?P<first>a)" "[\\g<first>]" }}', '[a]b'],
    ['{{ regex_replace "ab" "b*" "-" }}', '-a--'],
    ['{{ regex_search "release 1.42 built" "\\d+\\.\\d+" }}', '1.42'],
    ['{{ regex_search "k=v" "(\\w)=(\\w)" "\\2" "\\1" }}', ['v', 'k']],
    ['{{ default (regex_search "abc" "\\d") "none" }}', 'none'],
    ['{{ regex_findall "a1b22" "\\d+" }}', ['1', '22']],
    [
      '{{ regex_findall "a=1,b=2" "(\\w)=(\\d)" }}',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['{{ regex_escape "a.b" }}', 'a\\.b'],
    ['{{ match "abc" "b" }}', false],
    ['{{ search "abc" "b" }}', true],
    // Numbers.
    ['{{ int "5" }}', 5],
    ['{{ int "4.7" }}', 4],
    ['{{ int "abc" }}', 0],
    ['{{ int "abc" -1 }}', -1],
    ['{{ int "ff" base=16 }}', 255],
    ['{{ int half }}', 2],
    ['{{ float "2.50" }}', 2.5],
    ['{{ round 2.567 2 }}', 2.57],
    ['{{ round 1.005 2 }}', 1.01],
    ['{{ round 2.1 0 "ceil" }}', 3],
    ['{{ abs -3 }}', 3],
    ['{{ add count 1 }}', 6],
    ['{{ add "a" "b" }}', 'ab'],
    ['{{ add ports words }}', [443, 80, 443, 'web', 'db', 'Api']],
    ['{{ subtract count 1 }}', 4],
    ['{{ multiply count 1.5 }}', 7.5],
    ['{{ divide count 2 }}', 2.5],
    ['{{ floordiv count 2 }}', 2],
    ['{{ modulo -1 3 }}', 2],
    ['{{ pow 2 10 }}', 1024],
    ['{{ range 3 }}', [0, 1, 2]],
    ['{{ range 1 4 }}', [1, 2, 3]],
    ['{{ range 6 0 -2 }}', [6, 4, 2]],
    ['{{ min ports }}', 80],
    ['{{ max 3 count 4 }}', 5],
    ['{{ sum ports }}', 966],
    ['{{ sum people attribute="uid" }}', 6],
    // Lists.
    ['{{ join people ", " attribute="name" }}', 'ann, bob, cid'],
    ['{{ first words }}', 'web'],
    ['{{ last ports }}', 443],
    ['{{ count base }}', 2],
    ['{{ list "ab" }}', ['a', 'b']],
    ['{{ list base }}', ['a', 'deep']],
    ['{{ slice words 1 }}', ['db', 'Api']],
    ['{{ slice "abcdef" 0 -2 }}', 'abcd'],
    ['{{ reverse words }}', ['Api', 'db', 'web']],
    ['{{ unique ports }}', [443, 80]],
    ['{{ sort ports }}', [80, 443, 443]],
    ['{{ sort words }}', ['Api', 'db', 'web']],
    ['{{ sort words case_sensitive=true reverse=true }}', ['web', 'db', 'Api']],
    ['{{ map (sort people attribute="uid") attribute="name" }}', ['bob', 'cid', 'ann']],
    ['{{ flatten nested }}', [1, 2, 3]],
    ['{{ flatten nested levels=1 }}', [1, 2, [3, null]]],
    ['{{ union words (split "db,new" ",") }}', ['web', 'db', 'Api', 'new']],
    ['{{ intersect words (split "db,new" ",") }}', ['db']],
    ['{{ difference ports (range 80 81) }}', [443]],
    ['{{ symmetric_difference (range 3) (range 1 4) }}', [0, 3]],
    [
      '{{ zip words ports }}',
      [
        ['web', 443],
        ['db', 80],
        ['Api', 443],
      ],
    ],
    [
      '{{ product (range 2) (split "a b") }}',
      [
        [0, 'a'],
        [0, 'b'],
        [1, 'a'],
        [1, 'b'],
      ],
    ],
    ['{{ batch (range 5) 2 }}', [[0, 1], [2, 3], [4]]],
    ['{{ map (groupby people "on") "first" }}', [false, true]],
    ['{{ map words "upper" }}', ['WEB', 'DB', 'API']],
    ['{{ map words "regex_replace" "^" "x-" }}', ['x-web', 'x-db', 'x-Api']],
    ['{{ map people attribute="address.city" default="?" }}', ['?', '?', 'Rome']],
    ['{{ map (split "a b") "extract" hosts "address" }}', ['10.0.0.a', '10.0.0.b']],
    ['{{ select words "match" "^[a-z]" }}', ['web', 'db']],
    ['{{ reject words "in" "web and db" }}', ['Api']],
    ['{{ select (split "a,,b" ",") }}', ['a', 'b']],
    ['{{ map (selectattr people "on") attribute="name" }}', ['ann', 'cid']],
    ['{{ map (rejectattr people "on" "eq" true) attribute="name" }}', ['bob']],
    ['{{ map (selectattr people "address" "defined") attribute="name" }}', ['cid']],
    ['{{ map (selectattr people "uid" ">" 1) attribute="name" }}', ['ann', 'cid']],
    ['{{ map (selectattr people "address.city" "undefined") attribute="name" }}', ['ann', 'bob']],
    // Mappings.
    ['{{ combine base over }}', { a: 1, b: 2, deep: { y: [2], z: 3 } }],
    ['{{ combine base over recursive=true }}', { a: 1, b: 2, deep: { x: 1, y: [2], z: 3 } }],
    [
      '{{ combine base over recursive=true list_merge="append" }}',
      { a: 1, b: 2, deep: { x: 1, y: [1, 2], z: 3 } },
    ],
    [
      '{{ dict2items (combine over) key_name="k" }}',
      [
        { k: 'b', value: 2 },
        { k: 'deep', value: { y: [2], z: 3 } },
      ],
    ],
    ['{{ items2dict people key_name="name" value_name="uid" }}', { ann: 3, bob: 1, cid: 2 }],
    ['{{ keys base }}', ['a', 'deep']],
    ['{{ values (items2dict people key_name="name" value_name="uid") }}', [3, 1, 2]],
    ['{{ lookup words -1 }}', 'Api'],
    ['{{ hosts.a.address }}', '10.0.0.a'],
    ['{{ keys hosts }}', ['a', 'b']],
    ['{{ length hosts }}', 2],
    ['{{ hosts }}', { a: { address: '10.0.0.a' }, b: { address: '10.0.0.b' } }],
    ['{{#each hosts}}{{@key}}={{address}};{{/each}}', 'a=10.0.0.a;b=10.0.0.b;'],
    ['{{ length (subelements people "groups" skip_missing=true) }}', 3],
    // Encodings.
    ['{{ to_json base }}', '{"a":1,"deep":{"x":1,"y":[1]}}'],
    ['{{ to_nice_json over indent=1 }}', '{\n "b": 2,\n "deep": {\n  "y": [\n   2\n  ],\n  "z": 3\n }\n}'],
    ['{{ from_json "[1,{\\"a\\":null}]" }}', [1, { a: null }]],
    ['{{ to_yaml base }}', "a: 1\ndeep:\n  x: 1\n  'y':\n    - 1\n"],
    ['{{ from_yaml "a: [1, no]" }}', { a: [1, 'no'] }],
    ['{{ b64decode (b64encode "grüß") }}', 'grüß'],
    ['{{ hash "abc" "sha256" }}', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['{{ hash "abc" }}', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['{{ md5 "abc" }}', '900150983cd24fb0d6963f7d28e17f72'],
    ['{{ urlencode "a b/c&d" }}', 'a%20b/c%26d'],
    ['{{ urldecode "a%20b" }}', 'a b'],
    ['{{ urlsplit "https://u:p@Example.com:8443/a?b=c#d" "hostname" }}', 'example.com'],
    ['{{ urlsplit "https://example.com:8443/a" "port" }}', 8443],
    // Lookups.
    ['{{ env "HOME" }}', '/home/jenkins'],
    ['{{ env "EMPTY" }}', ''],
    ['{{ default (env "NOT_SET") "x" }}', 'x'],
    ['{{ file "keys/a.pub" }}', 'ssh-ed25519 AAAA'],
    ['{{ file "motd" }}', 'hello'],
  ])('%s is %j', (text, value) => expect(rendered(text)).toEqual(value));

  it.each([
    ['{{ int words }}', 'int: needs a text, and got a list | Write {{ int value }}.'],
    ['{{ bool "maybe" }}', 'bool: needs true, false, yes, no, on, off, 1 or 0, and got "maybe"'],
    ['{{ max words 1 }}', 'max: compares two numbers or two texts, and got the number 1 and a list'],
    ['{{ first (select words "eq" "x") }}', 'template.not_found: first: the list is empty'],
    ['{{ env "NOT_SET" }}', 'env: the environment variable NOT_SET is not set | Write {{ default (env …)'],
    ['{{ file "nope" }}', 'file: there is no file nope or files/nope; paths are relative to the project'],
    ['{{ regex_search "a" "(" }}', 'regex_search: "(" is no pattern: missing closing )'],
    ['{{ regex_search "a" "a(?=b)" }}', 'patterns are RE2, which has no look-around such as (?=…)'],
    ['{{ select words "matches" "a" }}', 'select: there is no test "matches". Did you mean "match"?'],
    ['{{ map words "uper" }}', 'map: there is no function "uper". Did you mean "upper"?'],
    ['{{ map people attribute="nme" }}', 'map: a mapping has no "nme"'],
    ['{{ version "1" "~>" "2" }}', 'version: "~>" is no comparison'],
    ['{{ hash "a" "crc" }}', 'hash: there is no hash "crc": md5, sha1'],
    ['{{ from_json "{" }}', 'from_json: needs JSON'],
    ['{{ from_yaml "a: [" }}', 'from_yaml: needs YAML: line 1'],
    ['{{ divide 1 0 }}', 'divide: cannot divide by 0'],
    ['{{ hosts.c.address }}', '"hosts" has no "c" | It has: a, b.'],
    ['{{ mandatory missing "set the region" }}', 'mandatory: set the region'],
    ['{{ range 1000000 }}', 'range: makes at most 100000 numbers'],
  ])('%s: %s', (text, complaint) => expect(complaintOf(() => rendered(text))).toContain(complaint));

  it('is told by its name and place', () => {
    expect(
      complaintOf(() =>
        render(
          { value: 'a {{ upper (int words) }}', locate: () => ({ file: 'p.yml', line: 3, column: 5 }) },
          known,
        ),
      ),
    ).toBe('p.yml:3:5 template.wrong_argument: int: needs a text, and got a list | Write {{ int value }}.');
  });

  it('answers a pattern that takes a backtracking engine for ever', () => {
    const some = variables({ text: `${'a'.repeat(20_000)}!` });

    expect(render(inline('{{ search text "^(a+)+$" }}'), some)).toBe(false);
  });

  it.each([...templateFunctions].map(([name, { usage }]) => [name, usage] as const))(
    '%s is written as it says: %s',
    (name, usage) => expect(usage.startsWith(`${name} `)).toBe(true),
  );
});

describe('a value that is not known yet', () => {
  const later = new UnknownValue('task "a"');
  const some = variables({ later, list: [1, later], mapping: { a: later } });

  const calls = [...templateFunctions].filter(
    ([name]) => !['defined', 'env', 'file', 'secret'].includes(name),
  );

  it.each(calls.map(([name]) => name))('makes what %s makes of it unknown', (name) => {
    const [least = 1] = templateFunctions.get(name)?.takes ?? [];
    const rest = Array.from({ length: Math.max(0, least - 1) }, () => ' 1').join('');

    expect(render(inline(`{{ ${name} later${rest} }}`), some)).toBe(later);
  });

  it.each(['{{ length list }}', '{{ to_json mapping }}', '{{ keys mapping }}'])(
    'is found inside: %s',
    (text) => expect(render(inline(text), some)).toBe(later),
  );
});

describe('a secret', () => {
  const secret = new Secret('s3cret-value');
  const some = variables({
    secret,
    account: { user: 'ann', password: secret, port: 5432 },
    all: [secret, 'open'],
  });
  const made = (text: string): unknown => render(inline(text), some);
  /** The text of a secret; undefined for what is none. */
  const inside = (value: unknown): unknown => (value instanceof Secret ? value.reveal() : undefined);

  it.each([
    ['{{ upper secret }}', 'S3CRET-VALUE'],
    ['{{ b64encode secret }}', 'czNjcmV0LXZhbHVl'],
    ['{{ default secret "x" }}', 's3cret-value'],
    ['{{ default missing secret }}', 's3cret-value'],
    ['{{ to_json account }}', '{"user":"ann","password":"s3cret-value","port":5432}'],
    ['{{ join all "," }}', 's3cret-value,open'],
    ['{{ first all }}', 's3cret-value'],
    ['{{ lookup account "password" }}', 's3cret-value'],
    ['{{ int (replace secret "s3cret-value" "12345") }}', '12345'],
    ['{{ hash secret "md5" }}', '03ac82c1ecc11b08e44ca6e7cf0a3b3b'],
    ['password={{ secret }}', 'password=s3cret-value'],
  ])('stays one in %s', (text, value) => {
    const result = inside(made(text));
    if (text.includes('hash')) expect(result).toMatch(/^[0-9a-f]{32}$/);
    else expect(result).toBe(value);
  });

  it('makes each part of what it is cut into a secret', () => {
    const parts = made('{{ split secret "-" }}');

    expect(Array.isArray(parts) ? parts.map(inside) : parts).toEqual(['s3cret', 'value']);
  });

  it.each([
    ['{{ length secret }}', 12],
    ['{{ eq secret "x" }}', false],
    ['{{ defined secret }}', true],
    ['{{ search secret "^s3" }}', true],
    ['{{ account.user }} {{ length secret }}', 'ann 12'],
    ['{{ ternary (eq secret "x") "a" "b" }}', 'b'],
  ])('is not told by %s', (text, value) => expect(made(text)).toEqual(value));

  it('does not make its neighbours in a structure secret', () => {
    const combined = made('{{ combine account (items2dict (dict2items account)) }}');

    expect(combined).toEqual({ user: 'ann', password: expect.any(Secret) as Secret, port: 5432 });
  });

  it('that is declared by name is masked in what functions make of it', () => {
    const keeper = new Redaction();
    const declared = Variables.of([
      {
        name: 'adfpush.yml',
        values: { token: 'correct-battery', port: 5432 },
        secrets: { names: new Set(['token']), keeper },
      },
    ]);
    const shown = (template: string): string => keeper.redactText(String(render(inline(template), declared)));

    expect(shown('{{ upper token }}')).toBe('***');
    expect(shown('{{ hash token "sha256" }}')).toBe('***');
    expect(shown('{{ b64encode token }}')).toBe('***');
    expect(shown('{{ regex_replace token "-" "_" }}')).toBe('***');
    expect(shown('{{ join (map (split token "-") "capitalize") "" }}')).toBe('******');
    expect(shown('{{ port }} {{ length token }}')).toBe('5432 15');
  });
});

describe('shell', () => {
  const shell = (text: string): unknown => render(inline(text), variables({ name: "it's" }), 'shell');

  it('quotes once, with quote and without', () => {
    expect(shell('echo {{ quote name }}')).toBe(shell('echo {{ name }}'));
    expect(shell('echo {{{ quote name }}}')).toBe(shell('echo {{ name }}'));
  });
});

describe('for any list', () => {
  const of = (template: string, values: Readonly<Record<string, unknown>>): unknown =>
    render(inline(template), variables(values));
  const numbers = fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 12 });

  it('union, intersect and difference are those of sets', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        expect(of('{{ union a b }}', { a, b })).toEqual([...new Set([...a, ...b])]);
        expect(of('{{ intersect a b }}', { a, b })).toEqual([...new Set(a)].filter((one) => b.includes(one)));
        expect(of('{{ difference a b }}', { a, b })).toEqual(
          [...new Set(a)].filter((one) => !b.includes(one)),
        );
      }),
    );
  });

  it('from_json, from_yaml and b64decode undo what makes the text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.string(), (value, text) => {
        expect(of('{{ from_json (to_json value) }}', { value })).toEqual(JSON.parse(JSON.stringify(value)));
        expect(of('{{ b64decode (b64encode text) }}', { text })).toBe(text);
      }),
    );
  });
});
