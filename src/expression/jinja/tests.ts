import { testNames } from '../functions/value-tests.js';
import { call, constant, fieldOf, isCall, not, text, Untranslatable, type Term } from './term.js';

/** A test of Jinja, `x is NAME`. Throws Untranslatable. */
type Test = (value: Term, args: readonly Term[]) => Term;

const none =
  (reason: string): Test =>
  () => {
    throw new Untranslatable(reason);
  };

const field =
  (name: string): Test =>
  (value) =>
    fieldOf(value, text(name));

const negated =
  (test: Test): Test =>
  (value, args) =>
    not(test(value, args));

const called =
  (name: string): Test =>
  (value, args) =>
    call(name, [value, ...args]);

const version: Test = (value, [other, sign = text('==')]) => {
  if (other === undefined) throw new Untranslatable('version needs another version.');
  return call('version', [value, sign, other]);
};

const onHosts =
  'A condition does not look at this machine. On a host, a task does: stat, with register, then result.stat.exists.';

/** The functions that tell whether a pattern fits, by the names of the tests. */
export const regexTests = { match: 'match', search: 'search', regex: 'search' } as const;

const tests: Readonly<Record<string, Test>> = {
  defined: called('defined'),
  undefined: negated(called('defined')),
  none: (value) =>
    // The first match of a pattern is none where there is no match.
    isCall(value, 'regex_search') ? not(call('search', value.args)) : call('eq', [value, constant(null)]),
  failed: field('failed'),
  failure: field('failed'),
  succeeded: negated(field('failed')),
  success: negated(field('failed')),
  successful: negated(field('failed')),
  changed: field('changed'),
  change: field('changed'),
  skipped: field('skipped'),
  skip: field('skipped'),
  unreachable: (value) => call('default', [fieldOf(value, text('unreachable')), constant(false)]),
  reachable: (value) => not(call('default', [fieldOf(value, text('unreachable')), constant(false)])),
  started: field('started'),
  finished: field('finished'),
  timedout: none('A task that takes too long has failed: ask result.failed.'),
  in: (value, args) => call('in', [value, ...args]),
  contains: called('contains'),
  match: called(regexTests.match),
  search: called(regexTests.search),
  regex: called(regexTests.regex),
  version,
  version_compare: version,
  sameas: called('eq'),
  equalto: called('eq'),
  eq: called('eq'),
  ne: called('ne'),
  lt: called('lt'),
  lessthan: called('lt'),
  le: called('le'),
  gt: called('gt'),
  greaterthan: called('gt'),
  ge: called('ge'),
  true: (value) => call('eq', [value, constant(true)]),
  false: (value) => call('eq', [value, constant(false)]),
  issubset: (value, args) => call('is', [value, text('subset'), ...args]),
  issuperset: (value, args) => call('is', [value, text('superset'), ...args]),
  nan: none('Numbers are always numbers here.'),
  exists: none(onHosts),
  file: none(onHosts),
  directory: none(onHosts),
  link: none(onHosts),
  link_exists: none(onHosts),
  mount: none(onHosts),
  same_file: none(onHosts),
  is_file: none(onHosts),
  is_dir: none(onHosts),
  filter: none('Functions are always there.'),
  test: none('Tests are always there.'),
  callable: none('Values are no functions here.'),
  escaped: none('Nothing is escaped here.'),
  vault_encrypted: none('A value that is still encrypted is an error here.'),
  vaulted_file: none('A value that is still encrypted is an error here.'),
  uri: none('Write match text "[a-z]+://".'),
  url: none('Write match text "https?://".'),
  urn: none('Write match text "urn:".'),
};

/** The names of all tests that are known, those without a counterpart included. */
export const allTestNames: readonly string[] = [...new Set([...Object.keys(tests), ...testNames])];

/** What a test asks of a value. Throws Untranslatable. */
export function tested(name: string, value: Term, args: readonly Term[]): Term {
  const local = name.split('.').at(-1) ?? name;
  const test = Object.hasOwn(tests, local) ? tests[local] : undefined;
  if (test !== undefined) return test(value, args);
  return call('is', [value, text(testNamed(name)), ...args]);
}

const otherNames: Readonly<Record<string, string>> = {
  success: 'succeeded',
  successful: 'succeeded',
  failure: 'failed',
  change: 'changed',
  skip: 'skipped',
  issubset: 'subset',
  issuperset: 'superset',
  version_compare: 'version',
};

/** The name of a test as `select`, `selectattr` and `is` know it. Throws Untranslatable. */
export function testNamed(name: string): string {
  const local = name.split('.').at(-1) ?? name;
  const here = Object.hasOwn(otherNames, local) ? (otherNames[local] ?? local) : local;
  if (testNames.includes(here)) return here;
  throw new Untranslatable(`There is no test "${name}": see \`is\` and \`select\` in docs/playbooks.md.`);
}
