import type { Milliseconds } from '../../src/model/duration.js';
import type { SeededRandom } from '../fakes/seeded-random.js';

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
  /** Hosts that cannot be reached at all. */
  readonly unreachable: readonly string[];
  /** Hosts that cannot be reached for a while. */
  readonly lost: readonly Window[];
  /** Hosts that are away for a moment, as a whole or with their Engine alone: no run may give up for that. */
  readonly blips: readonly Blip[];
  /** Hosts that cannot pull the release. */
  readonly diskFull: readonly string[];
  /** The running container of a host ends by itself. */
  readonly crashes: readonly { readonly host: string; readonly at: Milliseconds }[];
  /** The targets of a host fail their checks for a while. */
  readonly flaps: readonly Window[];
  /** Between the machine, or all machines when absent, and these hosts nothing gets through for a while; the hosts serve on. */
  readonly partitions: readonly {
    readonly hosts: readonly string[];
    readonly machine?: string;
    readonly at: Milliseconds;
    readonly lasts: Milliseconds;
  }[];
  /** Hosts that are down for a while, and come back with what Docker starts again. */
  readonly reboots: readonly Window[];
  /** A pull fails in the middle. */
  readonly pullFails: number;
  /** A call of the lease's store gets no answer. */
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

export interface Blip extends Window {
  readonly of: 'connection' | 'engine';
}

/** `docker volume prune -a`, `docker container prune`. */
export interface Prune {
  readonly host: string;
  readonly at: Milliseconds;
  readonly what: 'volumes' | 'containers';
}

export interface OperatorAct {
  readonly host: string;
  readonly at: Milliseconds;
  readonly does: 'deregister' | 'register' | 'stop' | 'start';
}

export const noFaults: FaultPlan = {
  sparesPreflight: false,
  lostBefore: 0,
  lostAfter: 0,
  late: 0,
  throttled: 0,
  lostReply: 0,
  unreachable: [],
  lost: [],
  blips: [],
  diskFull: [],
  crashes: [],
  flaps: [],
  prunes: [],
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
 * else is wrong but for blips of hosts in every second of them.
 */
export function randomFaults(random: SeededRandom, hosts: readonly string[]): FaultPlan {
  const only = random.fork('only');
  if (only.chance(0.08)) {
    const slow = { ...noFaults, sparesPreflight: true, throttled: only.pick([0.05, 0.1]), lostReply: 0.05 };
    return { ...slow, blips: randomBlips(random.fork('blips'), hosts) };
  }
  const likelihood = random.pick([0, 0.1, 0.4]);
  const sometimes = (): boolean => random.chance(likelihood);
  const moment = (): Milliseconds => random.between(0, 180_000);
  const window = (host: string): Window => ({ host, at: moment(), lasts: random.between(1_000, 90_000) });
  const someHost = (): readonly string[] =>
    sometimes() ? [hosts[random.integer(0, hosts.length - 1)] ?? ''] : [];
  return {
    sparesPreflight: random.chance(0.9),
    lostBefore: sometimes() ? 0.01 : 0,
    lostAfter: sometimes() ? 0.01 : 0,
    late: random.fork('late').chance(0.25) ? 0.02 : 0,
    throttled: sometimes() ? random.pick([0.05, 0.3]) : 0,
    lostReply: sometimes() ? 0.05 : 0,
    unreachable: random.chance(likelihood / 8) ? someHost() : [],
    lost: someHost().map(window),
    blips: [],
    diskFull: random.chance(likelihood / 8) ? someHost() : [],
    crashes: someHost().map((host) => ({ host, at: moment() })),
    flaps: someHost().map(window),
    prunes: randomPrunes(random.fork('prunes'), hosts),
    ...randomRareFaults(random.fork('rare'), hosts, likelihood),
  };
}

const randomBlips = (random: SeededRandom, hosts: readonly string[]): readonly Blip[] =>
  random.chance(0.5)
    ? Array.from({ length: random.integer(1, 4) }, () => ({
        host: hosts[random.integer(0, hosts.length - 1)] ?? '',
        at: random.between(10_000, 200_000),
        lasts: random.between(500, 20_000),
        of: random.pick<Blip['of']>(['connection', 'engine']),
      }))
    : [];

const randomPrunes = (random: SeededRandom, hosts: readonly string[]): readonly Prune[] =>
  random.chance(0.1)
    ? [0, 1].map(() => ({
        host: hosts[random.integer(0, hosts.length - 1)] ?? '',
        at: random.between(0, 240_000),
        what: random.pick<Prune['what']>(['volumes', 'containers']),
      }))
    : [];

/** What fewer runs meet: a stream of its own, so that they change nothing for the others. */
function randomRareFaults(random: SeededRandom, hosts: readonly string[], likelihood: number) {
  const sometimes = (): boolean => random.chance(likelihood / 2);
  const moment = (): Milliseconds => random.between(0, 240_000);
  const some = (): string => hosts[random.integer(0, hosts.length - 1)] ?? '';
  const anHost = (): readonly string[] => (sometimes() ? [some()] : []);
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
    reboots: anHost().map((host) => ({ host, at: moment(), lasts: random.between(5_000, 60_000) })),
    pullFails: sometimes() ? 0.2 : 0,
    leaseLost: sometimes() ? random.pick([0.05, 0.5]) : 0,
    ...(random.chance(likelihood / 8) ? { diskFullAt: moment() } : {}),
    operators: sometimes()
      ? [0, 1].map(() => ({
          host: some(),
          at: moment(),
          does: random.pick<OperatorAct['does']>(['deregister', 'register', 'stop', 'start']),
        }))
      : [],
    joins: sometimes() ? [{ host: 'joiner', at: moment() }] : [],
    leaves: hosts.length > 2 ? anHost().map((host) => ({ host, at: moment() })) : [],
    ...(sometimes() ? { tagMovesAt: random.between(0, 60_000) } : {}),
    ...(random.chance(likelihood / 6)
      ? { wrong: random.pick<'account' | 'region'>(['account', 'region']) }
      : {}),
  };
}
