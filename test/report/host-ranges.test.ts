import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldHosts } from '../../src/report/host-ranges.js';

const names = (from: number, to: number, name: (n: number) => string): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => name(from + index));

/** Reads the notation back. */
const unfold = (text: string): string[] =>
  text.split(', ').flatMap((word) => {
    const match = /^(.*)\[(\d+):(\d+)\]$/.exec(word);
    if (match === null) return [word];
    const [, prefix = '', first = '', last = ''] = match;
    return names(
      Number(first),
      Number(last),
      (n) => prefix + String(n).padStart(first.startsWith('0') ? first.length : 0, '0'),
    );
  });

describe('a list of hosts', () => {
  it.each([
    [names(1, 400, (n) => `api-${n}`), 'api-[1:400]'],
    [names(8, 12, (n) => `web${String(n).padStart(2, '0')}`), 'web[08:12]'],
    [['api-1', 'api-2'], 'api-1, api-2'],
    [['api-1', 'api-2', 'api-3', 'db', 'web-7'], 'api-[1:3], db, web-7'],
    [['i-0123456789abcdef0', 'i-0123456789abcdef1'], 'i-0123456789abcdef0, i-0123456789abcdef1'],
    [[], ''],
  ])('folds neighbours into ranges', (hosts, folded) => {
    expect(foldHosts(hosts)).toBe(folded);
  });

  it('says how many it leaves out', () => {
    expect(foldHosts(['a', 'b', 'c', 'd'], 2)).toBe('a, b and 2 more');
  });

  it('names each host exactly once, whatever the names', () => {
    const name = fc.tuple(
      fc.constantFrom('api-', 'web', 'ip-10-0-0-'),
      fc.integer({ min: 0, max: 120 }),
      fc.boolean(),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(name.map(([prefix, n, pad]) => prefix + String(n).padStart(pad ? 3 : 0, '0'))),
        (hosts) => {
          const unfolded = hosts.length === 0 ? [] : unfold(foldHosts(hosts, Infinity));
          expect([...unfolded].sort()).toEqual([...hosts].sort());
        },
      ),
    );
  });
});
