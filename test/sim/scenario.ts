import type { RestartPolicy } from '../../src/model/container.js';
import type { Milliseconds } from '../../src/model/duration.js';
import { floorOf, type Amount, type OnFailure, type RolloutSettings } from '../../src/model/settings.js';
import type { SeededRandom } from '../fakes/seeded-random.js';
import type { GroupOfScenario, Launch } from './control/launch.js';
import {
  randomLaunches,
  randomNeighbourLaunches,
  randomRace,
  randomRivals,
  withLockKill,
} from './control/random-launches.js';
import { noFaults, randomFaults, randomTurnBlips, type FaultPlan } from './faults.js';

/** What the release that is rolled does when it is started. */
export type ReleaseKind = 'good' | 'never_healthy' | 'exits_at_once' | 'late_crash';

interface ScenarioTargetGroup {
  readonly name: string;
  /** The ports of each host that it has registered. */
  readonly ports: readonly number[];
  readonly deregistrationDelay: Milliseconds;
  readonly crossZone: boolean;
}

/**
 * A second group of the environment, which is rolled by processes of its own. It has hosts of its own behind the target groups of the first
 * one; or it lives on the hosts of the first one, behind a target group of its own.
 */
export type Neighbour =
  | {
      readonly shares: 'target_groups';
      readonly hosts: readonly { readonly id: string; readonly zone: string }[];
    }
  | { readonly shares: 'hosts' };

/** One fleet, one release, and what will go wrong: everything a simulated run depends on besides the program. */
export interface Scenario {
  readonly hosts: readonly { readonly id: string; readonly zone: string }[];
  readonly neighbour?: Neighbour;
  readonly targetGroups: readonly ScenarioTargetGroup[];
  /** Ports that the group's containers publish for its target groups. */
  readonly ports: readonly number[];
  /** How many containers the group has, one to three (see `containersOf`). */
  readonly containers: number;
  /** The restart policy of the containers that are planned, and of those that a first deploy finds. */
  readonly restart: RestartPolicy;
  readonly previousRestart: RestartPolicy;
  /** False: a first deploy, on hosts that have no container yet. */
  readonly hasPrevious: boolean;
  readonly release: ReleaseKind;
  /** Hosts where the release never becomes healthy, whatever it does elsewhere: hosts that finished before them are rolled back. */
  readonly sickHosts: readonly string[];
  readonly rollout: RolloutSettings;
  /** The hosts belong to an Auto Scaling group that replaces what is drained; these of its processes are suspended already. */
  readonly scaling?: { readonly suspended: readonly string[] };
  /** The playbook has a command that cannot be taken back. */
  readonly hasCommand: boolean;
  /** The playbook is one of a person who uses many words: loops, conditions, retries, a linear strategy. They change nothing on hosts. */
  readonly wordy: boolean;
  /** What a playbook of one's own forgets: the interlocks keep it from doing harm. */
  readonly forgets?: 'pull' | 'drain' | 'proof';
  /** Hosts where it ends with 1. */
  readonly commandFailsOn: readonly string[];
  readonly faults: FaultPlan;
  /** The processes of the control side, one after the other. */
  readonly launches: readonly [Launch, ...Launch[]];
  /** Others that run beside them. */
  readonly rivals: readonly Launch[];
  /** At the end somebody recovers what is left, in peace. */
  readonly finish: boolean;
  /** Where leases are kept: on the hosts, in a table of the cloud, or on the hosts by the first process and in a table by all others. */
  readonly leases: 'hosts' | 'table' | 'moved';
  /** The hosts had a lease before. Else nobody can tell how many there are that may have one, and the first lease needs all of them. */
  readonly knowsLease: boolean;
}

export const repository = 'registry:5000/api';
export const previousTag = 'v1';
export const releaseTag = 'v2';
/** What a second deployer may roll. */
export const otherTag = 'v3';
export const containerNameOfGroup = 'api';

