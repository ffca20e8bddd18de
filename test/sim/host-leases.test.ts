import { describe, expect, it } from 'vitest';
import { environmentName, groupName } from '../../src/model/ids.js';
import type { LeaseRequest } from '../../src/ports/lease-store.js';
import { HostFence } from '../../src/state/host-fence.js';
import { HostLeaseStore } from '../../src/state/host-leases.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { PortCalls, type Caller, type Intercept } from '../fakes/port-calls.js';
import { World } from '../fakes/world/world.js';
import { SimulatedHostLocks } from './control/host-leases.js';
import { deployProgram } from './deploy-program.js';
import { judge, storyOf } from './oracle.js';
import { calmScenario } from './scenario.js';
import { simulate } from './simulate.js';

const name = { environment: environmentName('test'), group: groupName('api') };

/** Three hosts that had a lease before, and programs that lease them by the real store. */
class Stage {
  readonly clock = new FakeClock();
  readonly world = new World(this.clock);
  readonly hosts = ['h1', 'h2', 'h3'].map((id) => this.world.addHost(id));
  readonly #locks = new SimulatedHostLocks(this.world);

  constructor() {
    this.#locks.remember(
      name,
      this.hosts.map(({ host }) => host.id),
    );
  }

  transportOf(actor: Caller['actor'], intercept?: Intercept) {
    const calls = new PortCalls();
    if (intercept !== undefined) calls.intercept = intercept;
    return this.#locks.seenBy({ actor, calls });
  }

  requestOf(run: string): LeaseRequest {
    const hosts = this.hosts.map(({ host }) => host);
    return { ...name, hosts, owner: { run, who: run }, duration: 60_000 };
  }

  acquire(run: string, intercept?: Intercept) {
    const store = new HostLeaseStore(this.transportOf('program 1', intercept), this.clock);
    return this.clock.run(store.acquire(this.requestOf(run)));
  }
}

