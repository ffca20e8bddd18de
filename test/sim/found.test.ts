import { describe, expect, it } from 'vitest';
import { breachesOf } from './shrink.js';

const names = Array.from({ length: 11 }, (_, index) => `h${index + 1}`);

/** What seeds found, shrunk; each was mended since. */
describe('a run', () => {
  it('runs no command past the deadline of its lease when it froze while it connected', async () => {
    expect(
      await breachesOf(1241, {
        hosts: names.map((id, index) => ({ id, zone: index % 2 === 0 ? 'a' : 'b' })),
        targetGroups: [{ name: 'api-1', ports: [5060], deregistrationDelay: 300_000, crossZone: true }],
        release: 'late_crash',
        scaling: { suspended: ['AZRebalance'] },
        hasCommand: true,
        launches: [
          {
            verb: 'deploy',
            machine: 'desk',
            after: 0,
            tag: 'v2',
            freeze: { atCall: 994, lasts: 292730.68830836564 },
          },
        ],
      }),
    ).toEqual([]);
  });
});
