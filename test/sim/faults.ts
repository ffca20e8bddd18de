import type { Milliseconds } from '../../src/model/duration.js';
import type { SeededRandom } from '../fakes/seeded-random.js';
import type { EngineEnd } from '../fakes/world/fake-container.js';

interface Window {
  readonly host: string;
  readonly at: Milliseconds;
  readonly lasts: Milliseconds;
}

/** Everything that will go wrong. Probabilities are per call of a port. */
export interface FaultPlan {
  /** Calls fail only once the first image is pulled: what fails before that is refused, and there is little to see. */
  readonly sparesPreflight: boolean;
  /** A call to a host fails, and nothing happened there. */
  readonly lostBefore: number;
  /** A call to a host fails though it did what it was asked. */
  readonly lostAfter: number;
  /** The answer to a change of a host is lost, and the host carries it out later: its Engine has the request. */
  readonly late: number;
  /** The balancer's API refuses because of too many calls. */
  readonly throttled: number;
  /** The balancer's API did it, and its answer was lost. */
  readonly lostReply: number;
  /** Its answer was lost, and the API does it some seconds later. */
  readonly lateReply: number;
  /** The API answers a question for the health of targets with what was true some seconds ago. */
  readonly stale: number;
  /** How far the wall clocks of the control side's machines are ahead: by less than what two of them may differ (plan/reservation.ts). */
  readonly machineDrifts: readonly { readonly machine: string; readonly ahead: Milliseconds }[];
  /** How far the own clocks of hosts are ahead of the world's. */
  readonly drifts: readonly { readonly host: string; readonly ahead: Milliseconds }[];
  /** How fast the own clocks of hosts run: their locks live by them. */
  readonly clockRates: readonly { readonly host: string; readonly rate: number }[];
  /** Hosts that take connections and say nothing for a while, longer than anybody waits for an answer. */
  readonly hangs: readonly Window[];
  /** Hosts whose disk is full for a while where their locks are kept: it takes no lock and no renewal. */
  readonly fullLocks: readonly Window[];
  /** A question of a lease arrives much later where it is kept, or its answer does. */
  readonly lockSlow: number;
  /** From the beginning for so long, what leases ask from the machine reaches these hosts only much later: a route that is jammed. */
  readonly slowRoutes: readonly {
    readonly machine: string;
    readonly hosts: readonly string[];
    readonly lasts: Milliseconds;
  }[];
  /** Hosts that cannot be reached at all. */
  readonly unreachable: readonly string[];
  /** Hosts that cannot be reached for a while. */
  readonly lost: readonly Window[];
  /** Hosts that are away for a moment, as a whole or with their Engine alone: no run may give up for that. */
  readonly blips: readonly Blip[];
  /** What all hosts share is away for a moment: no run may give up for that either. */
  readonly outages: readonly Outage[];
  /** Hosts that cannot pull the release. */
  readonly diskFull: readonly string[];
  /** A running container of a host ends by itself: the first of the group unless another is said, by its place in their order. */
  readonly crashes: readonly {
    readonly host: string;
    readonly at: Milliseconds;
    readonly container?: number;
  }[];
  /** The targets of a host fail their checks for a while. */
  readonly flaps: readonly Window[];
  /** Between the machine, or all machines when absent, and these hosts nothing gets through for a while; the hosts serve on. */
  readonly partitions: readonly {
    readonly hosts: readonly string[];
    readonly machine?: string;
    readonly at: Milliseconds;
    readonly lasts: Milliseconds;
  }[];
  /** Hosts that are down for a while, and come back with what Docker starts again. Their power is lost unless they go down in order. */
  readonly reboots: readonly (Window & { readonly by?: EngineEnd })[];
  /** Docker Engines that end with what they run, and begin again. */
  readonly engineRestarts: readonly (Window & { readonly by: EngineEnd })[];
  /** A pull fails in the middle. */
  readonly pullFails: number;
  /** What a lease asks where it is kept, one host or a table, gets no answer. */
  readonly leaseLost: number;
  /** From then on the journals of the first machine cannot be written. */
  readonly diskFullAt?: Milliseconds;
  /** A cron job of a host that takes away what nobody seems to use. */
  readonly prunes: readonly Prune[];
  /** What a person does by hand meanwhile. */
  readonly operators: readonly OperatorAct[];
  /** A host with the previous release that comes to the group, registered. */
  readonly joins: readonly { readonly host: string; readonly at: Milliseconds }[];
  /** A host that is terminated. */
  readonly leaves: readonly { readonly host: string; readonly at: Milliseconds }[];
  /** Somebody pushes another image under the release's tag. */
  readonly tagMovesAt?: Milliseconds;
  /** The inventory speaks of another account or region than the credentials are for. */
  readonly wrong?: 'account' | 'region';
}

