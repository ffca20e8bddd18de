import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { errorsOf } from '../../src/errors/adf-error.js';
import { environmentName, groupName } from '../../src/model/ids.js';
import type { Lease, LeaseOwner, LeaseRequest } from '../../src/ports/lease-store.js';
import { HostFence } from '../../src/state/host-fence.js';
import { HostLeaseCalls } from '../../src/state/host-lease-calls.js';
import { HostLeaseStore } from '../../src/state/host-leases.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { makeHost } from '../fakes/make-host.js';
import { everyNth } from '../deep.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { FakeProc, ShellTransport, type ShellHost } from './shell-transport.js';
import { shells } from './shells.js';

describe.each(everyNth(shells.length, shells))('the lock on hosts, run by %s', (_name, shell) => {
  let folder: string;
  let clock: FakeClock;
  let machines: Map<string, ShellHost>;
  let store: HostLeaseStore;

  beforeEach(() => {
    folder = temporaryFolder('lock');
    clock = new FakeClock();
    machines = new Map();
    store = new HostLeaseStore(new ShellTransport(machines, shell), clock);
  });
  // A host that was not waited for may still write.

  const request = (owner: LeaseOwner, hosts: readonly string[] = ['h1', 'h2', 'h3']): LeaseRequest => {
    for (const host of hosts) {
      if (machines.has(host)) continue;
      const machine = join(folder, host);
      mkdirSync(machine);
      const proc = new FakeProc(join(machine, 'proc'));
      machines.set(host, { directory: join(machine, 'lock'), proc, reachable: true });
    }
    return {
      environment: environmentName('prod'),
      group: groupName('api'),
      hosts: hosts.map((id) => makeHost(id)),
      owner,
      duration: 60_000,
    };
  };
  const ann: LeaseOwner = { run: 'run-a', who: 'ann@desk', link: 'https://ci/job/7' };
  const bob: LeaseOwner = { run: 'run-b', who: `bob "the 'builder'" $(id)@desk` };
  const outcome = (lease: Promise<Lease>): Promise<string> =>
    lease.then(
      () => 'got',
      (error: unknown) => errorsOf(error)[0].code,
    );
  const outcomeOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'done',
      (error: unknown) => errorsOf(error)[0].code,
    );
  const letTimePass = (seconds: number, boot?: string) => {
    for (const { proc } of machines.values()) proc.set(seconds, boot);
  };

  it('grows with its group: who lists the joined hosts finds it held on a majority of them all', async () => {
    const lease = await store.acquire(request(ann));
    const now = request(bob, ['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'h7', 'h8', 'h9']);

    await lease.extend?.(now.hosts);

    expect(await outcome(store.acquire(now))).toBe('lease.held');
    await lease.renew();
    await lease.release();
    expect(await outcome(store.acquire(now))).toBe('got');
  });

  it('does not grow over hosts that another run has: it is what it was', async () => {
    const lease = await store.acquire(request(ann));
    const joined = ['h4', 'h5', 'h6', 'h7', 'h8', 'h9'];
    const other = await store.acquire(request(bob, joined));
    const now = request(ann, ['h1', 'h2', 'h3', ...joined]);

    await expect(lease.extend?.(now.hosts)).rejects.toMatchObject({ code: 'lease.held' });

    await lease.renew();
    await other.renew();
  });

  it('is held by one at a time, and tells who holds it, for how long, and until when', async () => {
    await store.acquire(request(ann));
    letTimePass(1_025);
    await expect(store.acquire(request(bob))).rejects.toMatchObject({
      code: 'lease.held',
      class: 'refused',
      message: 'Group "api" in "prod" is locked by ann@desk, run run-a (https://ci/job/7), for 25 s now.',
      hint: expect.stringContaining('36 s') as string,
    });
  });

  it('is won by exactly one of 50 who want it at once', async () => {
    request(ann, ['h1']);
    const attempts = Array.from({ length: 50 }, (_, index) =>
      outcome(store.acquire(request({ run: `run-${index}`, who: 'a crowd' }, ['h1']))),
    );
    const outcomes = await Promise.all(attempts);
    expect(outcomes.filter((each) => each === 'got')).toHaveLength(1);
    expect(outcomes.filter((each) => each === 'lease.held')).toHaveLength(49);
  });

  it('is won by exactly one of 30 who find one that ran out', async () => {
    await store.acquire(request(ann, ['h1']));
    letTimePass(1_062);
    const attempts = Array.from({ length: 30 }, (_, index) =>
      outcome(store.acquire(request({ run: `run-${index}`, who: 'a crowd' }, ['h1']))),
    );
    const outcomes = await Promise.all(attempts);
    expect(outcomes.filter((each) => each === 'got')).toHaveLength(1);
  });

  it('is never won by two when many want it on several hosts', async () => {
    request(ann);
    const attempts = Array.from({ length: 10 }, (_, index) =>
      outcome(store.acquire(request({ run: `run-${index}`, who: 'a crowd' }))),
    );
    const outcomes = await Promise.all(attempts);
    expect(outcomes.filter((each) => each === 'got').length).toBeLessThanOrEqual(1);
    expect(outcomes.filter((each) => each !== 'got' && each !== 'lease.held')).toEqual([]);
  });

  it('is given to one at most of many who come with epochs of their own at once', async () => {
    const { hosts, duration, ...name } = request(ann, ['h1']);
    const calls = new HostLeaseCalls(new ShellTransport(machines, shell), clock, 'not used');
    for (let round = 0; round < 5; round += 1) {
      const asked = Array.from({ length: 12 }, (_, index) => {
        const owner = { run: `run-${round}-${index}`, who: 'a crowd' };
        const epoch = round * 100 + 1 + ((index * 5) % 12);
        return calls.ask({ ...name, hosts, duration, owner, epoch, action: 'take' });
      });
      const answers = (await Promise.all(asked)).flat();
      expect(answers.filter(({ kind }) => kind === 'got').length).toBeLessThanOrEqual(1);
      letTimePass(1_000 + (round + 1) * 100);
    }
  });

  it('has one epoch on all hosts, above that of every lease before, whichever hosts could be reached', async () => {
    const first = await store.acquire(request(ann));
    await first.release();
    machines.get('h1')!.reachable = false;
    const second = await store.acquire(request(bob));
    await second.release();
    machines.get('h1')!.reachable = true;
    machines.get('h2')!.reachable = false;
    const third = await store.acquire(request(ann));
    expect([first.epoch, second.epoch, third.epoch]).toEqual([1, 2, 3]);
    expect([first.name, third.name]).toEqual(['prod.api', 'prod.api']);
    expect(readdirSync(join(folder, 'h1/lock/prod.api.lock'))).toEqual(['3']);
  });

  it('is known to the fences of its hosts as soon as it is taken', async () => {
    const lease = await store.acquire(request(ann));
    const fence = new HostFence(new ShellTransport(machines, shell));
    const admit = (run: string, epoch: number) =>
      outcomeOf(fence.admit(makeHost('h3'), { lease: lease.name, epoch, run }));
    expect(await admit('run-a', lease.epoch)).toBe('done');
    letTimePass(1_062);
    const next = await store.acquire(request(bob));
    expect(await admit('run-a', lease.epoch)).toBe('lease.fenced');
    expect(await admit('run-b', next.epoch)).toBe('done');
  });

  it('tells who looks who has it, and that it is free, and changes nothing by that', async () => {
    expect(await store.look(request(ann))).toEqual({ epoch: 0 });
    expect(existsSync(join(folder, 'h1/lock'))).toBe(false);
    await store.acquire(request(ann));
    letTimePass(1_025);
    machines.get('h2')!.reachable = false;
    expect(await store.look(request(bob))).toEqual({
      epoch: 1,
      holder: { ...ann, heldFor: 25_000, expiresIn: 36_000 },
    });
    machines.get('h1')!.reachable = false;
    await expect(store.look(request(bob))).rejects.toMatchObject({ code: 'lease.unavailable' });
  });

  it('is ended by force for its holder, and its hosts take no more changes of that run', async () => {
    const lease = await store.acquire(request(ann));
    expect(await store.seize(request(bob), bob)).toEqual({ epoch: 2 });
    await expect(lease.renew()).rejects.toMatchObject({ code: 'lease.lost' });
    const fence = new HostFence(new ShellTransport(machines, shell));
    const pass = { lease: lease.name, epoch: lease.epoch, run: 'run-a' };
    expect(await outcomeOf(fence.admit(makeHost('h1'), pass))).toBe('lease.fenced');
    expect((await store.acquire(request(ann))).epoch).toBe(3);
  });

  it('is not ended by force where too few hosts answer: who has it, keeps it', async () => {
    const lease = await store.acquire(request(ann));
    for (const id of ['h1', 'h2']) machines.get(id)!.reachable = false;
    expect(await outcomeOf(store.seize(request(bob), bob))).toBe('lease.unavailable');
    for (const id of ['h1', 'h2']) machines.get(id)!.reachable = true;
    expect((await store.look(request(bob))).holder?.run).toBe('run-a');
    await lease.renew();
  });

  it('is not taken for free where its file cannot be read', async () => {
    await store.acquire(request(ann, ['h1']));
    const file = join(folder, 'h1/lock/prod.api.lock/1');
    rmSync(file);
    mkdirSync(file);
    expect(await outcome(store.acquire(request(bob, ['h1'])))).toBe('lease.unavailable');
  });

  it('can be taken again once it is released', async () => {
    const lease = await store.acquire(request(ann));
    await lease.release();
    expect(await outcome(store.acquire(request(bob)))).toBe('got');
  });

  it('runs out by itself when its holder died, not before its time', async () => {
    await store.acquire(request(ann));
    letTimePass(1_060);
    expect(await outcome(store.acquire(request(bob)))).toBe('lease.held');
    letTimePass(1_061);
    expect(await outcome(store.acquire(request(bob)))).toBe('got');
  });

  it('lives on when it is renewed', async () => {
    const lease = await store.acquire(request(ann));
    letTimePass(1_040);
    await clock.advance(40_000);
    await lease.renew();
    expect(lease.deadline).toBe(40_000 + 60_000 - 6_000);
    letTimePass(1_099);
    await expect(store.acquire(request(bob))).rejects.toMatchObject({
      message: expect.stringContaining('for 1 m 39 s now') as string,
    });
  });

  it('is not released by one who lost it to another', async () => {
    const lease = await store.acquire(request(ann));
    letTimePass(1_100);
    await store.acquire(request(bob));
    await lease.release();
    expect(await outcome(store.acquire(request(ann)))).toBe('lease.held');
  });

  it('is lost when another has it by now', async () => {
    const lease = await store.acquire(request(ann));
    letTimePass(1_100);
    await store.acquire(request(bob));
    await expect(lease.renew()).rejects.toMatchObject({ code: 'lease.lost' });
  });

  it('is lost when it was not renewed before its local deadline, whatever the hosts say', async () => {
    const lease = await store.acquire(request(ann));
    expect(lease.deadline).toBe(54_000);
    await clock.advance(54_000);
    await expect(lease.renew()).rejects.toMatchObject({ code: 'lease.lost' });
  });

  it('survives a reboot of its hosts for as long as it might have lived', async () => {
    await store.acquire(request(ann));
    letTimePass(59, 'second-boot');
    expect(await outcome(store.acquire(request(bob)))).toBe('lease.held');
    letTimePass(61, 'second-boot');
    expect(await outcome(store.acquire(request(bob)))).toBe('got');
  });

  it('can be renewed after a reboot', async () => {
    const lease = await store.acquire(request(ann));
    letTimePass(10, 'second-boot');
    await lease.renew();
    letTimePass(70, 'second-boot');
    expect(await outcome(store.acquire(request(bob)))).toBe('lease.held');
  });

  it('outlives its hosts when it is told before, whatever renewals they miss', async () => {
    const lease = await store.acquire(request(ann, ['h1', 'h2']));
    await lease.outlive?.(600_000);
    expect(lease.deadline).toBeGreaterThanOrEqual(clock.elapsed() + 600_000);
    const { deadline } = lease;
    machines.get('h1')!.reachable = false;
    // The host that answers must not be told an earlier end than the deadline counts on.
    await clock.advance(20_000);
    letTimePass(20);
    await expect(lease.renew()).rejects.toMatchObject({ code: 'lease.unavailable' });
    expect(lease.deadline).toBe(deadline);
    machines.get('h1')!.reachable = true;
    letTimePass(600);
    expect(await outcome(store.acquire(request(bob, ['h1', 'h2'])))).toBe('lease.held');
    machines.get('h1')!.reachable = false;
    await clock.advance(570_000);
    await lease.renew().catch(() => undefined);
    machines.get('h1')!.reachable = true;
    await lease.renew();
    expect(lease.deadline).toBeLessThan(clock.elapsed() + 100_000);
    await lease.release();
    expect(await outcome(store.acquire(request(bob, ['h1', 'h2'])))).toBe('got');
  });

  it('needs a majority of the hosts, and leaves nothing behind without one', async () => {
    const wanted = request(ann);
    await (await store.acquire(wanted)).release();
    machines.get('h1')!.reachable = false;
    expect(await outcome(store.acquire(wanted))).toBe('got');
    machines.get('h2')!.reachable = false;
    await expect(store.acquire(request(bob, ['h4', 'h1', 'h2']))).rejects.toMatchObject({
      code: 'lease.unavailable',
      message: expect.stringContaining('1 of the 2 hosts needed') as string,
    });
    expect(await outcome(store.acquire(request(ann, ['h4'])))).toBe('got');
  });

  it('says that it cannot be renewed now, not that it is lost, while too few hosts answer', async () => {
    const lease = await store.acquire(request(ann));
    for (const id of ['h1', 'h2']) machines.get(id)!.reachable = false;
    await expect(lease.renew()).rejects.toMatchObject({ code: 'lease.unavailable' });
    machines.get('h1')!.reachable = true;
    await lease.renew();
  });

  it('is given to the same run when it asks twice', async () => {
    await store.acquire(request(ann));
    expect(await outcome(store.acquire(request(ann)))).toBe('got');
  });

  it('counts its takings upwards and keeps only the last', async () => {
    for (const owner of [ann, bob, ann]) {
      const lease = await store.acquire(request(owner, ['h1']));
      await lease.release();
    }
    expect(readdirSync(join(folder, 'h1/lock/prod.api.lock'))).toEqual(['3']);
  });

  it('is open to every login user', async () => {
    await store.acquire(request(ann, ['h1']));
    const lock = join(folder, 'h1/lock/prod.api.lock');
    expect([join(folder, 'h1/lock'), lock].map((path) => statSync(path).mode & 0o7777)).toEqual([
      0o777, 0o777,
    ]);
    expect(readFileSync(join(lock, '1'), 'utf8')).toContain(JSON.stringify(ann));
  });

  it('names what is wrong when a host cannot keep it', async () => {
    const wanted = request(ann, ['h1']);
    writeFileSync(machines.get('h1')!.directory, 'a file where the folder should be');
    await expect(store.acquire(wanted)).rejects.toMatchObject({
      code: 'lease.unavailable',
      message: expect.stringContaining('h1: ') as string,
    });
  });
});
