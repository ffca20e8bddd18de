import Handlebars from 'handlebars';
import { describe, expect, it } from 'vitest';
import { render, renderFile } from '../../src/expression/templates.js';
import { Secret } from '../../src/model/secret.js';
import { UnknownValue } from '../../src/model/unknown.js';
import { caretOf, complaintOf, fromYaml, inline, variables } from '../stages/sources.js';

const known = variables({
  name: 'api',
  env: 'prod',
  port: 8080,
  ratio: 0.5,
  on: true,
  off: false,
  nothing: null,
  empty: '',
  ports: [80, 443],
  none: [],
  container: { name: 'api', env: { MODE: 'x' }, 'odd key': 1 },
  people: [
    { name: 'ann', roles: ['a', 'b'] },
    { name: 'bob', roles: [] },
  ],
  html: `<a href="x">'&'</a>`,
  data: '{{ name }}',
});
const rendered = (text: string): unknown => render(inline(text), known);

describe('a value that is exactly one expression', () => {
  it.each([
    ['{{ port }}', 8080],
    ['{{{ port }}}', 8080],
    ['{{ on }}', true],
    ['{{ nothing }}', null],
    ['{{ ports }}', [80, 443]],
    ['{{ container }}', { name: 'api', env: { MODE: 'x' }, 'odd key': 1 }],
    ['{{ container.[odd key] }}', 1],
    ['{{ people.[1].name }}', 'bob'],
    ['{{ split "a,b" "," }}', ['a', 'b']],
    ['{{ default missing port }}', 8080],
    ['{{ 5 }}', 5],
  ])('keeps its type: %s', (text, value) => expect(rendered(text)).toEqual(value));
});

describe('text with values in it', () => {
  it.each([
    [' {{ port }}', ' 8080'],
    ['{{ port }}{{ on }}', '8080true'],
    ['[{{ nothing }}{{ empty }}]', '[]'],
    ['{{ html }}!', `<a href="x">'&'</a>!`],
    ['{{ data }}!', '{{ name }}!'],
    ['\\{{ name }}', '{{ name }}'],
    ['{{{{raw}}}}{{ name }}{{{{/raw}}}}', '{{ name }}'],
    ['{{! a comment }}x', 'x'],
    ['$HOME ${HOME} {single} }}', '$HOME ${HOME} {single} }}'],
  ])('%s', (text, value) => expect(rendered(text)).toBe(value));
});

describe('what Handlebars itself can render', () => {
  // The tree is evaluated by our own code, for types, places and strictness. Where both can render, they must agree.
  const templates = [
    '{{name}}-{{ env }} {{~port~}} !',
    '{{#if on}}yes{{else}}no{{/if}}',
    '{{#if off}}a{{else if on}}b{{else}}c{{/if}}',
    '{{#unless none}}none{{/unless}}{{#if empty}}x{{/if}}{{#if nothing}}y{{/if}}{{#if port}}z{{/if}}',
    '{{#each ports}}{{@index}}={{this}}{{#unless @last}},{{/unless}}{{/each}}',
    '{{#each ports}}{{#if @first}}[{{/if}}{{.}}{{#if @last}}]{{/if}}{{/each}}',
    '{{#each none}}x{{else}}empty{{/each}}',
    '{{#each container.env}}{{@key}}={{this}};{{/each}}',
    '{{#each people as |person index|}}{{index}}{{person.name}}{{/each}}',
    '{{#each people}}{{name}}:{{#each roles}}{{../name}}.{{this}}@{{@../index}} {{/each}}{{@root.env}};{{/each}}',
    '{{#with container}}{{name}}/{{env.MODE}}/{{../port}}{{/with}}',
    '{{#with container as |c|}}{{c.name}}{{/with}}{{#with empty}}x{{else}}none{{/with}}',
    '{{#each people}}{{this.name}}{{./name}}{{#if roles}}+{{/if}}{{/each}}',
    'a\n  {{#if on}}\n  b\n  {{/if}}\nc\n',
    'a\n{{#each ports}}\n- {{this}}\n{{/each}}\nz\n',
    'a\n{{! standalone }}\nb {{!-- not {{ this }} --}} c\n',
    '{{{html}}} \\{{name}} {{container.name}} {{people.[0].name}} {{lookup container "name"}}',
    '{{#if on}}{{#unless off}}{{#each ports}}{{#if @last}}{{this}}{{/if}}{{/each}}{{/unless}}{{/if}}',
  ];
  const values = Object.fromEntries(known.names().map((name) => [name, known.get(name)]));

  it.each(templates)('is rendered to the same text: %j', (template) => {
    const expected = Handlebars.create().compile(template, { noEscape: true })(values);

    expect(renderFile({ file: 't', text: template }, known)).toBe(expected);
  });
});