/** A group of the environment, as its users describe it. */
export interface ScenarioGroup {
  readonly name: GroupOfScenario;
  /** In start order. The last one is probed: the others were started before it, so that all of them serve when it does. */
  readonly containers: readonly ScenarioContainer[];
  readonly targetGroups: readonly ScenarioTargetGroup[];
  readonly hosts: readonly { readonly id: string; readonly zone: string }[];
}

/** The groups of the environment, the first one first. */
export function groupsOf(scenario: Scenario): readonly ScenarioGroup[] {
  const { neighbour, hosts, targetGroups } = scenario;
  const containers = containersOf(scenario);
  const first: ScenarioGroup = { name: 'api', containers, targetGroups, hosts };
  if (neighbour === undefined) return [first];
  if (neighbour.shares === 'target_groups') {
    const renamed = containers.map(({ name, ports }) => ({ name: name.replace('api', 'web'), ports }));
    return [first, { name: 'web', containers: renamed, targetGroups, hosts: neighbour.hosts }];
  }
  const port = 7000;
  const own = { name: 'web-1', ports: [port], deregistrationDelay: 5_000, crossZone: true };
  return [first, { name: 'web', containers: [{ name: 'web', ports: [port] }], targetGroups: [own], hosts }];
}

/** One container of a group. */
export interface ScenarioContainer {
  readonly name: string;
  /** Host ports that it publishes. */
  readonly ports: readonly [number, ...number[]];
}

/** The containers of the first group, in start order. They share the ports of its target groups; one that gets none has a port of its own. */
export function containersOf({
  containers,
  ports,
}: Pick<Scenario, 'containers' | 'ports'>): readonly ScenarioContainer[] {
  return Array.from({ length: containers }, (_, index) => {
    const [first = 6000 + index, ...others] = ports.filter((_port, at) => at % containers === index);
    const name = index === 0 ? containerNameOfGroup : `${containerNameOfGroup}-${index + 1}`;
    return { name, ports: [first, ...others] };
  });
}

const calmRollout: RolloutSettings = {
  serial: [{ hosts: 1 }, { percent: 25 }, { percent: 100 }],
  minHealthy: { percent: 50 },
  bake: 10_000,
  drainTimeout: 'default',
  onFailure: 'rollback',
  keepReleases: 3,
  floorWait: 600_000,
  reconnect: 300_000,
  asg: 'suspend',
};

const calmDeploy: Launch = { verb: 'deploy', machine: 'desk', after: 0, tag: releaseTag };

/** Four hosts in two zones behind one target group, a good release, and nothing goes wrong. */
export const calmScenario: Scenario = {
  hosts: [1, 2, 3, 4].map((number) => ({ id: `h${number}`, zone: number % 2 === 0 ? 'b' : 'a' })),
  targetGroups: [{ name: 'api-http', ports: [5060], deregistrationDelay: 10_000, crossZone: true }],
  ports: [5060],
  containers: 1,
  restart: { name: 'unless-stopped' },
  previousRestart: { name: 'unless-stopped' },
  hasPrevious: true,
  release: 'good',
  sickHosts: [],
  rollout: calmRollout,
  hasCommand: false,
  wordy: false,
  commandFailsOn: [],
  faults: noFaults,
  launches: [calmDeploy],
  rivals: [],
  finish: false,
  leases: 'hosts',
  knowsLease: true,
};

/** A scenario drawn from the seed. Each aspect has a stream of its own, so that changing one leaves the others. */
export function randomScenario(seed: SeededRandom): Scenario {
  const scenario = randomFleet(seed);
  const quiet = seed.fork('blips alone');
  return quiet.chance(0.08) ? withBlipsAlone(quiet, scenario) : scenario;
}

/** One deploy, and nothing goes wrong but blips in the middle of its turns: whatever comes of them is seen. */
function withBlipsAlone(
  random: SeededRandom,
  { neighbour: _n, forgets: _f, ...scenario }: Scenario,
): Scenario {
  const hosts = scenario.hosts.map(({ id }) => id);
  return {
    ...scenario,
    commandFailsOn: [],
    faults: { ...noFaults, sparesPreflight: true, blips: randomTurnBlips(random, hosts, 1) },
    launches: [calmDeploy],
    rivals: [],
  };
}