/**
 * The containers of an `engine` live on without it. A `dockerd` takes them down with it, answers for as long as that takes (`stopping`, a part
 * of `lasts`), and brings them back. Where an `answer` is away connections stay open, and the host says nothing: it does what it was asked once
 * that is over. A whole `machine` that stands still says nothing either, and fails the checks of its targets.
 */
export type Blip = Window & {
  /** `at` counts from when the host was drained for the first time: into the middle of its turn. */
  readonly sinceDrained?: true;
} & (
    | { readonly of: 'connection' | 'engine' | 'answer' | 'machine' }
    | { readonly of: 'dockerd'; readonly stopping: Milliseconds }
  );

/** Nothing is heard of the host meanwhile, and no connection is closed. */
export const isSilence = ({ of }: { readonly of: string }): boolean => of === 'answer' || of === 'machine';

/** How a cloud or a registry is away. What a silent cloud is asked it does, and says nothing. */
export type Outage = {
  /** Since the first pull: what is away before the run changes anything is refused sooner. */
  readonly after: Milliseconds;
  readonly lasts: Milliseconds;
} & (
  | { readonly of: 'cloud'; readonly says: 'throttled' | '500' | '503' | 'nothing' }
  | { readonly of: 'registry'; readonly says: '429' | '500' | '503' | 'half a layer' }
);

/** `docker volume prune -a`, `docker container prune`, `docker image prune -a`. */
export interface Prune {
  readonly host: string;
  readonly at: Milliseconds;
  readonly what: 'volumes' | 'containers' | 'images';
}

export interface OperatorAct {
  readonly host: string;
  readonly at: Milliseconds;
  readonly does: 'deregister' | 'register' | 'stop' | 'start';
  /** The container that is stopped or started, by its place in the group's order; the first one when absent. */
  readonly container?: number;
}

export const noFaults: FaultPlan = {
  sparesPreflight: false,
  lostBefore: 0,
  lostAfter: 0,
  late: 0,
  throttled: 0,
  lostReply: 0,
  lateReply: 0,
  stale: 0,
  machineDrifts: [],
  drifts: [],
  clockRates: [],
  hangs: [],
  fullLocks: [],
  lockSlow: 0,
  slowRoutes: [],
  unreachable: [],
  lost: [],
  blips: [],
  outages: [],
  diskFull: [],
  crashes: [],
  flaps: [],
  prunes: [],
  engineRestarts: [],
  partitions: [],
  reboots: [],
  pullFails: 0,
  leaseLost: 0,
  operators: [],
  joins: [],
  leaves: [],
};

/**
 * Half of all runs see at most one kind of fault: those that see all kinds seldom get far. In one of twelve the cloud is slow, and nothing
 * else is wrong but for blips in most of them; in one of six no call fails, and nothing is taken away.
 */
export function randomFaults(random: SeededRandom, hosts: readonly string[]): FaultPlan {
  const only = random.fork('only');
  if (only.chance(0.08)) {
    const slow = { ...noFaults, sparesPreflight: true, throttled: only.pick([0.05, 0.1]), lostReply: 0.05 };
    return {
      ...slow,
      blips: [
        ...randomBlips(random.fork('blips'), hosts),
        ...randomDockerdRestarts(random.fork('dockerd'), hosts, 0.4),
        ...randomSilences(random.fork('silences'), hosts, 0.4),
        ...randomTurnBlips(random.fork('turns'), hosts, 0.5),
      ],
      outages: randomOutages(random.fork('outages'), 0.6),
    };
  }
  const stale = random.fork('stale').chance(0.2) ? 0.2 : 0;
  const drifts = randomDrifts(random.fork('drifts'), hosts);
  const machineDrifts = randomMachineDrifts(random.fork('machine drifts'));
  if (only.chance(0.17)) return { ...noFaults, sparesPreflight: true, stale, machineDrifts, drifts };
  const likelihood = random.pick([0, 0.1, 0.4]);
  const sometimes = (): boolean => random.chance(likelihood);
  const moment = (): Milliseconds => random.between(0, 180_000);
  const window = (host: string): Window => ({ host, at: moment(), lasts: random.between(1_000, 90_000) });
  const containers = random.fork('containers');
  const someHost = (): readonly string[] =>
    sometimes() ? [hosts[random.integer(0, hosts.length - 1)] ?? ''] : [];
  return {
    sparesPreflight: random.chance(0.9),
    lostBefore: sometimes() ? 0.01 : 0,
    lostAfter: sometimes() ? 0.01 : 0,
    late: random.fork('late').chance(0.25) ? 0.02 : 0,
    throttled: sometimes() ? random.pick([0.05, 0.3]) : 0,
    lostReply: sometimes() ? 0.05 : 0,
    lateReply: random.fork('late replies').chance(0.15) ? 0.1 : 0,
    stale,
    machineDrifts,
    drifts,
    ...randomLockFaults(random.fork('locks'), hosts),
    unreachable: random.chance(likelihood / 8) ? someHost() : [],
    lost: someHost().map(window),
    blips: [
      ...randomDockerdRestarts(random.fork('dockerd'), hosts, 0.04),
      ...randomSilences(random.fork('silences'), hosts, 0.04),
      ...randomTurnBlips(random.fork('turns'), hosts, 0.04),
    ],
    outages: randomOutages(random.fork('outages'), 0.06),
    diskFull: random.chance(likelihood / 8) ? someHost() : [],
    crashes: someHost().map((host) => ({ host, at: moment(), container: containers.integer(0, 2) })),
    flaps: someHost().map(window),
    prunes: randomPrunes(random.fork('prunes'), hosts),
    engineRestarts: randomEngineRestarts(random.fork('engine restarts'), hosts),
    ...randomRareFaults(random.fork('rare'), hosts, likelihood),
  };
}

