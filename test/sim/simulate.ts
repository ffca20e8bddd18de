import { createHash } from 'node:crypto';
import type { EventReader } from '../../src/events/bus.js';
import type { Event } from '../../src/events/event.js';
import type { Milliseconds } from '../../src/model/duration.js';
import type { Host } from '../../src/model/host.js';
import { accountId, environmentName, groupName, hostId, type RunId } from '../../src/model/ids.js';
import type { JournalRecord } from '../../src/model/journal-record.js';
import type { RunResult } from '../../src/model/run-result.js';
import type { Clock, Random } from '../../src/ports/clock.js';
import type { ContainerRuntime } from '../../src/ports/container-runtime.js';
import type { Fleet } from '../../src/ports/fleet.js';
import type { Fence, HostHolds } from '../../src/ports/host-holds.js';
import type { HostHttp } from '../../src/ports/host-http.js';
import type { JournalStore, Processes } from '../../src/ports/journal.js';
import type { LeaseStore } from '../../src/ports/lease-store.js';
import type { Registry } from '../../src/ports/registry.js';
import type { ScalingGroups, Traffic } from '../../src/ports/traffic.js';
import type { Transport } from '../../src/ports/transport.js';
import { HostFence } from '../../src/state/host-fence.js';
import { HostLeaseStore } from '../../src/state/host-leases.js';
import { MovedLeases } from '../../src/state/moved-leases.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { FakeContainerRuntime } from '../fakes/fake-container-runtime.js';
import { FakeHostHttp } from '../fakes/fake-host-http.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { FakeScalingGroups } from '../fakes/fake-scaling-groups.js';
import { FakeTraffic } from '../fakes/fake-traffic.js';
import { FakeTransport } from '../fakes/fake-transport.js';
import { MemoryHostHolds } from '../fakes/memory-host-holds.js';
import { MemoryJournalStore } from '../fakes/memory-journal.js';
import { SeededRandom } from '../fakes/seeded-random.js';
import { WorldFleet } from '../fakes/world-fleet.js';
import { longestStaleness } from '../fakes/world/fake-target-group.js';
import type { Entry } from '../fakes/world/timeline.js';
import type { World, WorldState } from '../fakes/world/world.js';
import { buildWorld, scheduleAccidents } from './build-world.js';
import { SimulatedHostLocks } from './control/host-leases.js';
import type { Launch } from './control/launch.js';
import { SimulatedLeaseTable } from './control/leases.js';
import { SimulatedPresence } from './control/presence.js';
import { ControlProcess, type ProcessRecord } from './control/process.js';
import { SimulatedProcesses } from './control/processes.js';
import { watched } from './control/watched-leases.js';
import { noFaults } from './faults.js';
import { LockedHttp } from './locked-http.js';
import { SimulatedNetwork, type CallRecord, type SharedNetwork } from './network.js';
import { environment, preparePlaybook } from './project-of.js';
import { groupsOf, releaseTag, type Scenario } from './scenario.js';

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
  readonly fence: Fence;
  readonly processes: Processes;
  readonly leases: LeaseStore;
  readonly scaling: ScalingGroups;
  /** To be subscribed to the run's bus: what it reads goes into the hash. */
  readonly reader: EventReader;
  /** Aborted when SIGTERM comes. */
  readonly stop: AbortSignal;
  readonly fleet: Fleet;
  /** The hosts of the group, as they are. */
  readonly hosts: readonly Host[];
  readonly scenario: Scenario;
  /** What this process was started for. */
  readonly launch: Launch;
}

export type SimulatedProgram = (ports: SimulatedPorts) => Promise<RunResult>;

/** All that is known about a simulation afterwards. */
export interface SimulatedRun {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly initial: WorldState;
  /** When also the last draining was over. */
  readonly final: WorldState;
  readonly timeline: readonly Entry[];
  readonly calls: readonly CallRecord[];
  /** What leases asked where they are kept. */
  readonly lockCalls: readonly CallRecord[];
  /** In the order in which they ended. */
  readonly processes: readonly ProcessRecord[];
  /** Of the process that was started first. */
  readonly events: readonly Event[];
  readonly result?: RunResult;
  /** Thrown by it, which must not happen but for what is refused. */
  readonly thrown?: unknown;
  /** The world when it ended. */
  readonly ended: WorldState;
  /** The journals of all machines. */
  readonly journals: readonly JournalRecord[];
  /** Waits for something that never comes, or for ever. */
  readonly hangs?: string;
  /** sha256 over events, calls and timeline: the same seed gives the same. */
  readonly hash: string;
}

