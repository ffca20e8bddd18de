import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkCondition, evaluateCondition, parseCondition } from '../../src/expression/condition.js';
import { filterNames } from '../../src/expression/jinja/filters.js';
import { lookupNames } from '../../src/expression/jinja/lookups.js';
import { jinjaIn } from '../../src/expression/jinja/template.js';
import { allTestNames } from '../../src/expression/jinja/tests.js';
import { conditionOfJinja, templateOfJinja } from '../../src/expression/jinja/translation.js';
import { checkTemplates, render, renderFile } from '../../src/expression/templates.js';
import { parseTemplate } from '../../src/expression/template-syntax.js';
import { Variables } from '../../src/expression/variables.js';
import { conditions, expressions, jinjaVariables } from './jinja-values.js';
import { complaintsOf, inline } from '../stages/sources.js';

const environment: Readonly<Record<string, string>> = { JINJA_TEST: 'here' };
const known = Variables.of([
  {
    name: 'test',
    values: jinjaVariables,
    literal: true,
    lookups: { environment: (name) => environment[name], file: () => undefined },
  },
]);
const at = { file: 'play.yml', line: 1, column: 1 };
const isTemplate = (tag: string): boolean => complaintsOf(() => parseTemplate(tag, () => ({}))).length === 0;

describe('an expression of Jinja as a template', () => {
  it.each(expressions)('%s is {{ %s }}', (jinja, here, value) => {
    expect(templateOfJinja(jinja)).toEqual({ text: here });
    expect(render(inline(`{{ ${here} }}`), known)).toEqual(value);
  });
});

describe('a condition of Jinja as CEL', () => {
  it.each(conditions)('%s is %s', (jinja, here, value) => {
    expect(conditionOfJinja(jinja)).toEqual({ text: here });
    expect(evaluateCondition(parseCondition(here, at), known)).toBe(value);
  });
});

describe("Ansible's own variables", () => {
  it.each([
    ['ansible_host', 'host.address'],
    ['ansible_check_mode', 'check_mode'],
    ['ansible_distribution', 'facts.distribution'],
    ["ansible_facts['distribution']", 'facts.distribution'],
    ['ansible_facts.default_ipv4.address', 'facts.default_ipv4.address'],
    ['ansible_lsb.codename', 'facts.codename'],
    ['ansible_memory_mb.real.total', 'facts.memory.total_mb'],
    ['ansible_env.HOME', 'facts.home'],
    ["hostvars['web-1']['ansible_host']", 'hostvars.web-1.host.address'],
    [
      "hostvars[peer]['ansible_default_ipv4']['address']",
      "extract peer hostvars 'facts' 'default_ipv4' 'address'",
    ],
    [
      "groups['web'] | map('extract', hostvars, 'ansible_host') | join(',')",
      "join (map groups.web 'extract' hostvars 'host' 'address') ','",
    ],
    ['ansible_system', '"Linux"'],
    ["vars['name']", 'name'],
  ])('%s is {{ %s }}', (jinja, here) => expect(templateOfJinja(jinja)).toEqual({ text: here }));

  it.each([
    ['ansible_os_family == "Debian"', 'facts.os_family == "debian"'],
    ["ansible_distribution in ['RedHat', 'Ubuntu']", "facts.distribution in ['rhel', 'ubuntu']"],
    ["ansible_facts['os_family'] | lower == 'redhat'", "lower(facts.os_family) == 'redhat'"],
    ['not ansible_check_mode', '!check_mode'],
  ])('%s is %s', (jinja, here) => expect(conditionOfJinja(jinja)).toEqual({ text: here }));
});

