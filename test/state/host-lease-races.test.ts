import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { breadth } from '../deep.js';
import { AdfError } from '../../src/errors/adf-error.js';
import { unreachable } from '../../src/errors/ssh.js';
import type { Milliseconds } from '../../src/model/duration.js';
import type { Host } from '../../src/model/host.js';
import { environmentName, groupName } from '../../src/model/ids.js';
import type { Lease } from '../../src/ports/lease-store.js';
import type { CommandResult, RunOptions, Transport } from '../../src/ports/transport.js';
import { HostLeaseStore } from '../../src/state/host-leases.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { makeHost } from '../fakes/make-host.js';
import { SeededRandom } from '../fakes/seeded-random.js';
import { removeFolder, temporaryFolder } from '../stages/temporary-folder.js';
import { ModelLeaseHost } from '../fakes/model-lease-host.js';
import { FakeProc, ShellTransport, type ShellHost } from './shell-transport.js';

/** What hosts do with a question that reaches them. */
interface Hosts {
  ask(host: Host, script: string, options: RunOptions): Promise<CommandResult>;
  /** So much time passes on all of them. */
  pass(duration: Milliseconds): void;
  end(): void;
}

/** Hosts as the script makes them, each a folder of this machine. */
function shellHosts(ids: readonly string[]): Hosts {
  const folder = temporaryFolder('races');
  const machines = new Map<string, ShellHost>();
  for (const id of ids) {
    mkdirSync(join(folder, id));
    const proc = new FakeProc(join(folder, id, 'proc'));
    machines.set(id, { directory: join(folder, id, 'lock'), proc, reachable: true });
  }
  const transport = new ShellTransport(machines);
  let uptime = 1_000;
  return {
    ask: async (host, script, options) => (await transport.connect(host)).run({ script }, options),
    pass: (duration) => {
      uptime += duration / 1_000;
      for (const { proc } of machines.values()) proc.set(uptime);
    },
    end: () => removeFolder(folder),
  };
}

function modelHosts(): Hosts {
  const hosts = new Map<string, ModelLeaseHost>();
  let uptime = 1_000;
  return {
    ask: (host, _script, { env = {} }) => {
      const model = hosts.get(host.id) ?? new ModelLeaseHost();
      hosts.set(host.id, model);
      return Promise.resolve(model.answer(env, uptime));
    },
    pass: (duration) => (uptime += duration / 1_000),
    end: () => undefined,
  };
}

/** A network that loses questions and answers with a chance, and delivers the rest in an order of its own. */
function unsure(hosts: Hosts, random: SeededRandom, loss: number): Transport {
  const outOfReach = new Map<string, number>();
  const turns = async (count: number): Promise<void> => {
    for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    connect: async (host) => {
      await turns(random.between(0, 3));
      const left = outOfReach.get(host.id) ?? (random.chance(loss) ? random.between(1, 12) : 0);
      outOfReach.set(host.id, Math.max(0, left - 1));
      if (left <= 0) outOfReach.delete(host.id);
      if (left > 0) throw unreachable(host, 'tcp', 'connect ETIMEDOUT');
      return {
        host,
        alive: true,
        run: async (command, options = {}) => {
          await turns(random.between(0, 3));
          const script = 'script' in command ? command.script : '';
          const result = await hosts.ask(host, script, options);
          await turns(random.between(0, 3));
          return random.chance(loss) ? { ...result, outcome: { kind: 'unknown', reason: 'lost' } } : result;
        },
        recordOf: () => Promise.reject(new Error('not used by the lock')),
        endStep: () => Promise.reject(new Error('not used by the lock')),
        stream: () => Promise.reject(new Error('not used by the lock')),
        forward: () => Promise.reject(new Error('not used by the lock')),
      };
    },
    close: () => Promise.resolve(),
  };
}

interface Counts {
  taken: number;
  refused: number;
  extended: number;
}

/**
 * Several runs want the lock of one group again and again, renew it, extend it, release it or forget it, while hosts come and go and the
 * group grows; a run may see the list as it was before it grew. Throws when two have the lock at one moment, or when a later lease has no
 * newer epoch than every earlier one.
 */
