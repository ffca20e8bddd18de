import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { explore, type Bounds } from './explore-lease.js';

const one = ['a'];
const two = ['a', 'b'];
const three = ['a', 'b', 'c'];
const five = ['a', 'b', 'c', 'd', 'e'];

const boundsOf = (given: Partial<Bounds>): Bounds => ({
  runs: 2,
  before: three,
  after: three,
  hadBefore: false,
  moving: false,
  hanging: undefined,
  losses: 0,
  crashes: 0,
  lapses: 0,
  renewals: 0,
  extensions: 0,
  regains: 0,
  ...given,
});

type Walk = readonly [what: string, bounds: Partial<Bounds>];

const walks: readonly Walk[] = [
  ['on three hosts', { renewals: 1 }],
  ['on three hosts that had a lease before', { hadBefore: true, renewals: 1, losses: 1 }],
  ['where a question or its answer is lost', { losses: 1 }],
  ['where one dies', { before: two, after: two, crashes: 1, renewals: 1 }],
  ['where one is too slow, and takes its lease back', { before: two, after: two, lapses: 1, regains: 1 }],
  ['where the group grows', { before: two, extensions: 1 }],
  ['where the group grows by most of its hosts, and a question is lost', { before: one, losses: 1 }],
  ['where one moves it elsewhere, and is too slow', { before: two, after: two, moving: true, lapses: 1 }],
  ['where one moves it elsewhere while the group grows', { before: one, after: two, moving: true }],
];

/** Minutes, so they are only walked where much is asked for. */
const longWalks: readonly Walk[] = [
  ['where a host hangs', { hanging: 'a' }],
  [
    'where one is too slow, renews, and takes its lease back',
    { before: two, after: two, lapses: 1, regains: 1, renewals: 1 },
  ],
  ['where the group grows, and a new host hangs', { before: two, extensions: 1, hanging: 'c' }],
  ['where the group grows, and an old host hangs', { before: two, extensions: 1, hanging: 'a' }],
  ['where the group grows by most of its hosts, and one dies', { before: one, extensions: 1, crashes: 1 }],
  [
    'where the group grows by most of its hosts, and one is too slow',
    { before: one, extensions: 1, lapses: 1 },
  ],
  ['of three, on two hosts', { runs: 3, before: two, after: two }],
  ['of three, where the group grows', { runs: 3, before: one, after: two, extensions: 1 }],
  ['on three hosts that become five', { after: five, extensions: 1 }],
];

const asked = process.env['ADFPUSH_DEEP'] === undefined ? walks : [...walks, ...longWalks];

describe('every order of questions and answers of two runs', () => {
  it.each(asked)(
    '%s: never do two hold the lease, and it can always be taken again',
    (what, given) => {
      const { states, wrong, held } = explore(boundsOf(given));
      console.log(`${what}: ${states} states`);
      expect(wrong).toBeUndefined();
      expect(held).toBeGreaterThan(0);
    },
    3_600_000,
  );
});

interface Broken {
  readonly rule: string;
  readonly file: string;
  readonly line: string;
  readonly replacement: string;
  /** Of the walk that must show it. */
  readonly bounds: Partial<Bounds>;
}

const broken: readonly Broken[] = [
  {
    rule: 'a majority is more than half',
    file: 'src/state/lease-rules.ts',
    line: 'export const majorityCount = (size: number): number => Math.floor(size / 2) + 1;',
    replacement: 'export const majorityCount = (size: number): number => Math.ceil(size / 2);',
    bounds: { before: two, after: two, hadBefore: true, losses: 1 },
  },
  {
    rule: 'a majority of every recorded list is needed',
    file: 'src/state/lease-rules.ts',
    line: 'if (record !== undefined) return joined(record.quorums, [majority]);',
    replacement: 'if (record !== undefined) return [majority];',
    bounds: { before: two, after: five },
  },
  {
    rule: 'the first lease needs all hosts',
    file: 'src/state/lease-rules.ts',
    line: 'return joined([{ members: reachable, needed: reachable.length }], [majority]);',
    replacement: 'return [majority];',
    bounds: { before: one, losses: 1 },
  },
  {
    rule: 'a lease that grows keeps the majority of its old list',
    file: 'src/state/lease-machine.ts',
    line: 'joined([quorum], [majorityQuorum(members)]);',
    replacement: '[majorityQuorum(members)];',
    bounds: { before: one, extensions: 1, losses: 1, lapses: 1 },
  },
  {
    rule: 'no run takes back what another had',
    file: 'src/state/lease-machine.ts',
    line: 'if (since === undefined) return undefined;',
    replacement: 'if (since !== undefined || since === undefined) return undefined;',
    bounds: { before: two, after: two, lapses: 1, regains: 1 },
  },
  {
    rule: 'no run takes on the hosts what was moved',
    file: 'src/state/lease-machine.ts',
    line: 'if (moved !== undefined || record?.moved === undefined) return undefined;',
    replacement: 'if (moved === undefined || record?.moved === undefined) return undefined;',
    bounds: { before: two, after: two, moving: true },
  },
];

describe('a lease without one of its rules', () => {
  it.each(broken)(
    'is found wrong: $rule',
    async ({ file, line, replacement, bounds }) => {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [
          '--experimental-transform-types',
          '--no-warnings',
          '--import',
          './test/sim/typescript.ts',
          './test/state/explore-broken.ts',
          JSON.stringify({ file, line, replacement, bounds: boundsOf(bounds) }),
        ],
        { cwd: fileURLToPath(new URL('../..', import.meta.url)) },
      );
      expect(stdout.trim()).not.toBe('nothing');
    },
    600_000,
  );
});
