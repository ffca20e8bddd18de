import type { Milliseconds } from '../../src/model/duration.js';
import type { HostId } from '../../src/model/ids.js';
import type { Actor } from './world/timeline.js';

/** One call of a port by the program under test. */
export interface PortCall {
  readonly port:
    | 'transport'
    | 'runtime'
    | 'http'
    | 'traffic'
    | 'scaling'
    | 'registry'
    | 'journal'
    | 'fleet'
    | 'lease'
    /** What a lease asks where it is kept: the locks of hosts, or a table. */
    | 'lock'
    | 'table';
  readonly method: string;
  /** Whose call it is: a host, or a part of the control side such as `traffic`. */
  readonly actor: string;
  readonly host?: HostId;
  /** What it is about, in a few words, for the log and for matching: `v2`, `api`, an image. */
  readonly about: string;
  /** Its caller takes silence for an answer after so long; absent: a lost connection alone ends its wait. */
  readonly timeout?: Milliseconds;
}

/** Who makes calls: one program of perhaps several in one world. */
export interface Caller {
  readonly calls: PortCalls;
  readonly actor: Actor;
}

/** Stands between the program and the world: may delay `proceed`, fail before it, or fail after it (a lost reply). */
export type Intercept = <T>(call: PortCall, proceed: () => Promise<T>) => Promise<T>;

/**
 * Every call of every fake port passes here, so that a test can look at what was called, and can get in the way of
 * any call with one function.
 */
export class PortCalls {
  readonly log: PortCall[] = [];
  intercept: Intercept = (_call, proceed) => proceed();

  async make<T>(call: PortCall, effect: () => T | Promise<T>): Promise<T> {
    this.log.push(call);
    return this.intercept(call, async () => effect());
  }

  /** `['stop api', 'start …']`: the calls of one port, as text. */
  of(port: PortCall['port']): readonly string[] {
    return this.log
      .filter((call) => call.port === port)
      .map(({ method, about }) => `${method} ${about}`.trim());
  }
}
