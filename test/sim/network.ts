import type { AdfError } from '../../src/errors/adf-error.js';
import { awsError } from '../../src/errors/aws.js';
import { dockerPull } from '../../src/errors/docker.js';
import { journalWrite } from '../../src/errors/journal.js';
import { leaseUnavailable } from '../../src/errors/lease.js';
import { connectionLost, noAnswer, unreachable } from '../../src/errors/ssh.js';
import type { Milliseconds } from '../../src/model/duration.js';
import { environmentName, groupName, hostId, type HostId } from '../../src/model/ids.js';
import type { Intercept, PortCall } from '../fakes/port-calls.js';
import type { SeededRandom } from '../fakes/seeded-random.js';
import type { Actor } from '../fakes/world/timeline.js';
import type { World } from '../fakes/world/world.js';
import type { Life } from './control/life.js';
import type { FaultPlan, Outage } from './faults.js';
import { environment, group } from './project-of.js';

type Fault =
  | 'none'
  | 'before'
  | 'after'
  | 'late'
  | 'throttled'
  | 'pull'
  | 'cut'
  | 'slow_question'
  | 'slow_answer'
  /** The cloud or the registry is away. */
  | 'outage';

/** One call of a port, as the world saw it begin. */
export interface CallRecord extends PortCall {
  readonly at: Milliseconds;
  readonly by: Actor;
  readonly fault: Fault;
}

/** What all processes of one simulation share of the network. */
export interface SharedNetwork {
  readonly record: CallRecord[];
  /** What leases asked where they are kept. */
  readonly lockRecord: CallRecord[];
  /** When the first image was pulled: from then on calls may fail. */
  rollBeganAt: Milliseconds | undefined;
}

export interface NetworkOptions {
  readonly world: World;
  readonly faults: FaultPlan;
  readonly shared: SharedNetwork;
  /** One stream of randomness for each actor is made from it. */
  readonly seed: SeededRandom;
  readonly life: Life;
  readonly actor: Actor;
  readonly machine: string;
  /** Told before each call, with its number, counted from 1; what leases ask where they are kept is counted apart. */
  readonly onCall: (number: number, call: PortCall) => void;
}

/** What AWS carries out though its caller was told that it failed. */
const cloudChanges: ReadonlySet<string> = new Set([
  'register',
  'deregister',
  'tag',
  'untag',
  'suspend',
  'resume',
]);

/** The longest delay of what AWS does late. It is below the time that a run waits for such effects (late-effect.ts). */
const latestInCloud: Milliseconds = 12_000;

/** What an Engine carries out though its caller is gone. Seen on a real one: a stop of 6 s whose client was cut off after 1 s. */
const changes: ReadonlySet<string> = new Set([
  'pull',
  'create',
  'start',
  'stop',
  'rename',
  'setRestartPolicy',
  'remove',
  'keepHold',
  'forgetHold',
]);

/** The longest delay of a late effect. It is below Docker's default stop timeout of 10 s, so it is valid for stops too. */
const latest: Milliseconds = 9_000;

/** Until a connection that says nothing is given up. */
const silence: Milliseconds = 20_000;

/**
 * What lies between one process and the world. Every call takes a while to get there and a while to come back, both
 * drawn from the seed: so the seed decides which of all pending calls has its effect next, and which returns next. And
 * some calls do not get there, or do not come back.
 */
