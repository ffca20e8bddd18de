import { describe, expect, it } from 'vitest';
import { checkCondition, evaluateCondition, parseCondition } from '../../src/expression/condition.js';
import { placeInScalar } from '../../src/expression/place.js';
import { Variables } from '../../src/expression/variables.js';
import { UnknownValue } from '../../src/model/unknown.js';
import { caretOf, complaintOf, fromYaml, variables, yamlLayer } from '../stages/sources.js';

const at = { file: 'play.yml', line: 3, column: 13 };
const unknown = new UnknownValue('the output of task "migrate"');
const known = variables({
  env: 'prod',
  count: 3,
  ratio: 1.5,
  on: true,
  off: false,
  nothing: null,
  groups: ['api', 'web'],
  ports: [80, 443],
  result: { rc: 0, stdout: 'done: 5 rows', stdout_lines: ['a', 'b'], changed: true, later: unknown },
  later: unknown,
  data: '1 == 1',
});
const evaluate = (source: string): boolean | UnknownValue =>
  evaluateCondition(parseCondition(source, at), known);

describe('a condition', () => {
  it.each([
    ['result.rc == 0', true],
    ['result.rc != 0 || result.stdout.contains("done")', true],
    ['count == 3 && count == 3.0 && ratio == 1.5', true],
    ['1 == 1.0 && 1.0 == 1', true],
    ['count > 2.5 && count < 4', true],
    ['count * 1.5 == 4.5 && ratio + 1 == 2.5 && ratio - count < 0.0', true],
    ['count % 2 == 1 && count / 2 == 1', true],
    ['size(groups) > 1 && size(ports) == 2 && size(env) == 4', true],
    ['"api" in groups && !("db" in groups)', true],
    ['443 in ports && ports[0] == 80', true],
    ['env in ["prod", "staging"]', true],
    ['ports.exists(port, port == 443) && ports.all(port, port > 1)', true],
    ['result.stdout_lines.filter(line, line == "a").size() == 1', true],
    ['env.startsWith("pr") && env.matches("^p.*d$")', true],
    ['on ? off : on', false],
    ['nothing == null && env != null', true],
    ['"rc" in result && has(result.rc) && !has(result.nope)', true],
    [
      'defined(env) && defined(result.rc) && !defined(nope) && !defined(result.nope) && !defined(nope.x)',
      true,
    ],
    ['defined(nope) && nope == 1', false],
    ['int("5") == 5 && string(count) == "3"', true],
    ['count == "3"', false],
    ['data == "1 == 1"', true],
    ['true', true],
    ['false', false],
  ])('%s is %s', (source, value) => expect(evaluate(source)).toBe(value));

  it.each([
    ['count', 'condition.not_boolean: the condition count is the number 3, not true or false'],
    ['env', 'condition.not_boolean: the condition env is "prod", not true or false'],
    ['nothing', 'condition.not_boolean: the condition nothing is nothing, not true or false'],
    ['evn == "prod"', 'expression.unknown_variable: unknown variable "evn" | Did you mean "env"?'],
    [
      'on == True',
      'expression.unknown_variable: unknown variable "True" | Conditions are CEL: write on == true.',
    ],
    ['result.rcc == 0', 'expression.unknown_field: "result" has no "rcc" | Did you mean "rc"?'],
    ['env.x == 0', 'expression.unknown_field: "env" has no "x"'],
    ['ports[7] == 1', 'condition.type: no such key: index out of bounds'],
    ['env > 1', 'condition.type: no such overload: string > int'],
    ['env && on', 'condition.type: logical operator requires bool operands'],
    ['!env', 'condition.type: no such overload: !string'],
  ])('%s: %s', (source, complaint) =>
    expect(complaintOf(() => evaluate(source))).toContain(`play.yml:3:13 ${complaint}`),
  );
});

describe('a variable that has the name of a type', () => {
  const typed = variables({ list: ['a', 'b'], type: { map: 3 }, int: 7, n: 1 });

  it.each([
    ['size(list) == 2 && "a" in list && list[0] == "a"', true],
    ['type.map == 3 && int > 6', true],
    ['list.exists(int, int == "b") && int == 7', true],
    ['list.filter(list, list == "a").size() == 1', true],
    ['type(list) == list && type(int) == int && type(n) != list', true],
    ['type(n) in [int, double] && !(type(list) in [int])', true],
    ['defined(list) && !defined(map)', true],
  ])('%s is %s', (source, value) => {
    const condition = parseCondition(source, at);
    expect(evaluateCondition(condition, typed)).toBe(value);
    expect(() => checkCondition(condition, new Set(['list', 'type', 'int', 'n', 'optional']))).not.toThrow();
  });

  it('is unknown where there is none', () => {
    const condition = parseCondition('size(list) == 2', at);
    expect(complaintOf(() => evaluateCondition(condition, known))).toContain('unknown variable "list"');
    expect(complaintOf(() => checkCondition(condition, new Set(['n'])))).toContain('unknown variable "list"');
  });

  it('is called by its own name where a field is missing', () => {
    const condition = parseCondition('type.mop == 3', at);
    expect(complaintOf(() => evaluateCondition(condition, typed))).toContain('"type" has no "mop"');
  });
});