describe('what has no counterpart says what to do', () => {
  it.each([
    ["lookup('pipe', 'date')", /shell: …, with .*register: result, then \{\{ result.stdout \}\}/],
    ["lookup('password', '/dev/null')", /secret "name"/],
    ["x | json_query('a')", /selectattr/],
    ['x | password_hash', /secret/],
    ['x | nonsense', /no function for the filter nonsense/],
    ["x.append('a')", /Values do not change/],
    ["'%s' % x", /concat/],
    ['ansible_date_time.iso8601', /ansible_date_time is Ansible's/],
    ['ansible_python_interpreter', /hosts need no Python/],
    ["x | replace('a', 'b', 1)", /replace has no count here/],
    ['x | default(y, truth=1)', /default has no truth here/],
    ['x is file', /stat/],
    ['my_macro(1)', /no function my_macro/],
  ])('%s', (jinja, reason) =>
    expect(templateOfJinja(jinja)).toEqual({ reason: expect.stringMatching(reason) as string }),
  );

  it.each([
    ["lookup('env', 'X') == 'a'", /vars: \{ wanted: "\{\{ env 'X' \}\}" \}, and ask wanted/],
    ["x | default('a', true) == 'b'", /wanted/],
  ])('%s', (jinja, reason) =>
    expect(conditionOfJinja(jinja)).toEqual({ reason: expect.stringMatching(reason) as string }),
  );
});

/** Jinja 3.1 and Ansible 2.16: their documentation, "List of Builtin Filters", "Filters", "Tests" and "Lookup plugins". */
const ofAnsible = {
  filters: `abs attr batch capitalize center count d default dictsort e escape filesizeformat first float forceescape format groupby indent int
    items join last length list lower map max min pprint random reject rejectattr replace reverse round safe select selectattr slice sort string
    striptags sum title tojson trim truncate unique upper urlencode urlize wordcount wordwrap xmlattr
    b64decode b64encode basename bool checksum combinations combine comment commonpath dict2items difference dirname expanduser expandvars extract
    fileglob flatten from_json from_yaml from_yaml_all hash human_readable human_to_bytes intersect items2dict log mandatory md5 normpath
    password_hash path_join permutations pow product quote random realpath regex_escape regex_findall regex_replace regex_search
    rekey_on_member relpath root sha1 shuffle split splitext strftime subelements symmetric_difference ternary to_datetime to_json
    to_nice_json to_nice_yaml to_uuid to_yaml type_debug union unvault urldecode urlsplit vault win_basename win_dirname win_splitdrive
    zip zip_longest json_query ipaddr random_mac`,
  tests: `boolean callable defined divisibleby eq escaped even false filter float ge gt in integer iterable le lower lt mapping ne none number odd
    sameas sequence string test true undefined upper abs all any changed contains directory exists failed falsy file finished link link_exists
    match mount nan reachable regex same_file search skipped started subset success superset timedout truthy unreachable uri url
    urn vault_encrypted vaulted_file version`,
  lookups: `config csvfile dict env file fileglob first_found indexed_items ini inventory_hostnames items lines list nested password pipe random_choice
    sequence subelements template together unvault url varnames vars`,
};
const wordsOf = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');

it('knows every filter, test and lookup of Ansible', () => {
  expect(filterNames).toEqual(expect.arrayContaining([...wordsOf(ofAnsible.filters)]));
  expect(allTestNames).toEqual(expect.arrayContaining([...wordsOf(ofAnsible.tests)]));
  expect(lookupNames).toEqual(expect.arrayContaining([...wordsOf(ofAnsible.lookups)]));
});

/** Ansible 2.16, "Special Variables", without those that have the same name and meaning here. */
const specialVariables =
  wordsOf(`ansible_check_mode ansible_collection_name ansible_config_file ansible_dependent_role_names ansible_diff_mode
  ansible_forks ansible_index_var ansible_inventory_sources ansible_limit ansible_loop ansible_loop_var ansible_parent_role_names
  ansible_parent_role_paths ansible_play_batch ansible_play_hosts ansible_play_hosts_all ansible_play_name ansible_play_role_names
  ansible_playbook_python ansible_role_name ansible_role_names ansible_run_tags ansible_search_path ansible_skip_tags ansible_verbosity
  ansible_version inventory_dir inventory_file role_names ansible_facts ansible_local ansible_become_user ansible_connection ansible_host
  ansible_python_interpreter ansible_user ansible_port ansible_become_password ansible_anything_else`);

it.each(specialVariables)('tells what %s is called here', (name) => {
  expect(complaintsOf(() => render(inline(`{{ ${name} }}`), known))[0]).toContain(`| ${name} is Ansible's: `);
});

it.each([
  [
    '{{ ansible_facts.distribution }}',
    "ansible_facts.distribution is Ansible's: write facts.distribution, with gather_facts: true",
  ],
  ['{{ ansible_default_ipv4.address }}', 'write facts.default_ipv4.address'],
  ['{{ ansible_lsb.codename }}', 'write facts.codename'],
])('%s: %s', (text, hint) => expect(complaintsOf(() => render(inline(text), known))[0]).toContain(hint));

describe('a condition that CEL reads otherwise', () => {
  it.each([
    [
      'ansible_os_family == "Debian"',
      'ansible_os_family is Ansible\'s: write facts.os_family == "debian", with gather_facts: true',
    ],
    ["ansible_facts['distribution'] == 'Ubuntu'", "write facts.distribution == 'ubuntu'"],
    ['name != None', 'Conditions are CEL: write name != null.'],
    ["lookup('env', 'X') == 'a'", 'vars: { wanted: "{{ env \'X\' }}" }'],
  ])('%s: %s', (source, hint) =>
    expect(
      complaintsOf(() => checkCondition(parseCondition(source, at), new Set(known.names())))[0],
    ).toContain(hint),
  );
});

/** A template in the language here, made by replacing all that is Jinja in one. */
function rewritten(text: string): string {
  let [result, end] = ['', 0];
  for (const { offset, written, here } of jinjaIn(text, isTemplate)) {
    result += text.slice(end, offset) + ('text' in here ? here.text : `<${here.reason}>`);
    end = offset + written.length;
  }
  return result + text.slice(end);
}

describe('a template of Jinja', () => {
  it.each([
    ['# {{ name | upper }}\n{# not for the host #}\nend', '# API\nend'],
    [
      '{% for p in people %}\n{{ loop.index }} {{ p.name }}@{{ name }}\n{% endfor %}\n',
      '1 ann@api\n2 bob@api\n',
    ],
    ['{% for k, v in ages.items() %}\n{{ k }}={{ v * 2 }}\n{% endfor %}\n', 'api=6\nbob=8\ncy=10\na=2\n'],
    ['{% for p in people if p.admin %}\n{{ p.name }}\n{% else %}\nnone\n{% endfor %}\n', 'ann\n'],
    ["{% for n in names if n != 'bob' %}\n{{ n }}\n{% endfor %}\n", 'api\ncy\n'],
    ['{% for p in people if p.admin and on %}{{ p.name }}{% endfor %}', 'ann'],
    [
      "{% for a, b in names | zip([1, 2]) %}\n{{ a }}{{ b }}{% for x in box['l'] %}{{ a }}{{ x }}{{ port }}{% endfor %}\n\n{% endfor %}\n",
      'api1api18080api28080\n\nbob2bob18080bob28080\n\n',
    ],
    [
      '{% if port == 1 %}\none\n{% elif name in names and on %}\ntwo\n{% else %}\nthree\n{% endif %}\n',
      'two\n',
    ],
    ['{% if off -%} x {%- else -%} y {%- endif %}', 'y'],
    ['{% raw %}{{ name | upper }}{% endraw %}', '{{ name | upper }}'],
    ["{% if missing is defined %}{{ missing | default('x') }}{% endif %}-", '-'],
  ])('%j', (text, wanted) => {
    expect(renderFile({ file: 'a.j2', text: rewritten(text) }, known)).toBe(wanted);
  });

  it('has all of its parts told at once, each at its place', () => {
    const text =
      "{# a #}\nlisten {{ port | default(80) }};\n{% for h in groups['web'] %}\nserver {{ h }}:{{ port }};\n{% endfor %}\n";

    expect(complaintsOf(() => renderFile({ file: 'templates/a.j2', text }, known))).toEqual([
      'templates/a.j2:1:1 template.syntax: {# a #} is Jinja, not Handlebars | Write {{!-- a --}}.',
      'templates/a.j2:2:8 template.syntax: {{ port | default(80) }} is Jinja, not Handlebars | Write {{ default port 80 }}.',
      "templates/a.j2:3:1 template.syntax: {% for h in groups['web'] %} is Jinja, not Handlebars | Write {{#each groups.web as |h|}}.",
      'templates/a.j2:4:16 template.syntax: {{ port }} is inside a loop, where a name is one of the element | Write {{ @root.port }}.',
      'templates/a.j2:5:1 template.syntax: {% endfor %} is Jinja, not Handlebars | Write {{/each}}.',
    ]);
  });

  it.each([
    ['{% set a = b | int %}', "give the task vars: { a: '{{ int b }}' }"],
    ['{% include "x.j2" %}', 'Put the text itself here'],
    ['{% macro m(a) %}', 'a template has no macros'],
    ["{{ 'a' if on else 'b' }}", "Write {{ ternary on 'a' 'b' }}"],
    ['{{ a-b }} {{ x | upper }}', 'Write {{ upper x }}'],
  ])('%s', (text, hint) =>
    expect(complaintsOf(() => checkTemplates(text, () => undefined))[0]).toContain(hint),
  );

  it.each([
    'echo ${#list} ${x#}',
    'curl -w "%{http_code}" {%not a block%}',
    '{{#if on}}{{#each names}}{{this}}{{/each}}{{/if}}',
    '{{!-- {{ x | y }} {% if %} --}}',
    '{{{{raw}}}}{% if x %}{{ a | b }}{{{{/raw}}}}',
    '{{ lookup box "b" }} {{ not on }} {{ names.[0] }}',
    'docker ps --format \\{{.Names}}',
  ])('is not seen in %s', (text) => expect(jinjaIn(text, isTemplate)).toEqual([]));
});

const leaf = fc.constantFrom(
  'x',
  'a.b',
  "d['k']",
  'l[0]',
  '1',
  "'t'",
  'true',
  'none',
  '[]',
  "['a', x]",
  "{'k': x}",
);
const jinja = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('default(1)', 'length', 'int', 'lower', "join(',')", 'list', 'bool', 'first'),
      )
      .map(([a, f]) => `(${a}) | ${f}`),
    fc
      .tuple(tie('expression'), fc.constantFrom('defined', 'not none', "match('a')", 'number', 'not failed'))
      .map(([a, t]) => `(${a}) is ${t}`),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('and', 'or', '+', '-', '*', '/', '//', '%', '~', '==', '!=', '<', 'in', 'not in'),
        tie('expression'),
      )
      .map(([a, s, b]) => `(${a}) ${s} (${b})`),
    tie('expression').map((a) => `not (${a})`),
    fc
      .tuple(tie('expression'), tie('expression'), tie('expression'))
      .map(([a, b, c]) => `(${a}) if (${b}) else (${c})`),
    fc.tuple(tie('expression'), tie('expression')).map(([a, b]) => `(${a})[${b}]`),
  ),
})).expression;

it('prints only what can be read here', () => {
  fc.assert(
    fc.property(jinja, (source) => {
      const template = templateOfJinja(source);
      if (template !== undefined && 'text' in template)
        expect(complaintsOf(() => parseTemplate(`{{ ${template.text} }}`, () => ({})))).toEqual([]);
      const condition = conditionOfJinja(source);
      if (condition !== undefined && 'text' in condition)
        expect(
          complaintsOf(() => parseCondition(condition.text, at)).filter((one) =>
            one.includes('condition.syntax'),
          ),
        ).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
