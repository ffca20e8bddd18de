import { AdfError } from '../../errors/adf-error.js';
import { connectionLost, type ErrorHost } from '../../errors/ssh.js';
import type { Milliseconds } from '../../model/duration.js';
import { unlessAborted, within, type Clock } from '../../ports/clock.js';

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

/** Opens one connection. The signal is aborted when all is closed: what is under way then has to end. */
export type Open<T> = (closing: AbortSignal) => Promise<T>;

/** One connection for each key: opened by the first who asks, shared by the others, opened anew after it was lost. */
export class SharedConnections<T extends Shareable> {
  readonly #connections = new Map<string, Promise<T>>();
  readonly #refusals = new Map<string, { readonly error: AdfError; readonly until: Milliseconds }>();
  readonly #underWay = new Set<Promise<T>>();
  readonly #closing = new AbortController();

  constructor(
    private readonly clock: Clock,
    /** How long a refusal is given back without asking the server again. */
    private readonly refusalMemory: Milliseconds,
    /** False for one that its callers may keep, and that no other caller gets. */
    private readonly fit: (connection: T) => boolean = () => true,
  ) {}

  /** Throws what `open` throws, and `ssh.connection_lost` when all was closed. */
  async get(key: string, host: ErrorHost, open: Open<T>): Promise<T> {
    for (;;) {
      if (this.#closing.signal.aborted) throw closed(host);
      const before = this.#connections.get(key);
      if (before === undefined) return this.#open(key, host, open);
      const connection = await before;
      if (connection.alive && this.fit(connection)) return connection;
      this.#forget(key, before);
    }
  }

  /** Ends all of them, those too that are only being opened, and waits for that, but not for ever. */
  async close(): Promise<void> {
    this.#closing.abort();
    const all = await Promise.allSettled(this.#connections.values());
    const open = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    for (const connection of open) connection.close();
    const ended = Promise.all([...open.map(({ lost }) => lost), Promise.allSettled(this.#underWay)]);
    await within(this.clock, 1_000, ended, () => 'late').catch(() => undefined);
    for (const connection of open) connection.destroy();
  }

  async #open(key: string, host: ErrorHost, open: Open<T>): Promise<T> {
    const refusal = this.#refusals.get(key);
    if (refusal !== undefined && this.clock.elapsed() < refusal.until) throw refusal.error;
    const opening = this.#unlessClosed(host, open);
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

  /** Once all is closed no caller waits any more for an agent, a person or a server. */
  async #unlessClosed(host: ErrorHost, open: Open<T>): Promise<T> {
    const { signal } = this.#closing;
    const opening = open(signal);
    this.#underWay.add(opening);
    const settled = (): boolean => this.#underWay.delete(opening);
    opening.then((connection) => {
      settled();
      if (signal.aborted) connection.destroy();
    }, settled);
    try {
      return await unlessAborted(opening, signal);
    } catch (error) {
      throw signal.aborted ? closed(host) : error;
    }
  }

  #forget(key: string, opening: Promise<T>): void {
    if (this.#connections.get(key) === opening) this.#connections.delete(key);
  }
}

const closed = (host: ErrorHost): AdfError => connectionLost(host, 'all connections are closed');

/** Asking again at once would not help, and servers block clients that do. */
const isRefusal = ({ code }: AdfError): boolean => code === 'ssh.authentication' || code === 'ssh.host_key';