describe('functions', () => {
  it.each([
    ['{{ default missing "x" }}', 'x'],
    ['{{ default container.nope "x" }}', 'x'],
    ['{{ default nothing "x" }}', 'x'],
    ['{{ default empty "x" }}', ''],
    ['{{ or empty "x" }}', 'x'],
    ['{{ defined missing }}', false],
    ['{{ defined container.env.MODE }}', true],
    ['{{#if (and (defined missing) (eq missing 1))}}a{{else}}b{{/if}}', 'b'],
    ['{{#if (eq env "prod")}}a{{/if}}', 'a'],
    ['{{ ne env "prod" }}', false],
    ['{{ gt port 80 }}', true],
    ['{{ lt "a" "b" }}', true],
    ['{{ not on }}', false],
    ['{{ upper (trim " x ") }}', 'X'],
    ['{{ lower "X" }}', 'x'],
    ['{{ replace "a.b.c" "." "-" }}', 'a-b-c'],
    ['{{ concat name "-" port }}', 'api-8080'],
    ['{{ b64encode "grüß" }}', 'Z3LDvMOf'],
    ['{{ b64decode "Z3LDvMOf" }}', 'grüß'],
    ['{{ join ports }}', '80,443'],
    ['{{ join ports " " }}', '80 443'],
    ['{{ length ports }}', 2],
    ['{{ length container }}', 3],
    ['{{ lookup container "odd key" }}', 1],
    ['{{ json ports }}', '[80,443]'],
  ])('%s is %j', (text, value) => expect(rendered(text)).toEqual(value));

  it.each([
    [
      '{{ lowr name }}',
      'template.unknown_function: unknown function "lowr" in a template | Did you mean "lower"?',
    ],
    ['{{ lower }}', 'expression.unknown_variable: unknown variable "lower"'],
    [
      '{{ join name }}',
      'template.wrong_argument: join: needs a list, and got "api" | Write {{ join list "," }}.',
    ],
    [
      '{{ lower ports }}',
      'template.wrong_argument: lower: needs a text, and got a list | Write {{ lower text }}.',
    ],
    [
      '{{ replace name "a" }}',
      'template.wrong_argument: replace: got 2 values | Write {{ replace text "from" "to" }}.',
    ],
    ['{{ b64decode "%" }}', 'template.wrong_argument: b64decode: needs base64'],
    ['{{ lookup container "x" }}', 'template.not_found: lookup: a mapping has no "x"'],
    [
      '{{ join ports atribute="x" }}',
      'template.unknown_option: join takes no value named atribute | Did you mean "attribute"?',
    ],
    ['{{ lower name first=true }}', 'template.unknown_option: lower takes no value named first'],
    ['{{#each ports by=2}}{{/each}}', 'template.syntax: each takes no named values such as by=…'],
  ])('%s: %s', (text, complaint) => expect(complaintOf(() => rendered(text))).toContain(complaint));
});

