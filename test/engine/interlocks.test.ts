import { describe, expect, it } from 'vitest';
import { HoldBook } from '../../src/engine/holds/hold-book.js';
import { FloorGuard } from '../../src/engine/interlocks/floor-guard.js';
import { MutationGate, type Change } from '../../src/engine/interlocks/mutation-gate.js';
import { Reservations } from '../../src/engine/interlocks/reservations.js';
import { withDeadline } from '../../src/engine/task/deadline.js';
import { AdfError } from '../../src/errors/adf-error.js';
import { dockerApi } from '../../src/errors/docker.js';
import { leaseFenced } from '../../src/errors/lease.js';
import { connectionLost } from '../../src/errors/ssh.js';
import { EventBus } from '../../src/events/bus.js';
import type { Event } from '../../src/events/event.js';
import { Redaction } from '../../src/events/redaction.js';
import type { Taking } from '../../src/model/hold.js';
import type { Host } from '../../src/model/host.js';
import { containerName, environmentName, runId } from '../../src/model/ids.js';
import type { JournalRecord } from '../../src/model/journal-record.js';
import type { Amount } from '../../src/model/settings.js';
import type { HeldOnHost } from '../../src/model/holds/held-on-host.js';
import type { Fence, HostHolds } from '../../src/ports/host-holds.js';
import type { Journal } from '../../src/ports/journal.js';
import type { Lease } from '../../src/ports/lease-store.js';
import { SharedTraffic } from '../../src/traffic/shared-traffic.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { FakeTraffic } from '../fakes/fake-traffic.js';
import { makeHost } from '../fakes/make-host.js';
import { openFence } from '../fakes/memory-fence.js';
import { forgetfulHosts } from '../fakes/memory-host-holds.js';
import { SeededRandom } from '../fakes/seeded-random.js';
import { image } from '../fakes/world/image-behaviour.js';
import { World } from '../fakes/world/world.js';
import { FleetStage } from '../stages/fleet-stage.js';

/** Records in memory; `broken` lets each write fail. */
class TestJournal implements Journal {
  readonly records: JournalRecord[] = [];
  broken = false;