export class SimulatedNetwork {
  readonly #streams = new Map<string, SeededRandom>();
  readonly #options: NetworkOptions;
  readonly #lateness: SeededRandom;
  readonly #slowness: SeededRandom;
  #calls = 0;
  #lockCalls = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.#slowness = options.seed.fork('slowness');
    this.#lateness = options.seed.fork('lateness');
  }

  readonly intercept: Intercept = async (call, proceed) => {
    const { shared, life, onCall, actor, world } = this.#options;
    // What a frozen process does is done just before it froze: code that runs never meets a call of code that stands still.
    if (life.isDead) await life.goesOn();
    const random = this.#streamOf(call.actor);
    const drawn = this.#faultOf(call, random);
    const [there, back] = [latency(random), latency(random)];
    if (call.method === 'pull') shared.rollBeganAt ??= world.clock.elapsed();
    const outage = this.#outageOf(call);
    const fault = outage === undefined ? drawn : 'outage';
    const isLocks = call.port === 'lock' || call.port === 'table';
    const record = isLocks ? shared.lockRecord : shared.record;
    record.push({ ...call, at: world.clock.elapsed(), by: actor, fault });
    onCall(isLocks ? (this.#lockCalls += 1) : (this.#calls += 1), call);
    // What it asks where it is kept takes its time, and goes wrong.
    if (call.port === 'lease') return this.#atHome(proceed);
    await this.#pass(there);
    // What was on its way when its process was killed may still arrive, or not.
    if (life.isDead && random.chance(0.5)) await life.goesOn();
    if (fault === 'slow_question') await this.#pass(this.#slowness.between(...slowness));
    if (outage !== undefined) {
      // The cloud does what it was asked, and its answer never comes.
      if (outage.says === 'nothing') {
        await proceed().catch(() => undefined);
        await this.#pass(silence);
      }
      await life.goesOn();
      throw this.#outage(call, outage);
    }
    if (fault === 'before' || fault === 'throttled' || fault === 'pull') {
      await life.goesOn();
      throw this.#failure(call, fault);
    }
    if (this.#isCut(call)) return this.#silent(call);
    await this.#hangs(call);
    await this.#answers(call, proceed);
    if (fault === 'late') {
      const atMost = call.host === undefined ? latestInCloud : latest;
      world.clock.after(
        this.#lateness.between(100, atMost),
        () => void proceed().catch(() => undefined),
        true,
      );
      await this.#pass(back);
      await life.goesOn();
      throw this.#failure(call, fault);
    }
    const result = await proceed().catch(async (error: unknown) => {
      await this.#pass(back);
      await life.goesOn();
      throw error;
    });
    await this.#pass(back);
    if (fault === 'slow_answer') await this.#pass(this.#slowness.between(...slowness));
    if (this.#isCut(call)) return this.#silent(call);
    await this.#answers(call);
    await life.goesOn();
    if (fault === 'after') throw this.#failure(call, fault);
    return result;
  };

  /** In the process itself. */
  async #atHome<T>(proceed: () => Promise<T>): Promise<T> {
    const { life } = this.#options;
    await life.goesOn();
    try {
      return await proceed();
    } finally {
      await life.goesOn();
    }
  }

  /** A host that hangs does what its lock is asked once it goes on, whoever still waits for that. */
  async #hangs({ port, host }: PortCall): Promise<void> {
    const { faults, world } = this.#options;
    if (port !== 'lock') return;
    for (;;) {
      const now = world.clock.elapsed();
      const hang = faults.hangs.find((one) => one.host === host && now >= one.at && now < one.at + one.lasts);
      if (hang === undefined) return;
      await new Promise<void>((resolve) => world.clock.after(hang.at + hang.lasts - now, resolve, true));
    }
  }

  /**
   * Waits while the host says nothing. Who has waited as long as anybody waits for an answer is told that it is lost; the host has the request
   * (`left`, unless it has carried it out), and does it once it goes on.
   */
  async #answers(call: PortCall, left?: () => Promise<unknown>): Promise<void> {
    const { world, life } = this.#options;
    if (call.host === undefined) return;
    const now = world.clock.elapsed();
    const until = Math.max(now, world.host(call.host).silentUntil);
    const patience = call.port === 'lock' ? Infinity : (call.timeout ?? silence);
    if (until - now <= patience) {
      if (until > now) await this.#pass(until - now);
      return;
    }
    if (left !== undefined) world.clock.after(until - now, () => void left().catch(() => undefined), true);
    await this.#pass(patience);
    await life.goesOn();
    throw this.#failure(call, 'cut');
  }

  /** One stream an actor: one more call of one host changes nothing for the others. */
  #streamOf(actor: string): SeededRandom {
    const stream = this.#streams.get(actor) ?? this.#options.seed.fork(actor);
    this.#streams.set(actor, stream);
    return stream;
  }

  #faultOf(call: PortCall, random: SeededRandom): Fault {
    const draw = random.next();
    const { faults, shared } = this.#options;
    const { lostBefore, lostAfter, late, throttled, lostReply, lateReply } = faults;
    const { sparesPreflight, pullFails, leaseLost, lockSlow } = faults;
    if (call.method === 'pull' && draw < pullFails) return 'pull';
    if (call.port === 'journal') return this.#isDiskFull() ? 'before' : 'none';
    const isSpared = sparesPreflight && shared.rollBeganAt === undefined;
    if (call.port === 'lock' || call.port === 'table') {
      if (this.#isJammed(call) || draw < lockSlow / 2) return 'slow_question';
      if (draw < lockSlow) return 'slow_answer';
      if (isSpared || draw >= lockSlow + leaseLost) return 'none';
      return draw < lockSlow + leaseLost / 2 ? 'before' : 'after';
    }
    if (isSpared) return 'none';
    if (call.port === 'traffic' || call.port === 'scaling') {
      if (draw < throttled) return 'throttled';
      if (draw < throttled + lostReply) return 'after';
      const mayBeLate = cloudChanges.has(call.method);
      return mayBeLate && draw < throttled + lostReply + lateReply ? 'late' : 'none';
    }
    if (call.host === undefined) return 'none';
    if (draw < lostBefore) return 'before';
    if (draw < lostBefore + lostAfter) return 'after';
    return changes.has(call.method) && draw < lostBefore + lostAfter + late ? 'late' : 'none';
  }

  /** What the call asks is away. */
  #outageOf({ port, method }: PortCall): Outage | undefined {
    const { faults, shared, world } = this.#options;
    if (shared.rollBeganAt === undefined) return undefined;
    const since = world.clock.elapsed() - shared.rollBeganAt;
    const asked = ['traffic', 'scaling', 'fleet'].includes(port)
      ? 'cloud'
      : method === 'pull'
        ? 'registry'
        : undefined;
    return faults.outages.find(
      ({ of, after, lasts }) => of === asked && since >= after && since < after + lasts,
    );
  }

  #outage(call: PortCall, outage: Outage): AdfError {
    const { world } = this.#options;
    const what = `${call.port}.${call.method} of ${call.actor} lost (the ${outage.of} says ${outage.says})`;
    world.timeline.record('world', { type: 'fault', what });
    return outage.of === 'cloud'
      ? awsError(cloudSays[outage.says], { action: `${call.port}:${call.method}`, region: 'eu-west-1' })
      : dockerPull(world.host(call.host ?? hostId('')).host, call.about, registrySays[outage.says]);
  }

  /** Between this machine and the host nothing gets through; or it hangs, and its lock alone answers when that is over. */
  #isCut({ host, port }: PortCall): boolean {
    const { faults, world, machine } = this.#options;
    const now = world.clock.elapsed();
    const cut = faults.partitions.filter(
      ({ at, lasts, machine: only }) =>
        (only === undefined || only === machine) && now >= at && now < at + lasts,
    );
    const hung = port === 'lock' ? [] : faults.hangs.filter(({ at, lasts }) => now >= at && now < at + lasts);
    return (
      host !== undefined &&
      (cut.some(({ hosts }) => hosts.includes(host)) || hung.some((one) => one.host === host))
    );
  }

  #isJammed({ host }: PortCall): boolean {
    const { faults, machine: own, world } = this.#options;
    return faults.slowRoutes.some(
      ({ machine, hosts, lasts }) =>
        machine === own && world.clock.elapsed() < lasts && host !== undefined && hosts.includes(host),
    );
  }

  #isDiskFull(): boolean {
    const { faults, machine, world } = this.#options;
    return machine === 'desk' && world.clock.elapsed() >= (faults.diskFullAt ?? Number.POSITIVE_INFINITY);
  }

  /** Nobody says that the call is lost: that is found out by waiting. */
  async #silent(call: PortCall): Promise<never> {
    await this.#pass(silence);
    await this.#options.life.goesOn();
    throw this.#failure(call, 'cut');
  }

  #failure(call: PortCall, fault: Fault): AdfError {
    const { world } = this.#options;
    // A lease makes do with some of its hosts.
    if (call.port === 'lock' && call.host !== undefined) return this.#hostFailure(call, call.host, fault);
    world.timeline.record('world', {
      type: 'fault',
      what: `${call.port}.${call.method} of ${call.actor} lost (${fault})`,
    });
    if (call.host !== undefined) return this.#hostFailure(call, call.host, fault);
    if (call.port === 'journal')
      return journalWrite('/state/journal', new Error('ENOSPC: no space left on device'));
    if (call.port === 'table') {
      return leaseUnavailable(
        { environment: environmentName(environment), group: groupName(group) },
        0,
        1,
        [],
      );
    }
    // What is left once the SDK's own few attempts are used up.
    const [name, message] =
      fault === 'throttled' ? ['Throttling', 'Rate exceeded'] : ['ECONNRESET', 'socket hang up'];
    const thrown = Object.assign(new Error(message), { name, code: name });
    return awsError(thrown, {
      action: `${call.port === 'scaling' ? 'autoscaling' : 'elasticloadbalancing'}:${call.method}`,
      region: 'eu-west-1',
    });
  }

  #hostFailure(call: PortCall, id: HostId, fault: Fault): AdfError {
    const { host } = this.#options.world.host(id);
    if (fault === 'pull') return dockerPull(host, call.about, 'unexpected EOF');
    if (fault === 'cut' && call.timeout !== undefined)
      return noAnswer(host, call.about, `nothing came within ${call.timeout / 1_000} s`);
    return call.method === 'connect'
      ? unreachable(host, 'tcp', 'connect ETIMEDOUT')
      : connectionLost(host, 'connection reset');
  }

  #pass(duration: Milliseconds): Promise<void> {
    return new Promise((resolve) => this.#options.world.clock.after(duration, resolve));
  }
}

