import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { EventReader } from '../../src/events/bus.js';
import type { Event } from '../../src/events/event.js';
import type { Milliseconds } from '../../src/model/duration.js';
import type { Host } from '../../src/model/host.js';
import type { RunResult } from '../../src/model/run-result.js';
import type { Clock } from '../../src/ports/clock.js';
import type { ContainerRuntime } from '../../src/ports/container-runtime.js';
import type { Fleet } from '../../src/ports/fleet.js';
import type { HostHolds } from '../../src/ports/host-holds.js';
import type { HostHttp } from '../../src/ports/host-http.js';
import type { JournalStore } from '../../src/ports/journal.js';
import type { LeaseStore } from '../../src/ports/lease-store.js';
import type { Processes } from '../../src/ports/processes.js';
import type { Random } from '../../src/ports/random.js';
import type { Registry } from '../../src/ports/registry.js';
import type { Traffic } from '../../src/ports/traffic.js';
import type { Transport } from '../../src/ports/transport.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { FakeContainerRuntime } from '../fakes/fake-container-runtime.js';
import { WorldFleet } from '../fakes/world-fleet.js';
import { FakeHostHttp } from '../fakes/fake-host-http.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { FakeTraffic } from '../fakes/fake-traffic.js';
import { FakeTransport } from '../fakes/fake-transport.js';
import { FakeProcesses } from '../fakes/fake-processes.js';
import { MemoryHostHolds } from '../fakes/memory-host-holds.js';
import { MemoryJournalStore } from '../fakes/memory-journal.js';
import { MemoryLeaseStore } from '../fakes/memory-leases.js';
import { SeededRandom } from '../fakes/seeded-random.js';
import type { Entry } from '../fakes/world/timeline.js';
import type { World, WorldState } from '../fakes/world/world.js';
import { buildWorld, scheduleAccidents } from './build-world.js';
import { SimulatedNetwork } from './network.js';
import type { Scenario } from './scenario.js';

/** The whole world of a program under simulation. */
export interface SimulatedPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly runtime: ContainerRuntime;
  readonly http: HostHttp;
  readonly traffic: Traffic;
  readonly registry: Registry;
  readonly journals: JournalStore;
  readonly hostHolds: HostHolds;
  readonly processes: Processes;
  readonly leases: LeaseStore;
  /** To be subscribed to the run's bus: what it reads goes into the hash. */
  readonly reader: EventReader;
  /** Aborted when SIGTERM comes. */
  readonly stop: AbortSignal;
  readonly fleet: Fleet;
  /** The hosts of the group, as they are. */
  readonly hosts: readonly Host[];
  readonly scenario: Scenario;
}

export type SimulatedProgram = (ports: SimulatedPorts) => Promise<RunResult>;

/** All that is known about a simulated run afterwards. */
export interface SimulatedRun {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly initial: WorldState;
  /** When the program ended. */
  readonly ended: WorldState;
  /** When also the last draining was over. */
  readonly final: WorldState;
  readonly timeline: readonly Entry[];
  readonly result?: RunResult;
  /** Thrown by the program, which must not happen. */
  readonly thrown?: unknown;
  readonly events: readonly Event[];
  readonly calls: readonly string[];
  /** When SIGTERM came. */
  readonly signalledAt?: Milliseconds;
  /** sha256 over events, calls and timeline: the same seed gives the same. */
  readonly hash: string;
}

/** Far longer than any roll with its rollback takes; a program that is not done by then hangs. */
const patience: Milliseconds = 6 * 3_600_000;

/** Runs a program in a world of its own, where the seed decides all that is not decided by the program. */
export async function simulate(
  seed: number,
  scenario: Scenario,
  program: SimulatedProgram,
): Promise<SimulatedRun> {
  const random = new SeededRandom(seed);
  const timers = random.fork('timers');
  const clock = new FakeClock({ lateness: () => timers.between(0, 2) });
  const world = buildWorld(scenario, clock);
  const initial = world.state();
  const history = world.timeline.entries.length;
  scheduleAccidents(world, scenario);

  const stop = new AbortController();
  let signalledAt: Milliseconds | undefined;
  const network = new SimulatedNetwork(world, scenario.faults, random.fork('network'), () => {
    signalledAt = clock.elapsed();
    world.timeline.record('world', { type: 'signal', signal: 'SIGTERM' });
    stop.abort(new Error('SIGTERM'));
  });
  world.calls.intercept = network.intercept;

  const events: Event[] = [];
  const ports = portsOf(world, random.fork('program'), stop.signal, scenario, (event) => events.push(event));
  const outcome = await outcomeOf(clock.run(program(ports), patience));
  const ended = world.state();
  await clock.advance(settlingTime(scenario));

  const timeline = world.timeline.entries.slice(history);
  return {
    seed,
    scenario,
    initial,
    ended,
    final: world.state(),
    timeline,
    ...outcome,
    events,
    calls: network.record,
    ...(signalledAt === undefined ? {} : { signalledAt }),
    hash: hashOf([...events, ...network.record, ...timeline]),
  };
}

function portsOf(
  world: World,
  random: SeededRandom,
  stop: AbortSignal,
  scenario: Scenario,
  read: (event: Event) => void,
): SimulatedPorts {
  return {
    clock: world.clock,
    random,
    transport: new FakeTransport(world),
    runtime: new FakeContainerRuntime(world),
    http: new FakeHostHttp(world),
    traffic: new FakeTraffic(world),
    registry: new FakeRegistry(world),
    journals: new MemoryJournalStore(world.calls),
    hostHolds: new MemoryHostHolds(world),
    processes: new FakeProcesses(),
    leases: new MemoryLeaseStore(world.clock, world.calls),
    reader: { read },
    stop,
    fleet: new WorldFleet(world),
    hosts: [...world.hosts.values()].map(({ host }) => host),
    scenario,
  };
}

async function outcomeOf(running: Promise<RunResult>): Promise<Pick<SimulatedRun, 'result' | 'thrown'>> {
  try {
    return { result: await running };
  } catch (thrown) {
    return { thrown };
  }
}

const settlingTime = ({ targetGroups }: Scenario): Milliseconds =>
  60_000 + Math.max(0, ...targetGroups.map(({ deregistrationDelay }) => deregistrationDelay));

function hashOf(stream: readonly unknown[]): string {
  const hash = sha256.create();
  const encoder = new TextEncoder();
  for (const item of stream) hash.update(encoder.encode(`${JSON.stringify(item)}\n`));
  return bytesToHex(hash.digest());
}
