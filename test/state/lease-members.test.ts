import { describe, expect, it } from 'vitest';
import { errorsOf } from '../../src/errors/adf-error.js';
import { unreachable } from '../../src/errors/ssh.js';
import { environmentName, groupName, hostId, type HostId } from '../../src/model/ids.js';
import type { LeaseRequest } from '../../src/ports/lease-store.js';
import type { Transport } from '../../src/ports/transport.js';
import { HostLeaseStore } from '../../src/state/host-leases.js';
import { keepRenewed } from '../../src/state/keep-renewed.js';
import { waitForLease } from '../../src/state/wait-for-lease.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { makeHost } from '../fakes/make-host.js';
import { SeededRandom } from '../fakes/seeded-random.js';
import { ModelLeaseHost } from '../fakes/model-lease-host.js';

const request = (run: string, ids: readonly string[], duration = 60_000): LeaseRequest => ({
  environment: environmentName('prod'),
  group: groupName('api'),
  hosts: ids.map((id) => makeHost(id)),
  owner: { run, who: run },
  duration,
});
const hostIds = (count: number): string[] => Array.from({ length: count }, (_, index) => `h${index + 1}`);

/** Hosts that follow the model, some of which are down or hang until they are given up. */
function stage() {
  const clock = new FakeClock();
  const models = new Map<string, ModelLeaseHost>();
  const [down, hanging] = [new Set<string>(), new Set<string>()];
  const unused = (): Promise<never> => Promise.reject(new Error('not used by the lock'));
  const transport: Transport = {
    connect: (host) =>
      down.has(host.id)
        ? Promise.reject(unreachable(host, 'tcp', 'connect ETIMEDOUT'))
        : Promise.resolve({
            host,
            alive: true,
            run: async (_command, { env = {}, timeout = 600_000, signal } = {}) => {
              await clock.sleep(30);
              if (hanging.has(host.id)) {
                await clock.sleep(timeout, signal);
                throw unreachable(host, 'tcp', 'timed out');
              }
              const model = models.get(host.id) ?? new ModelLeaseHost();
              models.set(host.id, model);
              return model.answer(env, 1_000 + clock.elapsed() / 1_000);
            },
            recordOf: unused,
            endStep: unused,
            stream: unused,
            forward: unused,
          }),
    close: () => Promise.resolve(),
  };
  const gone = new Set<string>();
  const presence = {
    goneOf: (hosts: readonly { readonly id: HostId }[]) =>
      Promise.resolve(new Set(hosts.flatMap(({ id }) => (gone.has(id) ? [id] : [])))),
  };
  const store = () => new HostLeaseStore(transport, clock, { presence });
  /** A lease of an earlier run: only the first of a group needs all its hosts. */
  const takenBefore = async (count: number): Promise<void> => {
    const lease = await clock.run(store().acquire(request('before', hostIds(count))));
    await clock.run(lease.release());
  };
  const outcome = (work: Promise<unknown>): Promise<string> =>
    clock.run(
      work.then(
        () => 'done',
        (error: unknown) => errorsOf(error)[0].code,
      ),
    );
  return { clock, down, hanging, gone, store, takenBefore, outcome };
}