/** In one of four fleets something is wrong with the locks on the hosts. */
const randomLockFaults = (
  random: SeededRandom,
  hosts: readonly string[],
): Pick<FaultPlan, 'clockRates' | 'hangs' | 'fullLocks' | 'lockSlow' | 'slowRoutes'> => ({
  clockRates: random.fork('rates').chance(0.12)
    ? hosts.map((host) => ({ host, rate: random.between(0.95, 1.05) }))
    : [],
  hangs: random.chance(0.1)
    ? Array.from({ length: random.integer(1, 2) }, () => ({
        host: hosts[random.integer(0, hosts.length - 1)] ?? '',
        at: random.between(0, 240_000),
        lasts: random.chance(0.5) ? random.between(5_000, 40_000) : random.between(60_000, 400_000),
      }))
    : [],
  fullLocks: randomFullLocks(random.fork('full'), hosts),
  lockSlow: random.chance(0.12) ? 0.05 : 0,
  slowRoutes: [],
});

/** One host, or all of them: what fills their disks is often a log of the service itself. */
const randomFullLocks = (random: SeededRandom, hosts: readonly string[]): FaultPlan['fullLocks'] => {
  if (!random.chance(0.06)) return [];
  const [at, lasts] = [random.between(0, 180_000), random.between(5_000, 300_000)];
  const full = random.chance(0.5) ? hosts : [random.pick([hosts[0] ?? '', ...hosts.slice(1)])];
  return full.map((host) => ({ host, at, lasts }));
};

const randomBlips = (random: SeededRandom, hosts: readonly string[]): readonly Blip[] =>
  random.chance(0.5)
    ? Array.from({ length: random.integer(1, 4) }, () => ({
        host: hosts[random.integer(0, hosts.length - 1)] ?? '',
        at: random.between(10_000, 200_000),
        lasts: random.between(500, 20_000),
        of: random.pick<'connection' | 'engine'>(['connection', 'engine']),
      }))
    : [];

/** In order, as an upgrade does it. */
const randomDockerdRestarts = (
  random: SeededRandom,
  hosts: readonly string[],
  likelihood: number,
): readonly Blip[] =>
  random.chance(likelihood)
    ? Array.from({ length: random.integer(1, 2) }, () => {
        const stopping = random.pick([0, random.between(100, 8_000)]);
        return {
          host: hosts[random.integer(0, hosts.length - 1)] ?? '',
          at: random.between(10_000, 200_000),
          lasts: stopping + random.between(1_000, 12_000),
          of: 'dockerd',
          stopping,
        };
      })
    : [];

/** Shorter than a call waits for its answer, or longer: then it is given up, and carried out later all the same. */
const randomSilences = (
  random: SeededRandom,
  hosts: readonly string[],
  likelihood: number,
): readonly Blip[] =>
  random.chance(likelihood)
    ? Array.from({ length: random.integer(1, 2) }, () => ({
        host: hosts[random.integer(0, hosts.length - 1)] ?? '',
        at: random.between(10_000, 200_000),
        lasts: random.between(1_000, 30_000),
        of: random.pick<'answer' | 'machine'>(['answer', 'machine']),
      }))
    : [];

/** Of several hosts, each in its turn: just when it is looked at before its container is replaced, or any time later. */
export const randomTurnBlips = (
  random: SeededRandom,
  hosts: readonly string[],
  likelihood: number,
): readonly Blip[] =>
  random.chance(likelihood)
    ? hosts.slice(0, random.integer(1, hosts.length)).map((host): Blip => {
        const at = random.chance(0.5) ? random.between(0, 3_000) : random.between(0, 60_000);
        const [lasts, stopping] = [random.between(1_000, 20_000), random.between(500, 8_000)];
        const of = random.pick(['dockerd', 'dockerd', 'answer', 'machine', 'connection'] as const);
        return of === 'dockerd'
          ? { host, at, lasts: stopping + lasts, of, stopping, sinceDrained: true }
          : { host, at, lasts, of, sinceDrained: true };
      })
    : [];

