import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { breadth } from '../deep.js';
import type { Inventory } from '../../src/inventory/inventory.js';
import { requireGroup, selectHosts } from '../../src/inventory/patterns.js';
import { environmentName, groupName } from '../../src/model/ids.js';
import { errorsFrom, textOf } from '../stages/error-text.js';
import { AdfError } from '../../src/errors/adf-error.js';
import { foldHosts } from '../../src/report/host-ranges.js';
import { makeHost } from '../fakes/make-host.js';

const hosts = [
  makeHost('i-1', { name: 'api-1', groups: [groupName('api')] }),
  makeHost('i-2', { name: 'api-2', groups: [groupName('api'), groupName('worker')] }),
  makeHost('i-3', { name: 'api-2', groups: [groupName('api')] }),
  makeHost('i-4', { name: 'db-1', address: '10.0.0.4', groups: [groupName('db:main')] }),
  makeHost('i-5', { name: 'stray', groups: [] }),
];
const group = (name: string) => hosts.filter((host) => host.groups.some((each) => each === name));
const inventory: Inventory = {
  environment: environmentName('prod'),
  hosts,
  groupNames: ['api', 'db:main', 'worker'].map(groupName),
  lookedFor: 'running EC2 instances',
  group,
  layersFor: () => [],
  groupLayers: () => [],
  hostOf: ({ name }) => makeHost(name),
  with: () => Promise.resolve(inventory),
};
const select = (pattern: string) => selectHosts(inventory, pattern).map(({ id }) => id);
/** None where that is refused. */
const selectOrNone = (pattern: string) => {
  try {
    return select(pattern);
  } catch (error) {
    if (error instanceof AdfError && error.code === 'inventory.empty_selection') return [];
    throw error;
  }
};

test('the names that our own output folds mean these hosts', () => {
  const names = fc.uniqueArray(
    fc
      .tuple(fc.constantFrom('api-', 'web', 'a-b-'), fc.nat(120), fc.constantFrom(0, 2, 3))
      .map(([prefix, number, digits]) => `${prefix}${String(number).padStart(digits, '0')}`),
    { minLength: 1, maxLength: 40 },
  );
  fc.assert(
    fc.property(names, fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }), (all, chosen) => {
      const fleet = all.map((name) => makeHost(`id-of-${name}`, { name, groups: [] }));
      const meant = all.filter((_, n) => chosen[n]);
      fc.pre(meant.length > 0);
      const selected = selectHosts(
        { ...inventory, hosts: fleet, group: () => [] },
        foldHosts(meant, Infinity),
      );
      expect(selected.map(({ name }) => name)).toEqual(meant);
    }),
  );
});