/** Far longer than any roll with its rollback takes; a program that is not done by then hangs. */
const patience: Milliseconds = 24 * 3_600_000;

/** Runs a program in a world of its own, where the seed decides all that is not decided by the program. */
export async function simulate(
  seed: number,
  scenario: Scenario,
  program: SimulatedProgram,
): Promise<SimulatedRun> {
  await preparePlaybook(scenario);
  const random = new SeededRandom(seed);
  const timers = random.fork('timers');
  const clock = new FakeClock({ lateness: () => timers.between(0, 2) });
  const world = buildWorld(scenario, clock);
  const initial = world.state();
  const history = world.timeline.entries.length;
  scheduleAccidents(world, scenario);
  const moments = random.fork('staleness');
  const { stale } = scenario.faults;
  world.staleness = () => (moments.chance(stale) ? moments.between(0, longestStaleness) : 0);

  const control = new ControlSide(world, scenario, program, random);
  const hangs = await reasonOf(clock.run(control.run(), patience));
  await clock.advance(settlingTime(scenario));

  const timeline = world.timeline.entries.slice(history);
  const { records, calls, lockCalls } = control;
  const first = records.find(({ number }) => number === 1);
  const { result, thrown } = first?.outcome.kind === 'ended' ? first.outcome : {};
  return {
    seed,
    scenario,
    initial,
    final: world.state(),
    timeline,
    calls,
    lockCalls,
    processes: records,
    events: first?.events ?? [],
    ...(result === undefined ? {} : { result }),
    ...(thrown === undefined ? {} : { thrown }),
    ended: first?.ended ?? initial,
    journals: control.journals,
    ...(hangs === undefined ? {} : { hangs }),
    hash: hashOf([...records.flatMap(({ events }) => events), ...calls, ...lockCalls, ...timeline]),
  };
}

/** The processes of the control side, on all machines. */
class ControlSide {
  readonly records: ProcessRecord[] = [];
  readonly #network: SharedNetwork = { record: [], lockRecord: [], rollBeganAt: undefined };
  readonly #disks = new Map<string, Map<RunId, JournalRecord[]>>();
  readonly #processes = new SimulatedProcesses();
  readonly #locks: SimulatedHostLocks;
  readonly #table: SimulatedLeaseTable;
  #count = 0;