const failed = (name: string, more: Readonly<Record<string, unknown>> = {}): Error =>
  Object.assign(new Error(name), { name, ...more });

const cloudSays: Record<Extract<Outage, { of: 'cloud' }>['says'], Error> = {
  throttled: failed('Throttling'),
  '500': failed('InternalFailure', { $metadata: { httpStatusCode: 500 } }),
  '503': failed('ServiceUnavailable', { $metadata: { httpStatusCode: 503 } }),
  nothing: failed('TimeoutError', { code: 'ETIMEDOUT' }),
};

/** As Docker 20.10 passes them on; measured in test/fleet/blips. */
const registrySays: Record<Extract<Outage, { of: 'registry' }>['says'], string> = {
  '429':
    'error parsing HTTP 429 response body: invalid character \'f\' after top-level value: "429 for a while"',
  '500': 'received unexpected HTTP status: 500 Internal Server Error',
  '503': 'received unexpected HTTP status: 503 Service Unavailable',
  'half a layer': 'unexpected EOF',
};

/** What arrives so late may find that nobody waits for it any more, or that the lease ran out meanwhile. */
const slowness = [2_000, 70_000] as const;

/** Mostly a few milliseconds, now and then a second. */
const latency = (random: SeededRandom): Milliseconds =>
  random.chance(0.02) ? random.between(100, 1_000) : random.between(1, 30);
