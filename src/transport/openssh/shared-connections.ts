import { AdfError } from '../../errors/adf-error.js';
import { connectionLost, type NamedHost } from '../../errors/ssh.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Clock } from '../../ports/clock.js';
import { within } from '../../ports/deadline.js';

/** What is shared. */
export interface Shareable {
  readonly alive: boolean;
  /** Resolves when it is not alive any more. */
  readonly lost: Promise<void>;
  /** Begins to end it; `lost` resolves when that is done. */
  close(): void;
  /** Ends it at once. */
  destroy(): void;
}

/** One connection for each key: opened by the first who asks, shared by the others, opened anew after it was lost. */
export class SharedConnections<T extends Shareable> {
  readonly #connections = new Map<string, Promise<T>>();
  readonly #refusals = new Map<string, { readonly error: AdfError; readonly until: Milliseconds }>();
  #closed = false;

  constructor(
    private readonly clock: Clock,
    /** How long a refusal is given back without asking the server again. */
    private readonly refusalMemory: Milliseconds,
    /** False for one that those who have it may keep, and nobody else shall get. */
    private readonly fit: (connection: T) => boolean = () => true,
  ) {}

  get closed(): boolean {
    return this.#closed;
  }

  /** Throws what `open` throws, and `ssh.connection_lost` when all was closed. */
  async get(key: string, host: NamedHost, open: () => Promise<T>): Promise<T> {
    for (;;) {
      if (this.#closed) throw connectionLost(host, 'all connections are closed');
      const before = this.#connections.get(key);
      if (before === undefined) return this.#open(key, open);
      const connection = await before;
      if (connection.alive && this.fit(connection)) return connection;
      this.#forget(key, before);
    }
  }

  /** Ends all of them, and waits for that, but not for ever. */
  async close(): Promise<void> {
    this.#closed = true;
    const all = await Promise.allSettled(this.#connections.values());
    const open = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    for (const connection of open) connection.close();
    const ended = Promise.all(open.map(({ lost }) => lost));
    await within(this.clock, 1_000, ended, () => 'late').catch(() => undefined);
    for (const connection of open) connection.destroy();
  }

  async #open(key: string, open: () => Promise<T>): Promise<T> {
    const refusal = this.#refusals.get(key);
    if (refusal !== undefined && this.clock.elapsed() < refusal.until) throw refusal.error;
    const opening = open();
    this.#connections.set(key, opening);
    try {
      const connection = await opening;
      void connection.lost.then(() => this.#forget(key, opening));
      return connection;
    } catch (error) {
      this.#forget(key, opening);
      if (error instanceof AdfError && isRefusal(error)) {
        this.#refusals.set(key, { error, until: this.clock.elapsed() + this.refusalMemory });
      }
      throw error;
    }
  }

  #forget(key: string, opening: Promise<T>): void {
    if (this.#connections.get(key) === opening) this.#connections.delete(key);
  }
}

/** Asking again at once would not help, and servers ban those who do. */
const isRefusal = ({ code }: AdfError): boolean => code === 'ssh.authentication' || code === 'ssh.host_key';