describe('strictness', () => {
  it.each([
    ['{{ nme }}', 'expression.unknown_variable: unknown variable "nme" | Did you mean "name"?'],
    ['{{#if missing}}x{{/if}}', 'expression.unknown_variable: unknown variable "missing"'],
    ['{{#each missing}}x{{/each}}', 'expression.unknown_variable: unknown variable "missing"'],
    ['{{ container.nme }}', 'expression.unknown_field: "container" has no "nme" | Did you mean "name"?'],
    ['{{ container.env.MODE.x }}', 'expression.unknown_field: "container.env.MODE" is "x", it has no "x"'],
    ['{{ ports.[7] }}', 'expression.unknown_field: "ports" has no "7"'],
    ['{{ container.constructor }}', 'expression.unknown_field: "container" has no "constructor"'],
    ['{{ container.__proto__ }}', 'expression.unknown_field: "container" has no "__proto__"'],
    ['{{ ports.map }}', 'expression.unknown_field: "ports" has no "map"'],
    ['{{ constructor }}', 'expression.unknown_variable: unknown variable "constructor"'],
    ['{{ @index }}', 'expression.unknown_variable: unknown variable "@index"'],
    ['{{#each ports}}{{ env }}{{/each}}', 'unknown variable "env" | Inside a block, write @root.env.'],
    [
      '{{#each name}}x{{/each}}',
      'template.not_iterable: #each goes over a list or a mapping, and "name" is "api"',
    ],
    ['x {{ ports }}', 'template.not_text: "ports" is a list and cannot stand inside text'],
    ['x {{ container }}', 'template.not_text: "container" is a mapping and cannot stand inside text'],
    ['{{> partial }}', 'template.syntax: partials and decorators'],
    [
      '{{#custom}}x{{/custom}}',
      'template.unknown_block: unknown block "{{#custom}}" | There are: if, unless, each, with.',
    ],
    ['{{#eech ports}}x{{/eech}}', 'Did you mean "each"?'],
  ])('%s: %s', (text, complaint) => expect(complaintOf(() => rendered(text))).toContain(complaint));
});

describe('what people write who know another language', () => {
  it.each([
    ["{{ name | default('x') }}", "Write {{ default name 'x' }}."],
    ['{{ name|upper }}', '{{ name|upper }} is Jinja, not Handlebars | Write {{ upper name }}.'],
    ['{{ name is defined }}', 'Write {{ defined name }}.'],
    ['docker ps --format {{.Names}}', 'Write \\{{ to leave it as it is: \\{{.Names}}.'],
    ['{{ port == 80 }}', 'Write {{ eq port 80 }}.'],
    ['{{ port + 1 }}', 'Write {{ add port 1 }}.'],
    ['{{ ports[0] }}', 'Write {{ ports.[0] }}.'],
    ['{{ people.0 }}', 'Write {{ people.[0] }}.'],
    ['{{ lookup("env", "HOME") }}', 'Write {{ env "HOME" }}.'],
    ['{{#if on}}x', 'a block is not closed at the end'],
    ['{{#if on}}x{{/each}}', 'the block {{#if}} is closed by {{/each}} | Close it with {{/if}}.'],
    ['x {{/if}}', 'this block was never opened'],
    ['{{ }}', 'there is nothing between the braces'],
    ['{{ name', 'template.syntax'],
    ['{{ name }', 'template.syntax'],
  ])('%s: %s', (text, complaint) => expect(complaintOf(() => rendered(text))).toContain(complaint));
});