/** All of them shorter than any patience; every second registry is away when the first image is pulled. */
const randomOutages = (random: SeededRandom, likelihood: number): readonly Outage[] =>
  random.chance(likelihood)
    ? Array.from({ length: random.integer(1, 2) }, (): Outage => {
        const [later, lasts] = [random.between(0, 200_000), random.between(500, 20_000)];
        return random.chance(0.5)
          ? { of: 'cloud', after: later, lasts, says: random.pick(['throttled', '500', '503', 'nothing']) }
          : {
              of: 'registry',
              after: random.chance(0.5) ? 0 : later,
              lasts,
              says: random.pick(['429', '500', '503', 'half a layer']),
            };
      })
    : [];

const randomPrunes = (random: SeededRandom, hosts: readonly string[]): readonly Prune[] =>
  random.chance(0.1)
    ? [0, 1].map(() => ({
        host: hosts[random.integer(0, hosts.length - 1)] ?? '',
        at: random.between(0, 240_000),
        what: random.pick<Prune['what']>(['volumes', 'containers', 'images']),
      }))
    : [];

/** A group may grow to a multiple of what it was, while it is rolled or between two runs. */
const randomJoins = (random: SeededRandom): FaultPlan['joins'] =>
  random.chance(0.1)
    ? Array.from({ length: random.integer(1, 3) }, (_, index) => ({
        host: `joiner-${index + 1}`,
        at: random.between(0, 600_000),
      }))
    : [];

const randomMachineDrifts = (random: SeededRandom): FaultPlan['machineDrifts'] =>
  random.chance(0.2)
    ? ['desk', 'laptop', 'build'].map((machine) => ({
        machine,
        ahead: Math.round(random.between(-12_000, 12_000)),
      }))
    : [];

/** In one of six fleets each host has a clock of its own, off by seconds or by many minutes. */
const randomDrifts = (random: SeededRandom, hosts: readonly string[]): FaultPlan['drifts'] =>
  random.chance(0.16)
    ? hosts.map((host) => {
        const most = random.pick([5_000, 1_800_000]);
        return { host, ahead: Math.round(random.between(-most, most)) };
      })
    : [];

const randomEngineRestarts = (random: SeededRandom, hosts: readonly string[]): FaultPlan['engineRestarts'] =>
  random.chance(0.08)
    ? [
        {
          host: hosts[random.integer(0, hosts.length - 1)] ?? '',
          at: random.between(0, 240_000),
          lasts: random.between(1_000, 15_000),
          by: random.pick<EngineEnd>(['terminated', 'terminated', 'killed']),
        },
      ]
    : [];

/** What fewer runs meet: a stream of its own, so that they change nothing for the others. */
function randomRareFaults(random: SeededRandom, hosts: readonly string[], likelihood: number) {
  const sometimes = (): boolean => random.chance(likelihood / 2);
  const moment = (): Milliseconds => random.between(0, 240_000);
  const some = (): string => hosts[random.integer(0, hosts.length - 1)] ?? '';
  const anHost = (): readonly string[] => (sometimes() ? [some()] : []);
  const containers = random.fork('containers');
  const endings = random.fork('endings');
  return {
    partitions: sometimes()
      ? [
          {
            hosts: hosts.filter(() => random.chance(0.5)),
            ...(random.chance(0.5) ? { machine: 'desk' } : {}),
            at: moment(),
            lasts: random.between(5_000, 180_000),
          },
        ]
      : [],
    reboots: anHost().map((host) => ({
      host,
      at: moment(),
      lasts: random.between(5_000, 60_000),
      by: endings.pick<EngineEnd>(['killed', 'terminated']),
    })),
    pullFails: sometimes() ? 0.2 : 0,
    leaseLost: sometimes() ? random.pick([0.05, 0.5]) : 0,
    ...(random.chance(likelihood / 8) ? { diskFullAt: moment() } : {}),
    operators: sometimes()
      ? [0, 1].map(() => ({
          host: some(),
          at: moment(),
          does: random.pick<OperatorAct['does']>(['deregister', 'register', 'stop', 'start']),
          container: containers.integer(0, 2),
        }))
      : [],
    joins: randomJoins(random.fork('joins')),
    leaves: hosts.length > 2 ? anHost().map((host) => ({ host, at: moment() })) : [],
    ...(sometimes() ? { tagMovesAt: random.between(0, 60_000) } : {}),
    ...(random.chance(likelihood / 6)
      ? { wrong: random.pick<'account' | 'region'>(['account', 'region']) }
      : {}),
  };
}