describe('what is no condition', () => {
  it.each([
    ['count ==', 'condition.syntax: not a condition: it ends too early in count =='],
    ['', 'condition.syntax'],
    ['{{ env }} == "prod"', 'Conditions are CEL: write env == "prod", without braces.'],
    ['env == "{{ other }}"', 'Conditions are CEL: write env == other, without braces.'],
    ['on and off', 'Conditions are CEL: write on && off.'],
    ['on or off', 'Conditions are CEL: write on || off.'],
    ['not on', 'Conditions are CEL: write !on.'],
    ['env is defined', 'Conditions are CEL: write defined(env).'],
    ['result.rc is not defined', 'Conditions are CEL: write !defined(result.rc).'],
    ['result is failed', 'Conditions are CEL: write result.failed.'],
    ['result is not changed', 'Conditions are CEL: write !result.changed.'],
    ['result is succeeded', 'Conditions are CEL: write !result.failed.'],
    ['"a" not in groups', 'condition.syntax'],
    ['env not in groups', 'Conditions are CEL: write !(env in groups).'],
    ['groups | length > 1', 'Conditions are CEL: write size(groups) > 1.'],
    ['x | default(1) == 1', 'Conditions are CEL: write default(x, 1) == 1.'],
    ['env = "prod"', 'A comparison is ==.'],
    ['env === "prod"', 'Write == or !=.'],
    ['1 + 1', 'condition.not_boolean: the condition 1 + 1 is of type int, not true or false'],
    ['"yes"', 'condition.not_boolean'],
    ['"a" < 1', 'condition.type: no such overload: string < int'],
    ['sise(groups) > 1', 'condition.type: unknown function "sise" in a condition | Did you mean "size"?'],
    ['env.startWith("p")', 'unknown function "startWith" in a condition | Did you mean "startsWith"?'],
  ])('%s: %s', (source, complaint) =>
    expect(complaintOf(() => parseCondition(source, at))).toContain(complaint),
  );

  it('is found at its place in the playbook, also in the middle of a folded block', () => {
    const text = 'when: >-\n  result.rc == 0 &&\n  reslt.changed\n';
    const { value, locate } = fromYaml(text, 'when');
    const expression = parseCondition(String(value), at, placeInScalar(locate, [], String(value)));

    expect(caretOf(() => evaluateCondition(expression, known))).toBe('  reslt.changed\n  ^');
    expect(complaintOf(() => evaluateCondition(expression, known))).toBe(
      'vars.yml:3:3 expression.unknown_variable: unknown variable "reslt" | Did you mean "result"?',
    );
  });
});

describe('a value that is not known yet', () => {
  const truthTable: readonly (readonly [string, boolean | UnknownValue])[] = [
    ['later', unknown],
    ['!later', unknown],
    ['later && true', unknown],
    ['later && false', false],
    ['later || true', true],
    ['later || false', unknown],
    ['true && later', unknown],
    ['false && later', false],
    ['true || later', true],
    ['false || later', unknown],
    ['later && later', unknown],
    ['later || later', unknown],
    ['later == 1', unknown],
    ['later == 1 || on', true],
    ['later == 1 && off', false],
    ['!(later == 1 && off)', true],
    ['later ? true : true', unknown],
    ['on ? later : true', unknown],
    ['off ? later : true', true],
    ['later in ports', unknown],
    ['size(later) > 1', unknown],
    ['later.deep.field == 1', unknown],
    ['result.later == "x"', unknown],
    ['result.later == "x" || result.rc == 0', true],
    ['result.later.contains("x") && result.rc == 1', false],
    ['result.rc == 0', true],
    ['result.rc == 1 || (later && result.rc == 0)', unknown],
    ['ports.exists(port, later == port)', unknown],
    ['defined(later)', unknown],
    ['defined(result.later)', unknown],
  ];

  it.each(truthTable)('%s', (source, value) => expect(evaluate(source)).toBe(value));

  it('does not hide a variable that is not defined', () => {
    expect(complaintOf(() => evaluate('later && typo == 1'))).toContain('unknown variable "typo"');
  });
});

describe("a host's data", () => {
  it('is never evaluated, as a condition or as a template', () => {
    const hostile = variables({ out: 'true || {{ password }}', password: 'x' });

    expect(evaluateCondition(parseCondition('out == "x"', at), hostile)).toBe(false);
    expect(complaintOf(() => evaluateCondition(parseCondition('out', at), hostile))).toContain('not_boolean');
  });
});

it('tells what is wrong with a variable that it uses, in the file of that variable', () => {
  const layers = Variables.of([yamlLayer('group.yml', 'a: 1\nb: "{{ c }}"\n')]);

  expect(complaintOf(() => evaluateCondition(parseCondition('b == 1', at), layers))).toBe(
    'group.yml:2:8 expression.unknown_variable: unknown variable "c" | Define it (inventory/group_vars/all.yml, vars, --extra-vars c=…), or write {{ default c "…" }}, in a condition default(c, "…").',
  );
});

describe('before a run, when only names are known', () => {
  const names = new Set(['env', 'result', 'groups', 'not-a-name']);

  it.each([
    'env == "prod" && result.rc == 0',
    'groups.exists(group, group == env)',
    'defined(other) && other == 1',
    'true',
  ])('%s passes', (source) =>
    expect(complaintOf(() => checkCondition(parseCondition(source, at), names))).toBe('nothing'),
  );

  it.each([
    ['evn == "prod"', 'unknown variable "evn" | Did you mean "env"?'],
    ['env == "prod" || resutl.rc == 0', 'unknown variable "resutl" | Did you mean "result"?'],
    ['groups.exists(group, grop == env)', 'unknown variable "grop"'],
    ['defined(other) && othr == 1', 'unknown variable "othr"'],
    ['size(groups)', 'condition.not_boolean'],
  ])('%s: %s', (source, complaint) =>
    expect(
      complaintOf(() => {
        checkCondition(parseCondition(source, at), names);
      }),
    ).toContain(complaint),
  );
});