function randomFleet(seed: SeededRandom): Scenario {
  const fleet = seed.fork('fleet');
  const zones = ['a', 'b', 'c'].slice(0, fleet.integer(1, 3));
  const hosts = Array.from({ length: fleet.integer(1, 12) }, (_, index) => ({
    id: `h${index + 1}`,
    zone: zones[index % zones.length] ?? 'a',
  }));
  const targetGroups = randomTargetGroups(seed.fork('target groups'), hosts.length >= 2 * zones.length);
  const hasPrevious = fleet.chance(0.9);
  const neighbour = randomNeighbour(seed.fork('neighbour'), zones);
  const launches = randomLaunches(
    seed.fork('launches'),
    [releaseTag, otherTag],
    hosts.map(({ id }) => id),
  );
  const race = randomRace(
    seed.fork('race'),
    [releaseTag, otherTag],
    hosts.map(({ id }) => id),
  );
  const growth = randomGrowth(seed.fork('growth'), hosts.length);
  // Where a process is killed while it settles, there is to be something to settle.
  const settles = launches.some(({ killAtSettling }) => killAtSettling !== undefined);
  return {
    hosts,
    targetGroups,
    ports: [...new Set(targetGroups.flatMap(({ ports }) => ports))],
    containers: seed.fork('containers').pick(settles ? [1, 2, 3] : [1, 1, 1, 2, 3]),
    ...randomRestarts(seed.fork('restarts')),
    hasPrevious,
    release: seed
      .fork('release')
      .pick<ReleaseKind>(['good', settles ? 'good' : 'never_healthy', 'good', 'exits_at_once', 'late_crash']),
    sickHosts: randomSickHosts(
      seed.fork('sick hosts'),
      hosts.map(({ id }) => id),
    ),
    rollout: randomRollout(seed.fork('rollout'), hasPrevious ? hosts.length : 0),
    ...(neighbour === undefined ? {} : { neighbour }),
    ...randomScaling(seed.fork('scaling')),
    wordy: seed.fork('words').chance(0.15),
    ...randomCommand(
      seed.fork('command'),
      hosts.map(({ id }) => id),
    ),
    faults: {
      ...randomFaults(
        seed.fork('faults'),
        hosts.map(({ id }) => id),
      ),
      ...(growth === undefined ? {} : { joins: growth.joins }),
      ...(race === undefined ? {} : { slowRoutes: race.slowRoutes }),
    },
    launches: withLockKill(seed.fork('lock kill'), launches),
    rivals: [
      ...randomRivals(seed.fork('rivals'), [releaseTag, otherTag]),
      ...(growth?.rivals ?? []),
      ...(race === undefined ? [] : [race.rival]),
      ...(neighbour === undefined
        ? []
        : randomNeighbourLaunches(seed.fork('neighbour launches'), releaseTag)),
    ],
    finish: seed.fork('finish').chance(0.7),
    leases: seed
      .fork('leases')
      .pick(['hosts', 'hosts', 'hosts', 'hosts', 'hosts', 'hosts', 'hosts', 'hosts', 'table', 'moved']),
    knowsLease: hasPrevious && seed.fork('knows lease').chance(0.8),
  };
}

/** One in five small groups grows to a multiple while it is rolled, and somebody who sees all its hosts comes for it, too. */
function randomGrowth(
  random: SeededRandom,
  hosts: number,
): { readonly joins: FaultPlan['joins']; readonly rivals: readonly Launch[] } | undefined {
  if (hosts > 4 || !random.chance(0.2)) return undefined;
  const joins = Array.from({ length: random.integer(1, 4) }, (_, index) => ({
    host: `joiner-${index + 1}`,
    at: random.between(500, 90_000),
  }));
  const after = Math.max(...joins.map(({ at }) => at)) + random.between(0, 30_000);
  const verb = random.chance(0.7) ? 'deploy' : 'recover';
  const machine = random.chance(0.3) ? 'desk' : 'build';
  const tag = random.pick([releaseTag, otherTag]);
  return { joins, rivals: [{ verb, machine, after, tag, ...(random.chance(0.5) ? { waits: true } : {}) }] };
}