describe('the locks on simulated hosts', () => {
  it('are taken once at a time, with a newer epoch each time, and known to the fence', async () => {
    const stage = new Stage();
    const first = await stage.acquire('run-a');
    expect(first.epoch).toBe(2);
    await expect(stage.acquire('run-b')).rejects.toMatchObject({ code: 'lease.held' });
    await stage.clock.run(first.release());
    const second = await stage.acquire('run-b');
    expect(second.epoch).toBe(3);
    const fence = new HostFence(stage.transportOf('program 1'));
    const [h1] = stage.requestOf('run-a').hosts;
    if (h1 === undefined) throw new Error('there are hosts');
    const pass = { lease: first.name, epoch: 2, run: 'run-a' };
    await expect(fence.admit(h1, pass)).rejects.toMatchObject({ code: 'lease.fenced' });
    await fence.admit(h1, { lease: second.name, epoch: 3, run: 'run-b' });
  });

  it('outlive a restart of their hosts, for their whole duration again', async () => {
    const stage = new Stage();
    await stage.acquire('run-a');
    await stage.clock.advance(50_000);
    for (const host of stage.hosts) host.reboot(1_000);
    await stage.clock.advance(55_000);
    await expect(stage.acquire('run-b')).rejects.toMatchObject({ code: 'lease.held' });
    await stage.clock.advance(10_000);
    expect((await stage.acquire('run-b')).epoch).toBe(3);
  });

  it('run out by the clock of each host', async () => {
    const stage = new Stage();
    for (const host of stage.hosts) host.clockRate = 1.05;
    await stage.acquire('run-a');
    await stage.clock.advance(57_000);
    await expect(stage.acquire('run-b')).rejects.toMatchObject({ code: 'lease.held' });
    await stage.clock.advance(1_200);
    expect((await stage.acquire('run-b')).epoch).toBe(3);
  });

  it('give a lease that its run counts from the questions, however late their answers come', async () => {
    const stage = new Stage();
    const lease = await stage.acquire('run-a', async (call, proceed) => {
      const answer = await proceed();
      if (call.method === 'confirm') await stage.clock.sleep(8_000);
      return answer;
    });
    expect(lease.deadline).toBe(54_000);
    const askedAt = stage.clock.elapsed();
    await stage.clock.run(lease.renew());
    expect(stage.clock.elapsed()).toBe(askedAt + 8_000);
    expect(lease.deadline).toBe(askedAt + 54_000);
  });

  it('give a lease without the host that hangs, which does later what it was asked', async () => {
    const stage = new Stage();
    const carriedOut: string[] = [];
    const lease = await stage.acquire('run-a', async (call, proceed) => {
      if (call.host === 'h3') {
        await stage.clock.sleep(100_000);
        carriedOut.push(call.method);
      }
      return proceed();
    });
    expect(lease.epoch).toBe(2);
    expect(carriedOut).toEqual([]);
    await stage.clock.runUntilIdle();
    expect(carriedOut).toContain('look');
  });

  it('are neither taken nor renewed on hosts whose disk is full, while their fences let the holder in', async () => {
    const stage = new Stage();
    const [first, second] = stage.hosts;
    if (first === undefined || second === undefined) throw new Error('there are hosts');
    first.lockDiskIsFull = true;
    const lease = await stage.acquire('run-a');
    second.lockDiskIsFull = true;
    await expect(stage.clock.run(lease.renew())).rejects.toMatchObject({ code: 'lease.unavailable' });
    const fence = new HostFence(stage.transportOf('program 1'));
    await fence.admit(first.host, { lease: lease.name, epoch: lease.epoch, run: 'run-a' });
    await stage.clock.advance(70_000);
    await expect(stage.acquire('run-b')).rejects.toMatchObject({ code: 'lease.unavailable' });
    first.lockDiskIsFull = false;
    expect((await stage.acquire('run-b')).epoch).toBeGreaterThan(lease.epoch);
  });

  it('let a deploy go on over a short full disk; after a long one, a recovery waits until the disk takes files again', async () => {
    const full = (lasts: number) => calmScenario.hosts.map(({ id }) => ({ host: id, at: 15_000, lasts }));
    const deployed = async (lasts: number) => {
      const faults = { ...calmScenario.faults, fullLocks: full(lasts) };
      const run = await simulate(1, { ...calmScenario, faults, finish: true }, deployProgram);
      expect(judge(storyOf(run))).toEqual([]);
      return storyOf(run).programs.map(({ exit }) => exit);
    };
    expect(await deployed(20_000)).toEqual([0, 0]);
    expect(await deployed(400_000)).toEqual([5, 3, 0]);
  });

  it('keep a deploy going while one host hangs for longer than its lease', async () => {
    const hang = { host: 'h4', at: 15_000, lasts: 90_000 };
    const scenario = { ...calmScenario, faults: { ...calmScenario.faults, hangs: [hang] } };
    const run = await simulate(1, scenario, deployProgram);
    const renewals = run.calls.filter(({ port, method }) => port === 'lease' && method === 'renew');
    expect(renewals.length).toBeGreaterThan(2);
    expect(run.lockCalls.some(({ host, at }) => host === 'h4' && at > hang.at)).toBe(true);
    expect(judge(storyOf(run))).toEqual([]);
  });
});

describe('a process that dies while it takes its lease', () => {
  it('keeps the group locked for the time that the lease lives, and no longer', async () => {
    const [launch] = calmScenario.launches;
    const again = (after: number) => ({ ...launch, after });
    const launches = [{ ...launch, killAtLockCall: 10 }, again(5_000), again(60_000)] as const;
    const run = await simulate(1, { ...calmScenario, launches }, deployProgram);
    expect(storyOf(run).programs.map(({ exit }) => exit)).toEqual([undefined, 3, 0]);
    expect(run.processes[1]?.outcome).toMatchObject({ thrown: { code: 'lease.held' } });
    expect(judge(storyOf(run))).toEqual([]);
  });

  it('is asked about in the table where leases are kept there', async () => {
    const run = await simulate(1, { ...calmScenario, leases: 'table' }, deployProgram);
    expect(run.result?.exit).toBe(0);
    const asked = new Set(run.lockCalls.map(({ port }) => port));
    expect(asked).toEqual(new Set(['lock', 'table']));
  });
});