describe('a lease of a group whose list changes', () => {
  it('is not won by the hosts that joined, while it lives on a majority of the list that it was taken with', async () => {
    const { clock, store, outcome } = stage();
    await clock.run(store().acquire(request('a', hostIds(2))));
    expect(await outcome(store().acquire(request('b', hostIds(5))))).toBe('lease.held');
  });

  it('nor where a host of the old list missed its taking', async () => {
    const { clock, down, store, takenBefore, outcome } = stage();
    await takenBefore(3);
    down.add('h3');
    const lease = await clock.run(store().acquire(request('a', hostIds(3))));
    down.clear();
    expect(await outcome(store().acquire(request('b', hostIds(5))))).toBe('lease.held');
    expect(await outcome(lease.renew())).toBe('done');
  });

  it('nor where its hosts do not answer, but another knows its list from before', async () => {
    const { clock, down, store, takenBefore, outcome } = stage();
    await takenBefore(3);
    down.add('h3');
    await clock.run(store().acquire(request('a', hostIds(3))));
    down.clear();
    for (const id of ['h1', 'h2']) down.add(id);
    expect(await outcome(store().acquire(request('b', hostIds(5))))).toBe('lease.unavailable');
  });

  it('is not won by a list that shrank to hosts that missed it', async () => {
    const { clock, down, store, takenBefore, outcome } = stage();
    await takenBefore(5);
    for (const id of ['h4', 'h5']) down.add(id);
    await clock.run(store().acquire(request('a', hostIds(5))));
    down.clear();
    expect(await outcome(store().acquire(request('b', ['h3', 'h4', 'h5'])))).toBe('lease.held');
  });

  it('is not won by hosts that joined while those of its list do not answer', async () => {
    const { clock, down, store, outcome } = stage();
    await clock.run(store().acquire(request('a', hostIds(2))));
    for (const id of ['h1', 'h2']) down.add(id);
    expect(await outcome(store().acquire(request('b', hostIds(5))))).toBe('lease.unavailable');
  });

  it('needs all hosts the first time, but those that a person leaves out', async () => {
    const { down, store, outcome } = stage();
    down.add('h3');
    expect(await outcome(store().acquire(request('a', hostIds(3))))).toBe('lease.unavailable');
    const without = (id: string) => ({ ...request('a', hostIds(3)), leftOut: [hostId(id)] });
    expect(await outcome(store().acquire(without('h2')))).toBe('lease.unavailable');
    expect(await outcome(store().acquire(without('h3')))).toBe('done');
  });

  it('needs a majority even if a person leaves out most hosts', async () => {
    const { down, store, outcome } = stage();
    for (const id of ['h2', 'h3']) down.add(id);
    const leftOut = [hostId('h2'), hostId('h3')];
    expect(await outcome(store().acquire({ ...request('a', hostIds(3)), leftOut }))).toBe(
      'lease.unavailable',
    );
  });

  it('waits for the end of what may live by terminated hosts, and then does without them', async () => {
    const { clock, gone, store, takenBefore, outcome } = stage();
    await takenBefore(3);
    for (const id of ['h1', 'h2']) gone.add(id);
    const after = store();
    const wanted = request('b', ['h3', 'h4', 'h5']);
    expect(await outcome(after.acquire(wanted))).toBe('lease.members_gone');
    await clock.advance(59_000);
    expect(await outcome(after.acquire(wanted))).toBe('lease.members_gone');
    await clock.advance(1_000);
    expect(await outcome(after.acquire(wanted))).toBe('done');
  });

  it('is waited for by a deploy that finds most of its hosts terminated', async () => {
    const { clock, gone, store, takenBefore } = stage();
    await takenBefore(3);
    for (const id of ['h1', 'h2']) gone.add(id);
    const random = new SeededRandom(1);
    const lease = await clock.run(
      waitForLease(store(), request('b', ['h3', 'h4']), { wait: 0, clock, random }),
    );
    expect(lease.epoch).toBe(2);
    expect(clock.elapsed()).toBeGreaterThanOrEqual(60_000);
  });

  it('names the hosts that left the list but still run, and how a person ends their lease', async () => {
    const { store, takenBefore, clock, outcome } = stage();
    await takenBefore(2);
    const wanted = request('b', ['h2', 'h3']);
    const refused = await clock.run(
      store()
        .acquire(wanted)
        .catch((error: unknown) => errorsOf(error)[0]),
    );
    expect(refused).toMatchObject({
      code: 'lease.unavailable',
      message: expect.stringContaining('hosts that the group does not list any more: h1.') as string,
      hint: expect.stringContaining('adfpush lock release --group api --env prod --force') as string,
    });
    expect(await outcome(store().seize(wanted, wanted.owner))).toBe('done');
    expect(await outcome(store().acquire(wanted))).toBe('done');
  });

  it('is kept by a majority of the hosts that are left, when others are terminated', async () => {
    const { clock, down, gone, store, outcome } = stage();
    const lease = await clock.run(store().acquire(request('a', hostIds(4))));
    for (const id of ['h3', 'h4']) down.add(id);
    expect(await outcome(lease.renew())).toBe('lease.unavailable');
    gone.add('h4');
    expect(await outcome(lease.renew())).toBe('done');
  });

  it('grows only with a majority of its old list, and of its new', async () => {
    const { clock, down, store, outcome } = stage();
    const lease = await clock.run(store().acquire(request('a', hostIds(2))));
    const grow = () => lease.extend?.(hostIds(5).map((id) => makeHost(id))) ?? Promise.resolve();
    down.add('h2');
    expect(await outcome(grow())).toBe('lease.unavailable');
    down.clear();
    expect(await outcome(lease.renew())).toBe('done');
    expect(await outcome(grow())).toBe('done');
    expect(await outcome(store().acquire(request('b', hostIds(5))))).toBe('lease.held');
    for (const id of ['h1', 'h2']) down.add(id);
    expect(await outcome(lease.renew())).toBe('done');
  });

  it('is kept on a host that missed its taking, as soon as that answers', async () => {
    const { clock, down, store, takenBefore, outcome } = stage();
    await takenBefore(3);
    down.add('h3');
    const lease = await clock.run(store().acquire(request('a', hostIds(3))));
    down.clear();
    expect(await outcome(lease.renew())).toBe('done');
    down.add('h1');
    expect(await outcome(lease.renew())).toBe('done');
  });
});

