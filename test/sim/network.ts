import type { Milliseconds } from '../../src/model/duration.js';
import type { AdfError } from '../../src/errors/adf-error.js';
import { awsError } from '../../src/errors/aws.js';
import { connectionLost } from '../../src/errors/ssh.js';
import type { Intercept, PortCall } from '../fakes/port-calls.js';
import type { SeededRandom } from '../fakes/seeded-random.js';
import type { World } from '../fakes/world/world.js';
import type { FaultPlan } from './faults.js';

type Fault = 'none' | 'before' | 'after' | 'throttled';

/**
 * What lies between the program and the world. Every call takes a while to get there and a while to come back, both
 * drawn from the seed: so the seed decides which of all pending calls has its effect next, and which returns next. And
 * some calls do not get there, or do not come back.
 */
export class SimulatedNetwork {
  /** Every call with its fate, for the hash of the run. */
  readonly record: string[] = [];
  readonly #streams = new Map<string, SeededRandom>();
  #rollBegan = false;

  constructor(
    private readonly world: World,
    private readonly faults: FaultPlan,
    private readonly seed: SeededRandom,
    private readonly sendSignal: () => void,
  ) {}

  readonly intercept: Intercept = async (call, proceed) => {
    const random = this.#streamOf(call.actor);
    const fault = this.#faultOf(call, random);
    const [there, back] = [latency(random), latency(random)];
    const number = this.record.push(`${call.actor} ${call.port}.${call.method} ${call.about} ${fault}`);
    this.#rollBegan ||= call.method === 'pull';
    if (number === this.faults.signalAtCall) this.sendSignal();
    await this.#pass(there);
    if (fault === 'before' || fault === 'throttled') throw this.#failure(call, fault);
    const result = await proceed();
    await this.#pass(back);
    if (fault === 'after') throw this.#failure(call, fault);
    return result;
  };

  /** One stream an actor: one more call of one host changes nothing for the others. */
  #streamOf(actor: string): SeededRandom {
    const stream = this.#streams.get(actor) ?? this.seed.fork(actor);
    this.#streams.set(actor, stream);
    return stream;
  }

  #faultOf(call: PortCall, random: SeededRandom): Fault {
    const draw = random.next();
    const { lostBefore, lostAfter, throttled, lostReply, sparesPreflight } = this.faults;
    if (sparesPreflight && !this.#rollBegan) return 'none';
    if (call.port === 'traffic') {
      if (draw < throttled) return 'throttled';
      return draw < throttled + lostReply ? 'after' : 'none';
    }
    if (call.host === undefined) return 'none';
    if (draw < lostBefore) return 'before';
    return draw < lostBefore + lostAfter ? 'after' : 'none';
  }

  #failure(call: PortCall, fault: Fault): AdfError {
    this.world.timeline.record('world', {
      type: 'fault',
      what: `${call.port}.${call.method} of ${call.actor} lost (${fault})`,
    });
    if (call.host !== undefined) return connectionLost(this.world.host(call.host).host, 'connection reset');
    // What is left once the SDK's own few attempts are used up.
    const [name, message] =
      fault === 'throttled' ? ['Throttling', 'Rate exceeded'] : ['ECONNRESET', 'socket hang up'];
    const thrown = Object.assign(new Error(message), { name, code: name });
    return awsError(thrown, { action: `elasticloadbalancing:${call.method}`, region: 'eu-west-1' });
  }

  #pass(duration: Milliseconds): Promise<void> {
    return new Promise((resolve) => this.world.clock.after(duration, resolve));
  }
}

/** Mostly a few milliseconds, now and then a second. */
const latency = (random: SeededRandom): Milliseconds =>
  random.chance(0.02) ? random.between(100, 1_000) : random.between(1, 30);