/** A third of all fleets has some. */
const randomSickHosts = (random: SeededRandom, hosts: readonly string[]): readonly string[] =>
  random.chance(0.35) ? hosts.filter(() => random.chance(0.3)) : [];

/** One in nine has a second group. */
function randomNeighbour(random: SeededRandom, zones: readonly string[]): Neighbour | undefined {
  if (!random.chance(0.11)) return undefined;
  if (random.chance(0.4)) return { shares: 'hosts' };
  const hosts = Array.from({ length: random.integer(1, 5) }, (_, index) => ({
    id: `w${index + 1}`,
    zone: zones[index % zones.length] ?? 'a',
  }));
  return { shares: 'target_groups', hosts };
}

/** Half of all groups have the usual policy, and all others are rolled from and to. */
function randomRestarts(random: SeededRandom): Pick<Scenario, 'restart' | 'previousRestart'> {
  const policy = (): RestartPolicy =>
    random.chance(0.6)
      ? { name: 'unless-stopped' }
      : random.pick<RestartPolicy>([
          { name: 'no' },
          { name: 'always' },
          { name: 'on-failure', maximumRetries: 0 },
          { name: 'on-failure', maximumRetries: 2 },
        ]);
  return { restart: policy(), previousRestart: policy() };
}

const randomScaling = (random: SeededRandom): Pick<Scenario, 'scaling'> =>
  random.chance(0.25)
    ? { scaling: { suspended: random.pick([[], ['AlarmNotification'], ['AZRebalance']]) } }
    : {};

function randomCommand(
  random: SeededRandom,
  hosts: readonly string[],
): Pick<Scenario, 'hasCommand' | 'commandFailsOn' | 'forgets'> {
  return {
    hasCommand: random.chance(0.3),
    commandFailsOn: random.chance(0.1) ? hosts.filter(() => random.chance(0.3)) : [],
    ...(random.chance(0.06)
      ? { forgets: random.pick<'pull' | 'drain' | 'proof'>(['pull', 'drain', 'proof']) }
      : {}),
  };
}

/** A zone with one host cannot be rolled unless the zones are balanced across. */
function randomTargetGroups(random: SeededRandom, mayBeZonal: boolean): readonly ScenarioTargetGroup[] {
  return Array.from({ length: random.integer(1, 2) }, (_, index) => ({
    name: `api-${index + 1}`,
    ports: random.chance(0.25) ? [5060 + index, 5070 + index] : [5060 + index],
    deregistrationDelay: random.pick([0, 5_000, 30_000, 300_000]),
    crossZone: random.chance(0.7) || !mayBeZonal,
  }));
}

/** The floor always leaves room for one host: a group too small for it is refused before anything happens. */
function randomRollout(random: SeededRandom, healthyHosts: number): RolloutSettings {
  const floors: readonly Amount[] = [{ hosts: 1 }, { percent: 50 }, { percent: 75 }];
  return {
    ...calmRollout,
    serial: random.pick<RolloutSettings['serial']>([
      [{ hosts: 1 }],
      [{ hosts: 2 }],
      [{ percent: 50 }],
      [{ percent: 100 }],
      [{ hosts: 1 }, { percent: 25 }, { percent: 100 }],
    ]),
    minHealthy: random.pick<Amount>([
      { hosts: 0 },
      ...floors.filter((floor) => floorOf(floor, healthyHosts) < healthyHosts),
    ]),
    onFailure: random.pick<OnFailure>(['rollback', 'restore', 'stop']),
    bake: random.pick([0, 10_000, 60_000]),
    floorWait: 60_000,
    reconnect: 30_000,
  };
}
