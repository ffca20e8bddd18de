import { describe, expect, it } from 'vitest';
import { breachesOf } from './shrink.js';

const deploy = { verb: 'deploy', machine: 'desk', after: 0, tag: 'v2' } as const;
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

  it('keeps what a host ran before when its containers are of one image and its Engine is restarted at the end', async () => {
    expect(
      await breachesOf(387, {
        hosts: [
          { id: 'h1', zone: 'a' },
          { id: 'h4', zone: 'a' },
        ],
        targetGroups: [{ name: 'api-1', ports: [5060], deregistrationDelay: 5_000, crossZone: true }],
        containers: 2,
        restart: { name: 'on-failure', maximumRetries: 0 },
        faults: {
          sparesPreflight: true,
          blips: [
            {
              host: 'h1',
              at: 47582.39017333835,
              lasts: 11075.368475052528,
              of: 'dockerd',
              stopping: 3371.186780394055,
              sinceDrained: true,
            },
          ],
        },
      }),
    ).toEqual([]);
  });

  it('restores a host whose copy of a hold was lost on its way when the host was to be rolled back', async () => {
    expect(
      await breachesOf(7172, {
        hosts: [
          { id: 'h6', zone: 'a' },
          { id: 'h10', zone: 'a' },
        ],
        targetGroups: [{ name: 'api-1', ports: [5060], deregistrationDelay: 30_000, crossZone: true }],
        rollout: { serial: [{ percent: 100 }], minHealthy: { hosts: 0 }, bake: 0, reconnect: 30_000 },
        faults: { sparesPreflight: true, lostAfter: 0.01 },
        launches: [deploy, deploy],
      }),
    ).toEqual([]);
  });

  it('holds what it rolls back, though its hosts were just being settled when another one failed', async () => {
    expect(
      await breachesOf(3326, {
        hosts: ['h1', 'h3', 'h4', 'h5', 'h6', 'h7'].map((id) => ({ id, zone: id === 'h5' ? 'b' : 'a' })),
        targetGroups: [{ name: 'api-1', ports: [5060], deregistrationDelay: 300_000, crossZone: true }],
        release: 'late_crash',
        rollout: { serial: [{ percent: 50 }] },
        faults: { sparesPreflight: true, lostBefore: 0.01, throttled: 0.3 },
      }),
    ).toEqual([]);
  });

  it('puts a registration back whose note was pruned before the note of the container was written', async () => {
    expect(
      await breachesOf(11834, {
        hosts: [
          { id: 'h1', zone: 'a' },
          { id: 'h8', zone: 'b' },
          { id: 'h9', zone: 'a' },
          { id: 'h10', zone: 'b' },
        ],
        targetGroups: [{ name: 'api-1', ports: [5060, 5070], deregistrationDelay: 300_000, crossZone: true }],
        ports: [5060, 5070],
        faults: { prunes: [{ host: 'h1', at: 221_354, what: 'volumes' }] },
        launches: [{ ...deploy, killAtCall: 465 }],
        finish: true,
      }),
    ).toEqual([]);
  });

  it('takes the note of a replaced container off though it froze past its lease while it settled', async () => {
    expect(
      await breachesOf(11169, {
        hosts: [{ id: 'h1', zone: 'a' }],
        targetGroups: [
          { name: 'api-1', ports: [5060], deregistrationDelay: 5_000, crossZone: true },
          { name: 'api-2', ports: [5061, 5071], deregistrationDelay: 30_000, crossZone: true },
        ],
        ports: [5060, 5061, 5071],
        rollout: { minHealthy: { hosts: 0 } },
        faults: { sparesPreflight: true },
        launches: [{ ...deploy, freeze: { atCall: 212, lasts: 45_447.73703580722 } }],
      }),
    ).toEqual([]);
  });

  it('tells that the fleet is mixed though the last answer of the balancer is stale', async () => {
    expect(
      await breachesOf(939, {
        hosts: [
          { id: 'h1', zone: 'a' },
          { id: 'h2', zone: 'b' },
        ],
        targetGroups: [{ name: 'api-1', ports: [5060, 5070], deregistrationDelay: 0, crossZone: true }],
        ports: [5060, 5070],
        rollout: { bake: 60_000, onFailure: 'restore' },
        faults: {
          lostBefore: 0.01,
          lostAfter: 0.01,
          throttled: 0.05,
          lostReply: 0.05,
          stale: 0.2,
          pullFails: 0.2,
          leaseLost: 0.05,
        },
      }),
    ).toEqual([]);
  });

  it('takes no host for failed that a stale answer shows out of service', async () => {
    expect(
      await breachesOf(1632, {
        hosts: [
          { id: 'h1', zone: 'a' },
          { id: 'h2', zone: 'b' },
          { id: 'h3', zone: 'a' },
        ],
        targetGroups: [{ name: 'api-1', ports: [5060], deregistrationDelay: 30_000, crossZone: true }],
        rollout: { serial: [{ hosts: 2 }], minHealthy: { hosts: 1 }, bake: 0, onFailure: 'restore' },
        faults: { sparesPreflight: true, stale: 0.2 },
      }),
    ).toEqual([]);
  });

  it('registers no host whose new container another machine had begun to take away, though its journal says that it is finished', async () => {
    expect(
      await breachesOf(16143, {
        hosts: [
          { id: 'h6', zone: 'a' },
          { id: 'h7', zone: 'a' },
        ],
        targetGroups: [
          { name: 'api-1', ports: [5060], deregistrationDelay: 5_000, crossZone: true },
          { name: 'api-2', ports: [5061], deregistrationDelay: 5_000, crossZone: true },
        ],
        ports: [5060, 5061],
        release: 'late_crash',
        faults: { sparesPreflight: true },
        launches: [
          { ...deploy, killAtSettling: 6 },
          { ...deploy, machine: 'laptop', after: 90_000, killAtCall: 65 },
          deploy,
        ],
      }),
    ).toEqual([]);
  });

  it('bakes a host anew that stood still, though no call failed, when its balancer has missed its checks', async () => {
    expect(
      await breachesOf(44, {
        hosts: [{ id: 'h1', zone: 'a' }],
        targetGroups: [{ name: 'api-1', ports: [5060], deregistrationDelay: 30_000, crossZone: true }],
        rollout: { minHealthy: { hosts: 0 }, bake: 60_000 },
        faults: { sparesPreflight: true, blips: [{ host: 'h1', at: 78_567, lasts: 10_473, of: 'machine' }] },
      }),
    ).toEqual([]);
  });

  it('waits at its last look for the balancer of a host that stood still after its bake', async () => {
    expect(
      await breachesOf(211, {
        targetGroups: [{ name: 'api-1', ports: [5060, 5070], deregistrationDelay: 30_000, crossZone: false }],
        ports: [5060, 5070],
        rollout: { serial: [{ percent: 50 }], bake: 60_000 },
        faults: { sparesPreflight: true, blips: [{ host: 'h1', at: 196_831, lasts: 16_928, of: 'machine' }] },
      }),
    ).toEqual([]);
  });

  it('names a host that two recovered groups hold with what each of them lacks', async () => {
    expect(
      await breachesOf(77, {
        hosts: ['h1', 'h2', 'h4', 'h5'].map((id) => ({ id, zone: 'a' })),
        targetGroups: [{ name: 'api-1', ports: [5060, 5070], deregistrationDelay: 5_000, crossZone: true }],
        ports: [5060, 5070],
        previousRestart: { name: 'on-failure', maximumRetries: 0 },
        sickHosts: ['h1'],
        rollout: { serial: [{ percent: 50 }] },
        neighbour: { shares: 'hosts' },
        faults: {
          sparesPreflight: true,
          blips: [
            { host: 'h2', at: 2_555, lasts: 17_354, of: 'dockerd', stopping: 6_488, sinceDrained: true },
          ],
          outages: [{ of: 'cloud', after: 8_234, lasts: 15_091, says: 'nothing' }],
        },
        rivals: [{ verb: 'deploy', group: 'web', machine: 'build', after: 357, tag: 'v2' }],
        finish: true,
      }),
    ).toEqual([]);
  });

  it('registers no host while its deregistration may still come, which was asked twice and lost twice', async () => {
    const zones = ['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b'];
    expect(
      await breachesOf(9719, {
        hosts: zones.map((zone, index) => ({ id: `h${index + 1}`, zone })),
        targetGroups: [{ name: 'api-1', ports: [5060, 5070], deregistrationDelay: 0, crossZone: false }],
        ports: [5060, 5070],
        release: 'late_crash',
        rollout: { serial: [{ percent: 100 }], minHealthy: { hosts: 1 } },
        wordy: true,
        faults: { sparesPreflight: true, lateReply: 0.1 },
      }),
    ).toEqual([]);
  });
});