describe('selectHosts', () => {
  test.each([
    ['all', ['i-1', 'i-2', 'i-3', 'i-4', 'i-5']],
    ['*', ['i-1', 'i-2', 'i-3', 'i-4', 'i-5']],
    ['api', ['i-1', 'i-2', 'i-3']],
    ['api-1', ['i-1']],
    ['api-2', ['i-2', 'i-3']],
    ['i-3', ['i-3']],
    ['db:main', ['i-4']],
    ['worker:db-1', ['i-2', 'i-4']],
    ['worker,db-1', ['i-2', 'i-4']],
    ['api:&worker', ['i-2']],
    ['&worker:api', ['i-2']],
    ['api:!worker', ['i-1', 'i-3']],
    ['!worker:api', ['i-1', 'i-3']],
    ['!api', ['i-4', 'i-5']],
    ['all:!api:!stray', ['i-4']],
    ['api-?', ['i-1', 'i-2', 'i-3']],
    ['*-1', ['i-1', 'i-4']],
    ['i-[1-3]', ['i-1', 'i-2', 'i-3']],
    ['i-[!1-3]', ['i-4', 'i-5']],
    ['work*', ['i-2']],
    [' api-1 , db-1 ', ['i-1', 'i-4']],
    ['api:!nothing*', ['i-1', 'i-2', 'i-3']],
    ['api-[1:2]', ['i-1', 'i-2', 'i-3']],
    ['api-[2:9],db-[1:1]', ['i-2', 'i-3', 'i-4']],
    ['all:!api-[1:2]', ['i-4', 'i-5']],
    ['10.0.0.4', ['i-4']],
    ['10.0.0.4:10.0.0.4:db-1', ['i-4']],
    ['~(api|db)-\\d', ['i-1', 'i-2', 'i-3', 'i-4']],
    ['~pi-1', []],
    ['api:!~.*-2', ['i-1']],
    ['api[0]', ['i-1']],
    ['api[-1]', ['i-3']],
    ['api[0:1]', ['i-1', 'i-2']],
    ['api[1:]', ['i-2', 'i-3']],
    ['api[1:7]', ['i-2', 'i-3']],
    ['api[7]', []],
    ['all[3:4]:&db*', ['i-4']],
  ])('%s', (pattern, expected) => {
    expect(selectOrNone(pattern)).toEqual(expected);
  });

  test.each([
    [',', 'The host pattern "," has an empty part.'],
    ['', 'The host pattern is empty.'],
    ['  ', 'The host pattern is empty.'],
    ['api,', 'The host pattern "api," has an empty part.'],
    [':api', 'The host pattern ":api" has an empty part.'],
    ['api:!', 'The host pattern "api:!" has an empty part.'],
  ])('%j is invalid and means nothing, least of all everything', (pattern, message) => {
    const errors = errorsFrom(() => select(pattern));

    expect(errors.map(textOf)).toEqual([
      `- ${message} | Name hosts or groups, as in api:!api-3; \`all\` means all hosts.`,
    ]);
    expect(errors[0]?.class).toBe('invalid');
  });

  test.each([
    ['apl', '- The environment "prod" has no group or host "apl". | Did you mean "api"?'],
    [
      'api:!wroker',
      '- The environment "prod" has no group or host "wroker" (in the pattern "api:!wroker"). | Did you mean "worker"?',
    ],
    [
      'zebra',
      '- The environment "prod" has no group or host "zebra". | Groups: api, db:main, worker. Hosts: api-1, api-2, api-2, db-1, stray.',
    ],
    [
      'zebra*',
      '- The pattern "zebra*" matches no host of the environment "prod". | Groups: api, db:main, worker. Hosts: api-1, api-2, api-2, db-1, stray.',
    ],
    [
      'api:!api',
      '- The pattern "api:!api" matches no host of the environment "prod". | Groups: api, db:main, worker. Hosts: api-1, api-2, api-2, db-1, stray.',
    ],
  ])('%s is refused', (pattern, complaint) => {
    const errors = errorsFrom(() => select(pattern));

    expect(errors.map(textOf)).toEqual([complaint]);
    expect(errors[0]?.class).toBe('refused');
  });

  test('every selection is sets put together, whatever the order of the parts', () => {
    const name = fc.constantFrom('api', 'worker', 'api-1', 'api-2', 'i-3', 'db-1', 'stray', 'all', 'api-*');
    const part = fc.record({ sign: fc.constantFrom('', '', '&', '!'), name });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const idsOf = (word: string) => new Set<string>(select(word));
        const of = (sign: string) =>
          parts.filter((each) => each.sign === sign).map((each) => idsOf(each.name));
        const wanted = select('all').filter(
          (id) =>
            (of('').length === 0 || of('').some((ids) => ids.has(id))) &&
            of('&').every((ids) => ids.has(id)) &&
            !of('!').some((ids) => ids.has(id)),
        );
        const written = parts.map((each) => each.sign + each.name);
        const attempt = (pattern: string) => {
          const errors = errorsFrom(() => select(pattern));
          return errors.length === 0 ? select(pattern) : errors.map(({ code }) => code);
        };
        const outcome = wanted.length === 0 ? ['inventory.empty_selection'] : wanted;
        expect(attempt(written.join(':'))).toEqual(outcome);
        expect(attempt(written.toReversed().join(','))).toEqual(outcome);
      }),
    );
  });

  test('no pattern fails in any other way than with an explanation', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(
            'a',
            'p',
            'i',
            '-',
            '1',
            '*',
            '?',
            '[',
            ']',
            '!',
            '&',
            ':',
            ',',
            '^',
            '\\',
            '$',
            '(',
            '😀',
          ),
          maxLength: 12,
        }),
        (pattern) => {
          const errors = errorsFrom(() => select(pattern));
          expect(errors.map((error) => error.class)).not.toContain('bug');
        },
      ),
      { numRuns: breadth(250, 2_000) },
    );
  });
});

describe('requireGroup', () => {
  test('gives the hosts of a group that is named in full', () => {
    expect(requireGroup(inventory, 'worker').map(({ id }) => id)).toEqual(['i-2']);
    expect(requireGroup(inventory, 'db:main').map(({ id }) => id)).toEqual(['i-4']);
  });

  test.each(['*', 'ap?', 'a[p]i', '!api', '&api', '', 'api:worker', 'api,worker', 'all'])(
    '%j is no name of a group',
    (name) => {
      const errors = errorsFrom(() => requireGroup(inventory, name));

      expect(errors.map(textOf)).toEqual([
        `- "${name}" is a pattern; a group is named in full. | Name one group, or several as in --group api,worker. Patterns are for --limit.`,
      ]);
      expect(errors[0]?.class).toBe('invalid');
    },
  );

  test.each([
    ['apl', 'Did you mean "api"? Groups with hosts: api (3), db:main (1), worker (1).'],
    ['web', 'Groups with hosts: api (3), db:main (1), worker (1).'],
    ['api-1', 'Groups with hosts: api (3), db:main (1), worker (1).'],
  ])('%s has no hosts, and that is refused', (name, hint) => {
    const errors = errorsFrom(() => requireGroup(inventory, name));

    expect(errors.map(textOf)).toEqual([
      `- The group "${name}" of the environment "prod" has no hosts: looked for running EC2 instances. | ${hint}`,
    ]);
    expect(errors[0]?.class).toBe('refused');
  });

  test('a wildcard that is a tag is still no name', () => {
    const errors = errorsFrom(() => requireGroup({ ...inventory, group: () => hosts }, '*'));

    expect(errors.map(({ code }) => code)).toEqual(['inventory.wildcard_group']);
  });
});