  append(record: JournalRecord): Promise<void> {
    if (this.broken)
      return Promise.reject(new AdfError({ code: 'journal.write', class: 'failed', message: 'full' }));
    this.records.push(record);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  get types(): readonly string[] {
    return this.records.map(({ type }) => type);
  }
}

const leaseUntil = (deadline: number): Lease => ({
  name: 'test.api',
  epoch: 1,
  deadline,
  renew: () => Promise.resolve(),
  release: () => Promise.resolve(),
});
const never = new AbortController().signal;
const h1 = makeHost('h1');
const stop = { where: 'host', host: h1, what: 'stop' } as const;

const run = {
  run: runId('a-run'),
  verb: 'deploy',
  environment: environmentName('test'),
  owner: { who: 'ann@desk' },
};

describe('the mutation gate', () => {
  function gateWith(...leases: readonly Lease[]) {
    const journal = new TestJournal();
    const clock = new FakeClock();
    const gate = new MutationGate({ journal, clock, fence: openFence });
    for (const lease of leases) gate.guardBy(lease, { hosts: [h1], run: 'a-run' });
    const done: string[] = [];
    const act = (what = 'stop') =>
      gate.perform({ where: 'host', host: h1, what }, never, () => {
        done.push(`${what} after ${journal.types.join(', ')}`);
        return Promise.resolve();
      });
    return { journal, clock, gate, act, done };
  }

  it('records what it does before it does it, and that it is done after', async () => {
    const { journal, act, done } = gateWith();
    await act();
    expect(done).toEqual(['stop after mutation.intended']);
    expect(journal.records).toMatchObject([
      { type: 'mutation.intended', id: '1', host: 'h1', what: 'stop' },
      { type: 'mutation.done', id: '1' },
    ]);
  });

  it('does nothing when it cannot be recorded', async () => {
    const { journal, act, done } = gateWith();
    journal.broken = true;
    await expect(act()).rejects.toMatchObject({ code: 'journal.write' });
    expect(done).toEqual([]);
  });

  it('leaves without mutation.done what failed: its outcome is not known', async () => {
    const { journal, gate } = gateWith();
    const act = () => Promise.reject(new Error('connection lost'));
    await expect(gate.perform(stop, never, act)).rejects.toThrow('connection lost');
    expect(journal.types).toEqual(['mutation.intended']);
  });

  it('records how long a request may take by itself, for a recovery of the run', async () => {
    const { journal, gate } = gateWith();
    await gate.perform({ ...stop, ownTime: 60_000 }, never, () => Promise.resolve());
    expect(journal.records[0]).toMatchObject({ type: 'mutation.intended', ownTime: 60_000 });
  });

  it('begins the next change of a host once one with a lost answer can no longer happen', async () => {
    const { clock, gate, act, done } = gateWith();
    const lost = () => Promise.reject(connectionLost(h1, 'read ECONNRESET'));
    await expect(gate.perform({ ...stop, ownTime: 60_000 }, never, lost)).rejects.toThrow('lost');
    const next = act('start');
    await clock.advance(74_999);
    expect(done).toEqual([]);
    await clock.advance(1);
    await next;
    expect(done).toHaveLength(1);
  });

  it('does not wait for a change that the host refused', async () => {
    const { gate, act, done } = gateWith();
    const refused = () => Promise.reject(dockerApi(h1, 409, 'Conflict'));
    await expect(gate.perform(stop, never, refused)).rejects.toThrow('Conflict');
    await act('start');
    expect(done).toHaveLength(1);
  });

  it('has the leases of a host that is about to be away last so long, and no others', async () => {
    const told: string[] = [];
    const { gate } = gateWith({
      ...leaseUntil(90_000),
      outlive: (length) => Promise.resolve(void told.push(`outlive ${length}`)),
    });
    await gate.outlive(makeHost('h2'), 600_000);
    expect(told).toEqual([]);
    await gate.outlive(h1, 600_000);
    expect(told).toEqual(['outlive 600000']);
  });

  it('begins nothing at or past the local deadline of any lease', async () => {
    const { clock, act, done, journal } = gateWith(leaseUntil(90_000), leaseUntil(60_000));
    await clock.advance(59_999);
    await act('one');
    await clock.advance(1);
    await expect(act('two')).rejects.toMatchObject({ code: 'interlock.lease_over' });
    expect(done).toHaveLength(1);
    expect(journal.types).toHaveLength(2);
  });

  it('looks at the lease again after a journal that took its time', async () => {
    const { clock, gate, done } = gateWith(leaseUntil(60_000));
    const slow: Journal = {
      append: () => clock.sleep(70_000),
      close: () => Promise.resolve(),
    };
    const slowGate = new MutationGate({ journal: slow, clock, fence: openFence });
    slowGate.guardBy(leaseUntil(60_000), { hosts: [h1], run: 'a-run' });
    const act = slowGate.perform(stop, never, () => Promise.resolve(done.push('stop')));
    await expect(clock.run(act)).rejects.toMatchObject({ code: 'interlock.lease_over' });
    expect(done).toEqual([]);
    expect(() => gate.requireLeases('stop')).toThrow('The lease of the group ran out');
  });

  describe('and its hosts', () => {
    const h2 = makeHost('h2');
    /** Asks `asked`, and answers as `answer` says. */
    function fencedGate(answer: (host: Host) => Promise<void> = () => Promise.resolve()) {
      const journal = new TestJournal();
      const clock = new FakeClock();
      const asked: string[] = [];
      const fence: Fence = {
        admit: (host, { lease, epoch, run: by }) => {
          asked.push(`${host.id} ${lease} ${epoch} ${by}, after ${journal.types.at(-1)}`);
          return answer(host);
        },
      };
      const gate = new MutationGate({ journal, clock, fence });
      const done: string[] = [];
      const act = (change: Change) =>
        gate.perform(change, never, () => {
          done.push(change.what);
          return Promise.resolve();
        });
      return { journal, clock, gate, act, done, asked };
    }

    it('asks the host that is changed, right before, under the epoch of its own lease', async () => {
      const { gate, act, asked } = fencedGate();
      gate.guardBy(leaseUntil(60_000), { hosts: [h1], run: 'a-run' });
      gate.guardBy({ ...leaseUntil(60_000), name: 'test.web', epoch: 7 }, { hosts: [h2], run: 'a-run' });
      await act({ where: 'host', host: h2, what: 'stop' });
      expect(asked).toEqual(['h2 test.web 7 a-run, after mutation.intended']);
    });

    it('does not ask for what changes at AWS: that needs no connection to the host', async () => {
      const { gate, act, asked, done } = fencedGate();
      gate.guardBy(leaseUntil(60_000), { hosts: [h1], run: 'a-run' });
      await act({ where: 'cloud', host: h1, what: 'register' });
      expect([asked, done]).toEqual([[], ['register']]);
    });

    it('changes nothing, there or anywhere, once a host met a newer epoch', async () => {
      const refusal = leaseFenced(h1, { lease: 'test.api', epoch: 1 }, { epoch: 2, run: 'other' });
      const { gate, act, done } = fencedGate(({ id }) =>
        id === 'h1' ? Promise.reject(refusal) : Promise.resolve(),
      );
      gate.guardBy(leaseUntil(60_000), { hosts: [h1, h2], run: 'a-run' });
      await expect(act({ where: 'host', host: h1, what: 'stop' })).rejects.toBe(refusal);
      await expect(act({ where: 'host', host: h2, what: 'stop' })).rejects.toBe(refusal);
      await expect(act({ where: 'cloud', host: h2, what: 'register' })).rejects.toBe(refusal);
      await expect(act({ where: 'host', host: h2, what: 'rename', restoring: true })).rejects.toBe(refusal);
      expect(done).toEqual([]);
    });

    it('goes on elsewhere when a host cannot be asked', async () => {
      const { gate, act, done } = fencedGate(({ id }) =>
        id === 'h1' ? Promise.reject(connectionLost(h1, 'reset')) : Promise.resolve(),
      );
      gate.guardBy(leaseUntil(60_000), { hosts: [h1, h2], run: 'a-run' });
      await expect(act({ where: 'host', host: h1, what: 'stop' })).rejects.toMatchObject({
        code: 'ssh.connection_lost',
      });
      await act({ where: 'host', host: h2, what: 'stop' });
      expect(done).toEqual(['stop']);
    });

    it('looks at the deadline again when the host has answered', async () => {
      const { clock, gate, act, done } = fencedGate(() => clock.sleep(60_000));
      gate.guardBy(leaseUntil(60_000), { hosts: [h1], run: 'a-run' });
      await expect(clock.run(act({ where: 'host', host: h1, what: 'stop' }))).rejects.toMatchObject({
        code: 'interlock.lease_over',
      });
      expect(done).toEqual([]);
    });

    it('lets only what restores go on when a lost lease is ours again, and has it taken once for all', async () => {
      const { gate, act, done, asked } = fencedGate();
      const [old, anew] = [leaseUntil(60_000), { ...leaseUntil(90_000), epoch: 2 }];
      let taken = 0;
      gate.guardBy(old, {
        hosts: [h1, h2],
        run: 'a-run',
        regain: () => {
          taken += 1;
          return Promise.resolve(anew);
        },
      });
      const lost = new AdfError({ code: 'lease.lost', class: 'failed', message: 'gone' });
      gate.lose(old, lost);
      expect(gate.lost.aborted).toBe(true);
      await expect(act({ where: 'host', host: h1, what: 'rename', restoring: true })).rejects.toBe(lost);
      await Promise.all([gate.readyToRestore(), gate.readyToRestore()]);
      await act({ where: 'host', host: h1, what: 'rename', restoring: true });
      await expect(act({ where: 'host', host: h1, what: 'stop' })).rejects.toBe(lost);
      expect([taken, done, asked]).toEqual([1, ['rename'], ['h1 test.api 2 a-run, after mutation.intended']]);
      expect(gate.closedBy).toBe(lost);
    });

    it('restores nothing under a lease that is over and cannot be taken anew', async () => {
      const { clock, gate, act, done } = fencedGate();
      gate.guardBy(leaseUntil(60_000), { hosts: [h1], run: 'a-run' });
      expect(gate.closedBy).toBeUndefined();
      await clock.advance(60_000);
      expect(gate.closedBy?.code).toBe('interlock.lease_over');
      await expect(gate.readyToRestore()).rejects.toMatchObject({ code: 'interlock.lease_over' });
      await expect(act({ where: 'host', host: h1, what: 'rename', restoring: true })).rejects.toMatchObject({
        code: 'interlock.lease_over',
      });
      expect(done).toEqual([]);
    });

    it('does not close for a lease that is not its own any more', async () => {
      const { gate, act, done } = fencedGate();
      const [old, anew] = [leaseUntil(60_000), { ...leaseUntil(90_000), epoch: 2 }];
      gate.guardBy(anew, { hosts: [h1], run: 'a-run' });
      gate.lose(old, new AdfError({ code: 'lease.lost', class: 'failed', message: 'gone' }));
      gate.release(old);
      await act({ where: 'host', host: h1, what: 'stop' });
      expect([done, gate.closedBy, gate.lost.aborted]).toEqual([['stop'], undefined, false]);
      gate.release(anew);
      await expect(act({ where: 'host', host: h1, what: 'stop' })).rejects.toMatchObject({
        code: 'interlock.lease_over',
      });
    });

    it('asks no second time for a lease that another run has', async () => {
      const { gate } = fencedGate();
      let tried = 0;
      const held = new AdfError({ code: 'lease.held', class: 'refused', message: 'bob has it' });
      const lease = leaseUntil(0);
      gate.guardBy(lease, {
        hosts: [h1],
        run: 'a-run',
        regain: () => {
          tried += 1;
          return Promise.reject(held);
        },
      });
      await expect(gate.readyToRestore()).rejects.toBe(held);
      await expect(gate.readyToRestore()).rejects.toBe(held);
      expect(tried).toBe(1);
    });
  });
});

describe('the hold book', () => {
  function bookWith(hostHolds: HostHolds = forgetfulHosts) {
    const journal = new TestJournal();
    const clock = new FakeClock();
    const events: Event[] = [];
    const bus = new EventBus(clock, new Redaction());
    bus.subscribe({ read: (event) => events.push(event) });
    return {
      journal,
      clock,
      events,
      book: new HoldBook({
        journal,
        clock,
        bus,
        hostHolds,
        gate: new MutationGate({ journal, clock, fence: openFence }),
        blips: { outlast: (_place, act) => act(), watch: (_place, act) => act() },
        stop: new AbortController().signal,
        run,
      }),
      host: makeHost('h1'),
    };
  }
  const taking = (name: string): Taking => ({ kind: 'container', name: containerName(name) });

  it('has a hold only once it is in the journal', async () => {
    const { journal, book, host, events } = bookWith();
    journal.broken = true;
    await expect(book.open(host, [taking('api')])).rejects.toMatchObject({ code: 'journal.write' });
    expect(book.openOf(host.id)).toEqual([]);
    expect(events).toEqual([]);

    journal.broken = false;
    await book.open(host, [taking('api')]);
    expect(book.openOf(host.id)).toMatchObject([{ name: 'api', host: 'h1' }]);
    expect(events).toMatchObject([{ type: 'hold.opened', what: 'no container "api"' }]);
  });

  it('keeps what is held already as it was found', async () => {
    const { journal, book, host } = bookWith();
    await book.open(host, [taking('api')]);
    await book.open(host, [taking('api'), taking('web')]);
    expect(journal.types).toEqual(['hold.opened', 'hold.opened']);
    expect(new Set(book.openOf(host.id).map(({ id }) => id)).size).toBe(2);
  });

  describe('whose host loses an answer', () => {
    /** A host that keeps copies, and loses the answer to one call. */
    function hostThatLoses(method: 'keep' | 'forget') {
      const copies = new Map<string, HeldOnHost>();
      let loses = true;
      const answer = async (of: 'keep' | 'forget'): Promise<void> => {
        await Promise.resolve();
        if (!loses || of !== method) return;
        loses = false;
        throw connectionLost(makeHost('h1'), 'read ECONNRESET');
      };
      const hostHolds: HostHolds = {
        on: () => ({
          keep: async (held) => {
            // Lost on the way there; the answer to forgetting is lost on the way back.
            await answer('keep');
            copies.set(held.hold.id, held);
          },
          forget: async (_run, hold) => {
            copies.delete(hold);
            await answer('forget');
          },
          list: () => Promise.resolve([...copies.values()]),
          look: () => Promise.resolve({ held: [...copies.values()], jobs: [] }),
        }),
      };
      return { copies, hostHolds };
    }

    it('takes nothing before the copy is there, though the hold is open already', async () => {
      const { copies, hostHolds } = hostThatLoses('keep');
      const { book, host, journal, clock } = bookWith(hostHolds);
      await expect(book.open(host, [taking('api')])).rejects.toMatchObject({ code: 'ssh.connection_lost' });
      expect(book.openOf(host.id)).toHaveLength(1);
      await clock.run(book.open(host, [taking('api')]));
      expect([...copies.keys()]).toEqual(book.openOf(host.id).map(({ id }) => id));
      expect(journal.types).toEqual(['hold.opened', 'mutation.intended', 'mutation.done']);
    });

    it('has the copy there again before anything is given back, when the answer to taking it off was lost', async () => {
      const { copies, hostHolds } = hostThatLoses('forget');
      const { book, host, clock } = bookWith(hostHolds);
      await book.open(host, [taking('api')]);
      const open = book.openOf(host.id);
      await clock.run(book.settle(open, 'replaced'));
      expect(copies.size).toBe(0);
      await book.reopen(open);
      expect([...copies.keys()]).toEqual(open.map(({ id }) => id));
    });
  });

  it('opens again what is just being settled only when that is done', async () => {
    const { book, host, journal } = bookWith();
    await book.open(host, [taking('api')]);
    const open = book.openOf(host.id);
    await Promise.all([book.settle(open, 'replaced'), book.reopen(open)]);
    expect(book.openOf(host.id)).toEqual(open);
    expect(journal.types).toEqual(['hold.opened', 'hold.settled', 'hold.opened']);
  });

  it('settles once what two settle at the same moment', async () => {
    const { book, host, journal } = bookWith();
    await book.open(host, [taking('api')]);
    const open = book.openOf(host.id);
    await Promise.all([book.settle(open, 'returned'), book.settle(open, 'restored')]);
    expect(book.openOf(host.id)).toEqual([]);
    expect(journal.records).toMatchObject([
      { type: 'hold.opened' },
      { type: 'hold.settled', as: 'returned' },
    ]);
  });

  it('remembers where a host came from when everything is settled and taken again', async () => {
    const { book, host, journal } = bookWith();
    await book.open(host, [taking('api')]);
    const [first] = book.openOf(host.id);
    await book.settle([first!], 'replaced');
    await book.settle([first!], 'replaced');
    expect(book.openOf(host.id)).toEqual([]);
    await book.open(host, [{ ...taking('api'), kind: 'container', name: containerName('api') }]);
    expect(book.originOf(host.id)).toEqual([first]);
    expect(journal.types).toEqual(['hold.opened', 'hold.settled', 'hold.opened']);
  });
});

describe('the floor guard', () => {
  /** Hosts in service, and the guard of their target group. */
  function guardWith(count: number, minHealthy: Amount, floorWait = 60_000) {
    const world = new World();
    const group = world.addTargetGroup('api-http');
    const hosts = Array.from({ length: count }, (_, index) => world.addHost(`i-${index + 1}`));
    const { digest } = world.images.publish('r', 'v1', { ...world.images.behaviour(undefined) });
    const registrations = hosts.map((host) => {
      host.runs({ name: 'api', digest, ports: [5060] });
      return world.registered(group, host, 5060);
    });
    const traffic = new SharedTraffic(new FakeTraffic(world), world.clock);
    const { clock } = world;
    const reservations = new Reservations({
      traffic,
      clock,
      run: 'r1',
      lifetime: 60_000,
      warn: () => undefined,
    });
    const random = new SeededRandom(1);
    const guard = new FloorGuard(
      { traffic, clock, random, blips: { lostSince: undefined } },
      reservations.of('test/api'),
    );
    guard.set(minHealthy, floorWait);
    const take = (index: number, signal = never) =>
      guard.take(
        hosts[index]!.host,
        [group.settings],
        [registrations[index]!],
        { signal, mayTakeOut: () => true },
        () => undefined,
      );
    return { world, group, guard, take, registrations, hosts };
  }

  it('lets at most as many go as the floor allows, however many ask at once', async () => {
    const { world, take } = guardWith(4, { percent: 50 });
    const asked = [0, 1, 2, 3].map((index) =>
      take(index).then(
        () => 'taken',
        (error: unknown) => (error instanceof AdfError ? error.code : 'something else'),
      ),
    );
    expect((await world.clock.run(Promise.all(asked))).sort()).toEqual([
      'floor.blocked',
      'floor.blocked',
      'taken',
      'taken',
    ]);
  });

  it('counts as out what it let go, though the balancer shows it healthy still, until it is given back', async () => {
    const { world, guard, take, registrations } = guardWith(2, { hosts: 1 });
    await world.clock.run(take(0));
    const second = take(1);
    await world.clock.advance(30_000);
    guard.giveBack([registrations[0]!]);
    await world.clock.run(second);
    expect(world.clock.elapsed()).toBeLessThan(33_000);
  });

  it('asks again for what it let go and the balancer shows healthy again, though it was not given back', async () => {
    const { world, group, take, registrations } = guardWith(3, { hosts: 2 });
    await world.clock.run(take(0));
    group.deregister('program', registrations[0]!);
    await world.clock.advance(60_000);
    await world.clock.run(take(0));
    group.register('program', registrations[0]!);
    await world.clock.advance(60_000);
    group.flap(registrations[1]!, 600_000);
    await expect(world.clock.run(take(0))).rejects.toMatchObject({ code: 'floor.blocked' });
  });

  it('judges by the last look at each target group, though it had to wait for another one', async () => {
    const { world, group, guard, take, registrations, hosts } = guardWith(5, { hosts: 3 });
    const slow = world.addTargetGroup('api-grpc');
    const others = hosts.map((host) => world.registered(slow, host, 5060));
    let isSlow = true;
    world.calls.intercept = async ({ method, about }, proceed) => {
      if (isSlow && method === 'health' && about.includes('api-grpc')) {
        isSlow = false;
        await world.clock.sleep(5_000);
      }
      return proceed();
    };
    const waiting = guard.take(
      hosts[0]!.host,
      [group.settings, slow.settings],
      [registrations[0]!, others[0]!],
      { signal: never, mayTakeOut: () => true },
      () => undefined,
    );
    const code = waiting.then(
      () => 'taken',
      (error: unknown) => (error instanceof AdfError ? error.code : 'something else'),
    );
    await world.clock.advance(1_000);
    group.flap(registrations[3]!, 600_000);
    await world.clock.run(take(1));
    expect(isSlow).toBe(false);
    expect(await world.clock.run(code)).toBe('floor.blocked');
  });

  it('gives up after floor_wait, and says what it saw', async () => {
    const { world, take } = guardWith(1, { hosts: 1 });
    await expect(world.clock.run(take(0))).rejects.toMatchObject({
      code: 'floor.blocked',
      message: 'Not drained from "api-http": 1 are healthy and at least 1 must stay so, for 1 m.',
    });
  });

  it('stops waiting when it is told to', async () => {
    const { world, take } = guardWith(1, { hosts: 1 });
    const stop = new AbortController();
    const waiting = take(0, stop.signal);
    world.clock.after(5_000, () => stop.abort(new Error('SIGTERM')), true);
    await expect(world.clock.run(waiting)).rejects.toThrow('SIGTERM');
    expect(world.clock.elapsed()).toBeLessThanOrEqual(5_000);
  });

  it('takes percentages of what was registered when it first looked, not of what is left', async () => {
    const { world, group, take, registrations } = guardWith(4, { percent: 50 });
    await world.clock.run(take(0));
    group.deregister('program', registrations[0]!);
    await world.clock.advance(60_000);
    await world.clock.run(take(1));
    await expect(world.clock.run(take(2))).rejects.toMatchObject({ code: 'floor.blocked' });
  });

  it('takes percentages of what preflight found, though two are deregistered before the first drain', async () => {
    const { world, group, guard, take, registrations } = guardWith(8, { percent: 75 });
    const targets = registrations.map((registration) => ({ registration, state: 'healthy' as const }));
    guard.knowRegistered(group.settings, targets);
    for (const gone of registrations.slice(6)) group.deregister('operator', gone);
    await world.clock.advance(60_000);
    await expect(world.clock.run(take(0))).rejects.toMatchObject({ code: 'floor.blocked' });
  });

  it('never takes the last healthy one of a zone that is not balanced across', async () => {
    const stage = new FleetStage({
      hosts: [{ zone: 'a' }, { zone: 'a' }, { zone: 'b' }, { zone: 'b' }],
      targetGroup: { crossZone: false },
      states: ['healthy', 'unhealthy', 'healthy', 'healthy'],
      rollout: { floor_wait: '1m', serial: '100%' },
    });
    stage.host('i-2').named('api')!.stop('world');
    await stage.deploy();
    const routes = stage.world.timeline.entries.filter(({ type }) => type === 'routes');
    expect(routes.length).toBeGreaterThan(0);
    for (const entry of routes) {
      if (entry.type === 'routes') expect(entry.targets.some(({ serving }) => serving)).toBe(true);
    }
  });
});

describe('the floor of a target group that is not balanced across zones', () => {
  it('refuses hosts of no known zone before any change, also where only the playbook names the group', async () => {
    const stage = new FleetStage({
      hosts: [{ zone: '' }, { zone: '' }, { zone: '' }],
      targetGroup: { crossZone: false },
      groupVars: { target_groups: 'none' },
      playbook: `
- hosts: '{{ group }}'
  serial: 1
  tasks:
    - docker_image: '{{ release.image }}'
    - elb_target: { state: drained, target_groups: [api-http] }
    - docker_container: { image: '{{ release.image }}', containers: '{{ containers }}' }
    - elb_target: { state: in_service, target_groups: [api-http] }
`,
    });
    const begun = stage.world.clock.now();
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(result.errors[0]).toMatchObject({ code: 'floor.blocked', host: 'i-1' });
    expect(result.errors[0]?.hint).toContain('zone:');
    expect(stage.world.clock.now() - begun).toBeLessThan(60_000);
    expect(stage.mutations.filter((call) => call.includes('deregister'))).toEqual([]);
  });
});

describe('the interlocks around the ports', () => {
  const play = (tasks: string): string => `
- hosts: '{{ group }}'
  serial: 1
  max_fail_percentage: 0
  tasks:
${tasks}`;
  const pull = "    - docker_image: '{{ release.image }}'\n";
  const drain = '    - elb_target: { state: drained, target_groups: [api-http] }\n';
  const swap = "    - docker_container: { image: '{{ release.image }}', containers: '{{ containers }}' }\n";
  const serve = '    - elb_target: { state: in_service, target_groups: [api-http] }\n';
  const codes = (result: { readonly errors: readonly { readonly code: string }[] }): readonly string[] =>
    result.errors.map(({ code }) => code);

  it('let no host out of service before its image is there', async () => {
    const stage = new FleetStage({ playbook: play(drain + pull + swap + serve) });
    const result = await stage.deploy();
    expect(codes(result)).toEqual(['interlock.image_missing']);
    expect(stage.mutations.filter((call) => call.includes('deregister'))).toEqual([]);
  });

  it('let no host out of service whose image is pruned while it waits for the floor', async () => {
    const stage = new FleetStage({ playbook: play(pull + drain + swap + serve) });
    const v2 = stage.release(image.healthy());
    stage.atTask('i-1', 'elb_target', 'task.started', () => {
      for (const other of stage.registrations.slice(1)) stage.group.flap(other, 30_000);
    });
    stage.at(
      (event) => event.type === 'task.progress' && event.message.startsWith('waiting for the floor'),
      () => stage.host('i-1').images.delete(v2),
    );
    const result = await stage.deploy();
    expect(codes(result)).toEqual(['interlock.image_missing']);
    expect(stage.mutations.filter((call) => call.includes('deregister'))).toEqual([]);
  });

  it('let no host out of service whose image is for another platform, however it came there', async () => {
    const stage = new FleetStage({ playbook: play(drain + swap + serve) });
    const v2 = stage.release({ ...image.healthy(), architecture: 'arm64', hidesPlatform: true });
    for (const host of stage.hosts) host.addImage('world', v2);

    const result = await stage.deploy();

    expect(codes(result)).toEqual(['image.wrong_platform']);
    expect(stage.mutations.filter((call) => !call.includes('Hold'))).toEqual([]);
  });

  it('stop no container while its host is in service, and leave it as it was', async () => {
    // A drain that may happen, as far as the plan knows, and does not.
    const ask = '    - { command: date, register: out }\n';
    const never = drain.replace('\n', '\n      when: out.rc != 0\n');
    const stage = new FleetStage({ playbook: play(pull + ask + never + swap + serve) });
    const result = await stage.deploy();
    expect(codes(result)).toEqual(['interlock.not_drained']);
    expect(await stage.later()).toEqual([1, 2, 3].map((id) => `i-${id}: v1 running, in service`));
    expect(stage.world.timeline.entries.some(({ type }) => type === 'container.stopped')).toBe(false);
  });

  it('put no host in service whose new container was not proven, nor is healthy now', async () => {
    const stage = new FleetStage({ playbook: play(pull + drain + swap + serve) });
    stage.release(image.neverHealthy());
    const result = await stage.deploy();
    expect(codes(result)).toEqual(['interlock.unhealthy']);
    expect(await stage.later()).toEqual([1, 2, 3].map((id) => `i-${id}: v1 running, in service`));
  });

  it('remove no container that the run may still have to restore', async () => {
    const prune = '    - docker_prune: { keep_releases: 0 }\n';
    const stage = new FleetStage({ playbook: play(pull + drain + swap + prune + serve) });
    const result = await stage.deploy();
    expect(codes(result)).toEqual(['interlock.still_held']);
    expect(await stage.later()).toEqual([1, 2, 3].map((id) => `i-${id}: v1 running, in service`));
  });
});

describe('a deadline', () => {
  it('aborts what it was given with its reason, and waits for it to end', async () => {
    const clock = new FakeClock();
    const seen: string[] = [];
    const late = withDeadline(
      clock,
      1_000,
      never,
      () => new Error('too late'),
      async (signal) => {
        await clock.sleep(5_000, signal).catch(() => seen.push('woken'));
        await clock.sleep(500);
        seen.push('cleaned up');
        return 'done';
      },
    );
    await expect(clock.run(late)).rejects.toThrow('too late');
    expect(seen).toEqual(['woken', 'cleaned up']);
    expect(clock.elapsed()).toBe(1_500);
  });

  it('passes on the abort of its parent, and leaves no timer behind', async () => {
    const clock = new FakeClock();
    const parent = new AbortController();
    parent.abort(new Error('SIGTERM'));
    const act = withDeadline(
      clock,
      1_000,
      parent.signal,
      () => new Error('late'),
      (signal) => clock.sleep(10, signal),
    );
    await expect(clock.run(act)).rejects.toThrow('SIGTERM');
    expect(
      await withDeadline(
        clock,
        1_000,
        never,
        () => new Error('late'),
        () => Promise.resolve(7),
      ),
    ).toBe(7);
    await clock.advance(0);
    expect(clock.sleepers).toBe(0);
  });
});
