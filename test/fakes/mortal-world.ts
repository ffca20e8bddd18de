import type { Clock } from '../../src/ports/clock.js';
import type { World } from '../../src/world/world.js';

/** A call by which a process may die: right before it goes out, or right after it did its work, with the answer lost. */
export interface Death {
  /** Counts the calls from 1. */
  readonly call: number;
  readonly when: 'before' | 'after';
}

/** One process's life: after its death nothing that it waited for ever comes, and nothing that it asks for is done. */
export class Life {
  /** `traffic.deregister`, in order. */
  readonly calls: string[] = [];
  readonly died: Promise<void>;
  #dead = false;
  #bury: () => void = () => undefined;

  constructor(private readonly death?: Death) {
    this.died = new Promise((resolve) => {
      this.#bury = resolve;
    });
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** SIGKILL. */
  end(): void {
    this.#dead = true;
    this.#bury();
  }

  async make<T>(name: string, act: () => Promise<T>): Promise<T> {
    if (this.#dead) return never();
    this.calls.push(name);
    const isLast = this.calls.length === this.death?.call;
    if (isLast && this.death.when === 'before') {
      this.end();
      return never();
    }
    return this.outlive(
      act().finally(() => {
        if (isLast) this.end();
      }),
    );
  }

  /** What it waits for, as long as it lives. */
  async outlive<T>(work: Promise<T>): Promise<T> {
    try {
      const result = await work;
      return this.#dead ? await never() : result;
    } catch (error) {
      if (this.#dead) return never();
      throw error;
    }
  }
}

const never = (): Promise<never> => new Promise(() => undefined);

/** The ports of a world as a process that may die meets them. */
export function mortal(world: World, life: Life): World {
  const clock: Clock = {
    now: () => world.clock.now(),
    elapsed: () => world.clock.elapsed(),
    sleep: (duration, signal) => life.outlive(world.clock.sleep(duration, signal)),
  };
  const port = <T extends object>(name: string, real: T): T => counted(name, real, life);
  return {
    ...world,
    clock,
    transport: port('transport', world.transport),
    runtime: port('runtime', world.runtime),
    http: port('http', world.http),
    traffic: port('traffic', world.traffic),
    ...(world.scaling === undefined ? {} : { scaling: port('scaling', world.scaling) }),
    registry: port('registry', world.registry),
    journals: port('journals', world.journals),
    leases: port('leases', world.leases),
    hostHolds: port('hostHolds', world.hostHolds),
    fence: port('fence', world.fence),
    ...(world.drained === undefined ? {} : { drained: port('drained', world.drained) }),
    listHosts: () => life.make('fleet.list', () => world.listHosts()),
  };
}

/** Every promise that a port gives passes through the life, and so does every object that it gives. */
function counted<T extends object>(name: string, real: T, life: Life): T {
  return new Proxy(real, {
    get(target, key): unknown {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      const method = value as (...args: unknown[]) => unknown;
      const called = `${name}.${String(key)}`;
      return (...args: unknown[]): unknown => {
        if (synchronous.has(String(key))) return wrapped(name, method.apply(target, args), life);
        return life.make(called, async () => wrapped(name, await method.apply(target, args), life));
      };
    },
  });
}

const synchronous = new Set(['on']);

/** What a port gives that can be called itself: an Engine, a connection, a lease. Data stays as it is. */
const wrapped = (name: string, value: unknown, life: Life): unknown =>
  isCallable(value) ? counted(name, value, life) : value;

const isCallable = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  (Object.getPrototypeOf(value) !== Object.prototype ||
    Object.values(value).some((one) => typeof one === 'function'));