describe('the place of an error in YAML', () => {
  it.each([
    ['plain', 'key: a {{ nme }} b\n'],
    ['double quoted', 'key: "a \\"x\\" \\t \\u00e4 {{ nme }} b"\n'],
    ['single quoted', "key: 'it''s {{ nme }} b'\n"],
    ['tagged', 'key: !!str "a {{ nme }} b"\n'],
    ['anchored', 'key: &anchor\n  "a {{ nme }} b"\n'],
    ['literal block', 'key: |\n  first {{ name }}\n\n    second {{ nme }} b\n'],
    ['literal block with indentation', 'key: |2-\n    first\n  second {{ nme }}\n'],
    ['folded block', 'key: >- # a comment {{ x }}\n  first\n  second {{ nme }} b\n  third\n'],
    ['folded plain text', 'key: first\n  second\n\n  third {{ nme }}\n'],
    ['double quoted over lines', 'key: "first \\\n  second\n  {{ nme }}"\n'],
    ['deep', 'key:\n  - a: 1\n  - b: ["x", "{{ name }} {{ nme }}"]\n'],
    ['Windows line ends', 'key: |\r\n  first\r\n  {{ nme }}\r\n'],
    ['an expression inside a function', 'key: "{{ lower (trim nme) }}"\n'],
    ['an emoji before it', 'key: "🚢 {{ nme }}"\n'],
  ])('%s', (_, text) => {
    const lines = text.split(/\r?\n/);
    const line = lines.findIndex((candidate) => candidate.includes('nme'));
    const column = lines[line]!.indexOf('nme');

    const shown = caretOf(() => render(fromYaml(text, 'key'), known));

    expect(shown).toBe(`${lines[line]!}\n${' '.repeat(column)}^`);
    expect(complaintOf(() => render(fromYaml(text, 'key'), known))).toContain(
      `vars.yml:${line + 1}:${column + 1} expression.unknown_variable`,
    );
  });

  it('is that of the broken tag for a template that is no template', () => {
    const text =
      'key: |\n  one {{ name }}\n  a long line with a lot of text before {{ name == 1 }} and after\n';

    expect(caretOf(() => render(fromYaml(text, 'key'), known))).toBe(
      '  a long line with a lot of text before {{ name == 1 }} and after\n' + `${' '.repeat(40)}^`,
    );
  });
});

describe('a template file', () => {
  it('is rendered as text, even when it is a single expression', () => {
    expect(renderFile({ file: 'a.hbs', text: '{{ port }}' }, known)).toBe('8080');
    expect(complaintOf(() => renderFile({ file: 'a.hbs', text: '{{ ports }}' }, known))).toContain(
      'not_text',
    );
  });

  it('has its errors at their very place', () => {
    const text = 'A=1\nB={{ nme }}\n';

    expect(complaintOf(() => renderFile({ file: 'a.hbs', text }, known))).toBe(
      'a.hbs:2:6 expression.unknown_variable: unknown variable "nme" | Did you mean "name"?',
    );
    expect(caretOf(() => renderFile({ file: 'a.hbs', text }, known))).toBe('B={{ nme }}\n     ^');
  });

  it('is a secret as a whole when it would show one, and unknown when it needs what is not known yet', () => {
    const later = new UnknownValue('task "a"');
    const some = variables({ password: new Secret('x'), later });

    expect(renderFile({ file: 'a.hbs', text: 'p={{ password }}' }, some)).toBeInstanceOf(Secret);
    expect(renderFile({ file: 'a.hbs', text: 'p={{ later }}' }, some)).toBe(later);
  });
});

describe('a value that is not known yet', () => {
  const later = new UnknownValue('the output of task "migrate"');
  const some = variables({ later, name: 'api', result: { rc: 0, stdout: later } });

  it.each([
    '{{ later }}',
    'x {{ later }}',
    '{{ later.deep.er }}',
    '{{ upper later }}',
    '{{ default later "x" }}',
    '{{#if later}}a{{/if}}',
    '{{#each later}}a{{/each}}',
    '{{#if (eq later 1)}}a{{/if}}',
    '{{ result }}',
  ])('makes %s unknown', (text) => expect(render(inline(text), some)).toBe(later));

  it('makes the whole structure unknown', () => {
    expect(render(inline({ a: ['{{ name }}', { b: '{{ result.stdout }}' }] }), some)).toBe(later);
    expect(render(inline({ a: ['{{ name }}', { b: '{{ result.rc }}' }] }), some)).toEqual({
      a: ['api', { b: 0 }],
    });
  });

  it('does not matter where it is not used', () => {
    expect(render(inline('{{#if result.rc}}{{ later }}{{else}}fine{{/if}}'), some)).toBe('fine');
  });
});

it('renders ten thousand small values, all different', () => {
  const values = Array.from({ length: 10_000 }, (_, index) => `host-${index}-{{ name }}:{{ port }}`);

  const all = render(inline(values), known);

  expect(all).toHaveLength(10_000);
  expect(new Set(Array.isArray(all) ? all : []).size).toBe(10_000);
});
