import { describe, expect, it } from 'vitest';
import type { AdfError } from '../../src/errors/adf-error.js';
import { leaseLost, leaseUnavailable } from '../../src/errors/lease.js';
import { environmentName, groupName } from '../../src/model/ids.js';
import type { Lease, LeaseRequest } from '../../src/ports/lease-store.js';
import { keepRenewed } from '../../src/state/keep-renewed.js';
import { ownerFromEnvironment } from '../../src/state/lease-owner.js';
import { stateDirectory } from '../../src/state/state-directory.js';
import { waitForLease } from '../../src/state/wait-for-lease.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { MemoryLeaseStore } from '../fakes/memory-leases.js';
import { SeededRandom } from '../fakes/seeded-random.js';

const request = (run: string, duration = 60_000): LeaseRequest => ({
  environment: environmentName('prod'),
  group: groupName('api'),
  hosts: [],
  owner: { run, who: 'ann@desk' },
  duration,
});
const random = new SeededRandom(1);

describe('waiting for a lease', () => {
  it('gets it when the other run lets go in time, and tells meanwhile who holds it', async () => {
    const clock = new FakeClock();
    const store = new MemoryLeaseStore(clock);
    const other = await store.acquire(request('run-a', 600_000));
    const told: AdfError[] = [];
    const waiting = waitForLease(store, request('run-b'), {
      wait: 60_000,
      clock,
      random,
      onHeld: (error) => told.push(error),
    });
    await clock.advance(30_000);
    expect(told[0]?.message).toContain('run-a');
    await other.release();
    await clock.run(waiting);
    expect(store.holder('prod.api')?.owner.run).toBe('run-b');
  });

  it('gives up when the time is over, asking a last time then', async () => {
    const clock = new FakeClock();
    const store = new MemoryLeaseStore(clock);
    await store.acquire(request('run-a', 600_000));
    const waiting = waitForLease(store, request('run-b'), { wait: 20_000, clock, random });
    await expect(clock.run(waiting)).rejects.toMatchObject({ code: 'lease.held' });
    expect(clock.elapsed()).toBe(20_000);
  });

  it('asks once when it shall not wait', async () => {
    const clock = new FakeClock();
    const store = new MemoryLeaseStore(clock);
    await store.acquire(request('run-a'));
    const waiting = waitForLease(store, request('run-b'), { wait: 0, clock, random });
    await expect(clock.run(waiting)).rejects.toMatchObject({ code: 'lease.held' });
    expect(clock.elapsed()).toBe(0);
  });

  it('outlasts hosts that cannot be asked for one connection timeout, and no longer', async () => {
    const clock = new FakeClock();
    const acquire = () => Promise.reject(leaseUnavailable(request('run-b'), 0, 2, []));
    const waiting = waitForLease({ acquire }, request('run-b'), { wait: 20_000, clock, random });
    await expect(clock.run(waiting)).rejects.toMatchObject({ code: 'lease.unavailable' });
    expect(clock.elapsed()).toBe(15_000);
  });
});

describe('keeping a lease renewed', () => {
  it('keeps it far beyond its duration, until it is stopped', async () => {
    const clock = new FakeClock();
    const store = new MemoryLeaseStore(clock);
    const lost: AdfError[] = [];
    const lease = await store.acquire(request('run-a'));
    const kept = keepRenewed(lease, { duration: 60_000, clock, onLost: (reason) => lost.push(reason) });
    await clock.advance(3_600_000);
    expect(store.holder('prod.api')?.owner.run).toBe('run-a');
    await kept.stop();
    await clock.advance(60_000);
    expect(store.holder('prod.api')).toBeUndefined();
    expect(lost).toEqual([]);
  });

  it('tells once when it is lost, and asks no more', async () => {
    const clock = new FakeClock();
    const store = new MemoryLeaseStore(clock);
    const lost: AdfError[] = [];
    const lease = await store.acquire(request('run-a'));
    keepRenewed(lease, { duration: 60_000, clock, onLost: (reason) => lost.push(reason) });
    store.steal('prod.api');
    await clock.advance(600_000);
    expect(lost.map(({ code }) => code)).toEqual(['lease.lost']);
    expect(clock.sleepers).toBe(0);
  });

  it.each([
    { outage: 30_000, lost: [] },
    { outage: 90_000, lost: ['lease.unavailable'] },
  ])('bears hosts out of reach for $outage ms as its deadline allows', async ({ outage, lost }) => {
    const clock = new FakeClock();
    const losses: string[] = [];
    let deadline = 54_000;
    const lease: Lease = {
      name: 'prod.api',
      epoch: 1,
      get deadline() {
        return deadline;
      },
      renew: () => {
        if (clock.elapsed() < outage) return Promise.reject(leaseUnavailable(request('run-a'), 0, 2, []));
        if (clock.elapsed() > deadline) return Promise.reject(leaseLost(request('run-a'), 'it ran out.'));
        deadline = clock.elapsed() + 54_000;
        return Promise.resolve();
      },
      release: () => Promise.resolve(),
    };
    const kept = keepRenewed(lease, { duration: 60_000, clock, onLost: ({ code }) => losses.push(code) });
    await clock.advance(300_000);
    expect(losses).toEqual(lost);
    await kept.stop();
  });
});

describe('who runs it', () => {
  it.each([
    [{}, { who: 'jenkins@build-7' }],
    [
      { BUILD_URL: 'https://ci/job/7/', BUILD_USER_ID: 'ann' },
      { who: 'ann@build-7', link: 'https://ci/job/7/' },
    ],
    [{ BUILD_URL: '', BUILD_USER_ID: '' }, { who: 'jenkins@build-7' }],
    [{ BUILD_URL: 'javascript:alert(1)' }, { who: 'jenkins@build-7' }],
  ])('is read from %j', (env, owner) => {
    expect(ownerFromEnvironment(env, 'jenkins', 'build-7')).toEqual(owner);
  });
});

describe('the state directory', () => {
  it.each([
    [{}, '/home/ann/.local/state/adfpush'],
    [{ XDG_STATE_HOME: '/srv/state' }, '/srv/state/adfpush'],
    [{ XDG_STATE_HOME: 'relative' }, '/home/ann/.local/state/adfpush'],
    [{ XDG_STATE_HOME: '' }, '/home/ann/.local/state/adfpush'],
  ])('with %j is %s', (env, directory) => {
    expect(stateDirectory(env, '/home/ann')).toBe(directory);
  });
});