  constructor(
    private readonly world: World,
    private readonly scenario: Scenario,
    private readonly program: SimulatedProgram,
    private readonly random: SeededRandom,
  ) {
    this.#table = new SimulatedLeaseTable(world.clock);
    this.#locks = new SimulatedHostLocks(world);
    if (!scenario.knowsLease) return;
    for (const { name, hosts } of groupsOf(scenario)) {
      const lease = { environment: environmentName(environment), group: groupName(name) };
      this.#locks.remember(
        lease,
        hosts.map(({ id }) => hostId(id)),
      );
    }
  }

  get calls(): readonly CallRecord[] {
    return this.#network.record;
  }

  /** What their leases asked where they are kept. */
  get lockCalls(): readonly CallRecord[] {
    return this.#network.lockRecord;
  }

  get journals(): readonly JournalRecord[] {
    return [...this.#disks.values()].flatMap((disk) => [...disk.values()].flat());
  }

  /** Those that follow one another, and their rivals; and then, until it could do its work, one that makes an end. */
  async run(): Promise<void> {
    const { launches, rivals, finish, faults } = this.scenario;
    await Promise.all([this.#oneAfterTheOther(launches), ...rivals.map((rival) => this.#launch(rival))]);
    const recover = (machine: string): Promise<void> =>
      this.#launch({ verb: 'recover', machine, after: 200_000, tag: releaseTag, calm: true });
    // Where hosts have lost what they keep, only the machines that have the journals know what is held.
    if (finish && faults.prunes.some(({ what }) => what === 'volumes')) {
      const machines = new Set([...launches, ...rivals].map(({ machine }) => machine));
      for (const machine of machines) await recover(machine);
    }
    for (let attempt = 1; finish && attempt <= 3 && this.#isLeft(); attempt += 1) {
      await recover(attempt === 2 ? 'desk' : 'last resort');
    }
  }

  async #oneAfterTheOther(launches: readonly Launch[]): Promise<void> {
    for (const launch of launches) await this.#launch(launch);
  }

  /** The last one could not do what it was there for. */
  #isLeft(): boolean {
    const last = this.records.at(-1);
    return last?.launch.calm !== true || last.outcome.kind === 'killed' || last.outcome.result === undefined;
  }

  async #launch(launch: Launch): Promise<void> {
    const { world, random } = this;
    if (launch.after > 0) await world.clock.sleep(launch.after);
    if (launch.lateHost !== undefined) this.#loseForAWhile(launch.lateHost);
    const number = (this.#count += 1);
    const { machineDrifts } = this.scenario.faults;
    const drift = machineDrifts.find(({ machine }) => machine === launch.machine);
    const process = new ControlProcess(number, launch, world, drift?.ahead);
    const seed = random.fork(`process ${number}`);
    process.calls.intercept = new SimulatedNetwork({
      world,
      faults: launch.calm === true ? noFaults : this.scenario.faults,
      shared: this.#network,
      seed: seed.fork('network'),
      life: process.life,
      actor: process.actor,
      machine: launch.machine,
      onCall: process.onCall,
    }).intercept;
    const record = await process.run(() => this.program(this.#portsOf(process, seed.fork('program'))));
    this.#processes.ended(number);
    this.records.push(record);
  }

  #loseForAWhile({ host: id, lasts }: NonNullable<Launch['lateHost']>): void {
    const host = [...this.world.hosts.values()].find((candidate) => candidate.host.id === id);
    if (host === undefined) return;
    host.lose();
    this.world.clock.after(lasts, () => host.find(), true);
  }

  #portsOf(process: ControlProcess, random: SeededRandom): SimulatedPorts {
    const { world, scenario } = this;
    const { launch, clock, calls, number } = process;
    const account = accountId(scenario.faults.wrong === 'account' ? '210987654321' : '123456789012');
    return {
      clock,
      random,
      transport: this.#transportOf(process),
      runtime: new FakeContainerRuntime(world, process),
      http: new LockedHttp(new FakeHostHttp(world, process)),
      traffic: new FakeTraffic(world, process),
      scaling: new FakeScalingGroups(world, process),
      registry: new FakeRegistry(world, process),
      journals: new MemoryJournalStore(calls, this.#diskOf(launch.machine)),
      hostHolds: new MemoryHostHolds(world, process),
      fence: new HostFence(this.#locks.seenBy(process)),
      processes: this.#processes.seenBy(number, launch.machine),
      leases: watched(this.#leasesOf(process), process, world),
      reader: { read: process.read },
      stop: process.stop,
      fleet: new WorldFleet(world, account, process),
      hosts: [...world.hosts.values()].map(({ host }) => host),
      scenario,
      launch,
    };
  }

  /** On the hosts or in the table, by the real store of each. */
  #leasesOf(process: ControlProcess): LeaseStore {
    const { world, scenario } = this;
    const presence = new SimulatedPresence(world, process);
    const hosts = new HostLeaseStore(this.#locks.seenBy(process), process.clock, { presence });
    const isInTable = scenario.leases === 'table' || (scenario.leases === 'moved' && process.number > 1);
    return isInTable ? new MovedLeases(this.#table.seenBy(process), hosts, 'dynamodb') : hosts;
  }

  /** The one command of the playbook fails where the scenario says so. */
  #transportOf(process: ControlProcess): FakeTransport {
    const transport = new FakeTransport(this.world, process);
    transport.when(({ host, options }) =>
      options.step !== undefined && this.scenario.commandFailsOn.includes(host.id)
        ? { outcome: { kind: 'exited', code: 1 } }
        : undefined,
    );
    return transport;
  }

  #diskOf(machine: string): Map<RunId, JournalRecord[]> {
    const disk = this.#disks.get(machine) ?? new Map<RunId, JournalRecord[]>();
    this.#disks.set(machine, disk);
    return disk;
  }
}

async function reasonOf(running: Promise<void>): Promise<string | undefined> {
  try {
    await running;
    return undefined;
  } catch (thrown) {
    return String(thrown);
  }
}

const settlingTime = ({ targetGroups }: Scenario): Milliseconds =>
  60_000 + Math.max(0, ...targetGroups.map(({ deregistrationDelay }) => deregistrationDelay));

function hashOf(stream: readonly unknown[]): string {
  const hash = createHash('sha256');
  for (const item of stream) hash.update(`${JSON.stringify(item)}\n`);
  return hash.digest('hex');
}