describe('a lease that ran out and is taken back', () => {
  it('is taken back when only own attempts raised its epoch', async () => {
    const { clock, store } = stage();
    const lease = await clock.run(store().acquire(request('a', hostIds(3))));
    await clock.run(lease.release());
    // What an attempt that failed after its taking leaves.
    await clock.run((await clock.run(store().acquire(request('a', hostIds(3))))).release());
    const again = await clock.run(store().acquire({ ...request('a', hostIds(3)), since: lease.epoch }));
    expect([again.epoch, again.unbroken]).toEqual([lease.epoch + 2, true]);
  });

  it('is lost when another run had it since, though that run released it', async () => {
    const { clock, store, outcome } = stage();
    const lease = await clock.run(store().acquire(request('a', hostIds(3))));
    await clock.advance(62_000);
    await clock.run((await clock.run(store().acquire(request('b', hostIds(3))))).release());
    const again = { ...request('a', hostIds(3)), since: lease.epoch };
    expect(await outcome(store().acquire(again))).toBe('lease.lost');
    expect(await outcome(store().acquire(again))).toBe('lease.lost');
  });
});

describe('a host that hangs', () => {
  it.each([30_000, 60_000, 300_000])('never makes a lease of %d ms lapse', async (duration) => {
    const { clock, hanging, store } = stage();
    const lost: string[] = [];
    const work = async (): Promise<number> => {
      const lease = await store().acquire(request('a', hostIds(5), duration));
      const kept = keepRenewed(lease, { duration, clock, onLost: ({ code }) => lost.push(code) });
      hanging.add('h1');
      let over = 0;
      for (let turn = 0; turn < 600; turn += 1) {
        await clock.sleep(500);
        if (clock.elapsed() >= lease.deadline) over += 1;
      }
      await kept.stop();
      return over;
    };
    expect([await clock.run(work()), lost]).toEqual([0, []]);
  });

  it('costs a moment for each question, in taking, looking, growing and releasing', async () => {
    const { clock, hanging, store, takenBefore } = stage();
    await takenBefore(19);
    hanging.add('h1');
    const timed = async <T>(work: Promise<T>): Promise<readonly [T, number]> => {
      const begun = clock.elapsed();
      return [await clock.run(work), clock.elapsed() - begun];
    };
    const [lease, taking] = await timed(store().acquire(request('a', hostIds(19))));
    const [, looking] = await timed(store().look(request('a', hostIds(19))));
    const grown = hostIds(20).map((id) => makeHost(id));
    const [, growing] = await timed(lease.extend?.(grown) ?? Promise.resolve());
    const [, renewing] = await timed(lease.renew());
    const [, releasing] = await timed(lease.release());
    expect([taking, looking, growing, renewing, releasing].map((took) => took <= 5_000)).toEqual(
      Array.from({ length: 5 }, () => true),
    );
    expect(renewing).toBe(30);
  });
});