async function race(
  seed: number,
  rounds: number,
  makeHosts: (ids: readonly string[]) => Hosts,
): Promise<Counts> {
  const random = new SeededRandom(seed);
  const ids = Array.from({ length: 7 }, (_, index) => `h${index + 1}`);
  const hosts = makeHosts(ids);
  const clock = new FakeClock();
  const network = random.fork('network');
  const store = new HostLeaseStore(unsure(hosts, network, 0.1), clock);
  const held = new Map<string, Lease>();
  let size = random.between(1, 5);
  let before = size;
  const name = { environment: environmentName('prod'), group: groupName('api') };
  const listed = () => ids.slice(0, random.chance(0.3) ? before : size).map((id) => makeHost(id));
  const counts: Counts = { taken: 0, refused: 0, extended: 0 };
  let newest = 0;
  const alive = () => [...held].filter(([, lease]) => clock.elapsed() < lease.deadline).map(([run]) => run);

  const take = async (run: string): Promise<void> => {
    try {
      const owner = { run, who: `${run}@desk` };
      const lease = await store.acquire({ ...name, hosts: listed(), owner, duration: 30_000 });
      counts.taken += 1;
      if (lease.epoch <= newest) throw new Error(`seed ${seed}: epoch ${lease.epoch} after ${newest}`);
      newest = lease.epoch;
      held.set(run, lease);
      const who = alive();
      if (who.length > 1) throw new Error(`seed ${seed}: ${who.join(' and ')} have it`);
    } catch (error) {
      if (!(error instanceof AdfError)) throw error;
      counts.refused += 1;
    }
  };
  const keep = async (run: string, lease: Lease): Promise<void> => {
    try {
      if (clock.elapsed() < lease.deadline && random.chance(0.2)) {
        await lease.extend?.(listed());
        counts.extended += 1;
      } else await lease.renew();
      const who = alive();
      if (who.length > 1) throw new Error(`seed ${seed}: ${who.join(' and ')} have it after a renewal`);
    } catch (error) {
      if (!(error instanceof AdfError)) throw error;
      if (error.code === 'lease.lost') held.delete(run);
    }
  };

  try {
    // Only the first lease of a group needs all its hosts.
    const sure = new HostLeaseStore(unsure(hosts, network, 0), clock);
    const owner = { run: 'run-first', who: 'first' };
    const first = await sure.acquire({ ...name, hosts: listed(), owner, duration: 30_000 });
    newest = first.epoch;
    await first.release();
    for (let round = 0; round < rounds; round += 1) {
      before = size;
      if (size < ids.length && random.chance(0.1)) size += random.between(1, ids.length - size);
      const acts = ['run-a', 'run-b', 'run-c', 'run-d'].flatMap((run): Promise<void>[] => {
        const lease = held.get(run);
        if (lease === undefined) return random.chance(0.5) ? [take(run)] : [];
        if (random.chance(0.6)) return [keep(run, lease)];
        held.delete(run);
        // The rest died.
        return random.chance(0.5) ? [lease.release()] : [];
      });
      await Promise.all(acts);
      const passes = random.between(0, 15) * 1_000;
      await clock.advance(passes);
      hosts.pass(passes);
    }
  } finally {
    hosts.end();
  }
  return counts;
}

describe('runs that race for the lock of a group that grows, while hosts come and go', () => {
  const raceOver = async (
    seeds: number,
    rounds: number,
    makeHosts: (ids: readonly string[]) => Hosts,
  ): Promise<Counts> => {
    const total: Counts = { taken: 0, refused: 0, extended: 0 };
    for (let seed = 1; seed <= seeds; seed += 1) {
      const { taken, refused, extended } = await race(seed, rounds, makeHosts);
      total.taken += taken;
      total.refused += refused;
      total.extended += extended;
    }
    return total;
  };

  it('never have it two at a time, and each later one has a newer epoch, over many seeds', async () => {
    const total = await raceOver(breadth(150, 2_000), 30, modelHosts);
    // Otherwise it would have shown nothing.
    expect(total.taken).toBeGreaterThan(breadth(200, 600));
    expect(total.refused).toBeGreaterThan(breadth(200, 600));
    expect(total.extended).toBeGreaterThan(breadth(20, 60));
  });

  it('nor where the hosts are real shells', async () => {
    const total = await raceOver(breadth(3, 12), 12, shellHosts);
    // How many there are depends on how quick the shells are.
    expect(total.taken).toBeGreaterThan(0);
    expect(total.refused).toBeGreaterThan(0);
  });
});
