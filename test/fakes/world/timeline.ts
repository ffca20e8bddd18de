import type { Milliseconds } from '../../../src/model/duration.js';
import type { Hold } from '../../../src/model/hold.js';
import type {
  ContainerId,
  ContainerName,
  Digest,
  HoldId,
  HostId,
  RunId,
  TargetGroupArn,
} from '../../../src/model/ids.js';
import type { Registration, TargetState } from '../../../src/model/registration.js';

/**
 * Who did it: the program under test, through a port, by its number where several run in one world; a person by hand; or the world by
 * itself (a crash, a passed health check).
 */
export type Actor = 'world' | 'operator' | 'program' | `program ${number}`;

export const isProgram = (by: Actor): boolean => by.startsWith('program');

/** A target as the balancer routes to it. */
export interface Route {
  readonly host: HostId;
  readonly port: number;
  /** Whether a request sent there now would be answered. */
  readonly serving: boolean;
}

interface OfContainer {
  readonly host: HostId;
  readonly container: ContainerId;
}

interface OfTarget {
  readonly host: HostId;
  readonly registration: Registration;
}

export type Happening =
  | { readonly type: 'image.pulled'; readonly host: HostId; readonly digest: Digest }
  | { readonly type: 'image.removed'; readonly host: HostId; readonly digest: Digest }
  | (OfContainer & {
      readonly type: 'container.created';
      readonly name: ContainerName;
      readonly digest?: Digest;
      readonly ports: readonly number[];
    })
  | (OfContainer & { readonly type: 'container.started' })
  /** From now on it answers requests with success. */
  | (OfContainer & { readonly type: 'container.serving' })
  /** Stopped on demand. */
  | (OfContainer & { readonly type: 'container.stopped' })
  /** Ended by itself. */
  | (OfContainer & { readonly type: 'container.exited'; readonly code: number })
  | (OfContainer & { readonly type: 'container.removed' })
  | (OfContainer & { readonly type: 'container.renamed'; readonly name: ContainerName })
  | (OfTarget & { readonly type: 'target.registered' })
  | (OfTarget & { readonly type: 'target.deregistered' })
  | (OfTarget & { readonly type: 'target.state'; readonly state: TargetState })
  /** Its draining ended: the group knows it no more. */
  | (OfTarget & { readonly type: 'target.gone' })
  /** The program looked at a whole target group, and saw this. */
  | { readonly type: 'traffic.read'; readonly targetGroup: TargetGroupArn; readonly healthy: number }
  /** Where the balancer sends requests from now on; of one zone when zones are not crossed. */
  | {
      readonly type: 'routes';
      readonly targetGroup: TargetGroupArn;
      readonly zone?: string;
      readonly targets: readonly Route[];
    }
  | { readonly type: 'tag.resolved'; readonly reference: string; readonly digest: Digest }
  /** A host ran a command of a step, and how that ended. */
  | { readonly type: 'command.ran'; readonly host: HostId; readonly text: string; readonly code: number }
  /** A run wrote down on the host what it holds of it. */
  | { readonly type: 'hold.kept'; readonly host: HostId; readonly run: RunId; readonly hold: Hold }
  | { readonly type: 'hold.forgotten'; readonly host: HostId; readonly run: RunId; readonly hold: HoldId }
  /** The store gave the lease to a run; how long it may believe in that by its own clock; and it gave it back. */
  | { readonly type: 'lease.taken'; readonly lease: string; readonly run: string }
  | { readonly type: 'lease.valid'; readonly lease: string; readonly until: Milliseconds }
  | { readonly type: 'lease.released'; readonly lease: string }
  /** What became of a process of the control side. */
  | {
      readonly type: 'process';
      readonly became: 'begun' | 'killed' | 'frozen' | 'signalled' | 'ended';
    }
  | { readonly type: 'host.lost'; readonly host: HostId }
  | { readonly type: 'host.found'; readonly host: HostId }
  /** Its Docker Engine ended, with what it ran, and began again. */
  | { readonly type: 'engine.down'; readonly host: HostId }
  | { readonly type: 'engine.up'; readonly host: HostId }
  | { readonly type: 'host.down'; readonly host: HostId }
  | { readonly type: 'host.up'; readonly host: HostId }
  | { readonly type: 'host.gone'; readonly host: HostId }
  | { readonly type: 'host.joined'; readonly host: HostId; readonly zone?: string }
  | { readonly type: 'signal'; readonly signal: string }
  | { readonly type: 'fault'; readonly what: string }
  /** The host, or something of it, is away for so long, and then it is back. */
  | { readonly type: 'blip'; readonly host: HostId; readonly of: string; readonly lasts: Milliseconds };

/** What happened in the world, and when (virtual milliseconds since the beginning). */
export type Entry = { readonly at: Milliseconds; readonly by: Actor } & Happening;

/** The world's own record, made without asking the program. An oracle judges by it. */
export class Timeline {
  readonly entries: Entry[] = [];
  readonly #listeners: ((entry: Entry) => void)[] = [];

  constructor(private readonly elapsed: () => Milliseconds) {}

  record(by: Actor, happening: Happening): void {
    const entry = { at: this.elapsed(), by, ...happening };
    this.entries.push(entry);
    for (const listener of this.#listeners) listener(entry);
  }

  /** Told of all that happens from now on. */
  follow(listener: (entry: Entry) => void): void {
    this.#listeners.push(listener);
  }
}
