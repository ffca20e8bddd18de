import { describe, expect, it } from 'vitest';
import { celFunctions } from '../../src/expression/cel-environment.js';
import { notInConditions } from '../../src/expression/cel-functions.js';
import { checkCondition, evaluateCondition, parseCondition } from '../../src/expression/condition.js';
import { templateFunctions } from '../../src/expression/template-functions.js';
import { LazyMapping } from '../../src/model/lazy-mapping.js';
import { Secret } from '../../src/model/secret.js';
import { UnknownValue } from '../../src/model/unknown.js';
import { complaintOf, variables } from '../stages/sources.js';

const at = { file: 'play.yml', line: 3, column: 13 };
const unknown = new UnknownValue('the output of task "migrate"');
const known = variables({
  env: 'Prod',
  count: 3,
  enabled: 'yes',
  empty: '',
  nothing: null,
  kernel: '5.15.0-91-generic',
  mapping: { a: 1, deep: { b: 'x' } },
  people: [
    { name: 'ann', uid: 3, on: true },
    { name: 'bob', uid: 1, on: false },
  ],
  hosts: new LazyMapping(
    () => ['a', 'b'],
    (key) => ['a', 'b'].includes(key),
    (key) => ({ address: `10.0.0.${key}`, port: 22 }),
  ),
  password: new Secret('hunter22'),
  text: 'a'.repeat(20_000),
  later: unknown,
  result: { rc: 0, stdout: unknown },
});
const evaluate = (source: string): unknown => evaluateCondition(parseCondition(source, at), known);

describe('a function in a condition', () => {
  it.each([
    ['length(people) == 2 && count("abc") == 3', true],
    ['lower(env) == "prod" && upper(env) == "PROD"', true],
    ['bool(enabled) && !bool("off") && bool(1) && bool(true)', true],
    ['default(nope, 5) == 5 && default(nothing, "x") == "x" && default(empty, "x") == ""', true],
    ['default(mapping.deep.c, "z") == "z" && default(mapping.deep.b, "z") == "x"', true],
    ['default(regex_search(env, "[0-9]+"), "none") == "none"', true],
    ['defined(regex_search(env, "P"))', true],
    ['match(env, "Pr") && !match(env, "od") && search(env, "od")', true],
    ['version(kernel, ">=", "5.4") && version("1.10", ">", "1.9")', true],
    ['first(people).name == "ann" && last(people).uid == 1', true],
    ['selectattr(people, "on") == [people[0]]', true],
    ['sum(range(4)) == 6 && max(1, count) == 3', true],
    ['unique([1, 2, 1]) == [1, 2] && sort(["b", "a"]) == ["a", "b"]', true],
    ['union([1], [2]) == [1, 2] && intersect([1, 2], [2]) == [2] && difference([1, 2], [2]) == [1]', true],
    ['combine(mapping, {"z": 2}).z == 2 && keys(mapping) == ["a", "deep"]', true],
    ['is(count, "number") && is(mapping, "mapping")', true],
    ['basename("/a/b") == "b" && dirname("/a/b") == "/a"', true],
    ['split(kernel, "-")[0] == "5.15.0"', true],
    ['from_json("{\\"a\\": [1]}").a[0] == 1', true],
    ['hosts.a.address == "10.0.0.a" && "b" in hosts && !("c" in hosts) && hosts["b"].port == 22', true],
    ['size(hosts) == 2 && length(hosts) == 2 && defined(hosts.a) && !defined(hosts.c)', true],
    ['length(password) == 8 && password == "hunter22"', true],
    ['env.matches("^P.*d$") && !env.matches("^p")', true],
    ['people.exists(one, one.name.matches("^b"))', true],
    ['(text + "!").matches("^(a+)+$")', false],
    ['length(later) > 0', unknown],
    ['default(later, 1) == 1', unknown],
    ['to_json(result) == ""', unknown],
    ['result.rc == 0 || length(later) > 0', true],
  ])('%s is %s', (source, value) => expect(evaluate(source)).toBe(value));

  it.each([
    ['upper(people) == "x"', 'condition.type: upper: needs a text, and got a list'],
    ['count > 1 && version(env, ">=", "1")', 'condition.type: version: "Prod" is no version'],
    ['bool("maybe")', 'condition.type: bool: needs true, false, yes, no'],
    ['env.matches("(")', 'condition.type: matches: "(" is no pattern'],
    ['first([]) == 1', 'condition.type: first: the list is empty'],
    ['hosts.c.address == "x"', 'expression.unknown_field: "hosts" has no "c" | It has: a, b.'],
    ['ternary(true, 1, 2) == 1', 'Conditions are CEL: write condition ? a : b.'],
    ['env("HOME") == "x"', 'Conditions are CEL: write a variable: "{{ env \\"NAME\\" }}".'],
    ['eq(count, 3)', 'Conditions are CEL: write a == b.'],
  ])('%s: %s', (source, complaint) => expect(complaintOf(() => evaluate(source))).toContain(complaint));

  it('is known before a run, with names that nothing defines only where they are asked for', () => {
    const names = new Set(['env']);
    const check = (source: string): string =>
      complaintOf(() => checkCondition(parseCondition(source, at), names));

    expect(check('default(nope, 1) == 1 && lower(env) == "prod"')).toBe('nothing');
    expect(check('lower(nope) == "prod"')).toContain('unknown variable "nope"');
  });

  it('is there for each function of templates, or the way to write it is', () => {
    const names = celFunctions();

    const left = [...templateFunctions.keys()].filter((name) => !names.includes(name));

    expect(left.filter((name) => !Object.hasOwn(notInConditions, name))).toEqual([]);
  });
});
