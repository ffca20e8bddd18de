import type { Milliseconds } from '../../model/duration.js';
import { within, type Clock } from '../../ports/clock.js';
import type { Exit, RunningProcess } from '../running-process.js';
import type { SshLimits } from './limits.js';
import type { SshChannel, SshClient } from './ssh-client.js';

/** A limited number of places, given out in the order in which they are asked for. */
export class SessionSlots {
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(private limit: number) {}

  /** Resolves with the function that gives the place back; with nothing when the signal is aborted before. */
  async take(signal?: AbortSignal): Promise<(() => void) | undefined> {
    if (signal?.aborted === true) return undefined;
    if (this.#taken < this.limit) this.#taken += 1;
    else if (!(await this.#turn(signal))) return undefined;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#taken -= 1;
      this.#admit();
    };
  }

  get taken(): number {
    return this.#taken;
  }

  /**
   * The server refused one more while `others` were taken: so many it bears, or fewer. False when there were none, and no waiting
   * will help.
   */
  shrink(others: number): boolean {
    if (others === 0) return false;
    this.limit = Math.max(1, Math.min(this.limit, others, this.#taken - 1));
    return true;
  }

  /** Waits for a place that was given back; false when the signal is aborted before. */
  #turn(signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const proceed = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve(true);
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(proceed), 1);
        resolve(false);
      };
      this.#waiting.push(proceed);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  #admit(): void {
    if (this.#taken >= this.limit) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    // Taken for it at once, so that no other caller takes it.
    this.#taken += 1;
    next();
  }
}

/**
 * A command in its session on a host. Made in the very callback that brings the channel: the exit of a quick command is in the
 * same packet, and would be missed one turn later.
 */
export class RemoteProcess implements RunningProcess {
  readonly stdin;
  readonly stdout;
  readonly stderr;
  readonly exited: Promise<Exit>;
  /** Resolves after all output was read, and when the connection is lost. */
  readonly closed: Promise<void>;

  constructor(private readonly channel: SshChannel) {
    this.stdin = channel;
    this.stdout = channel;
    this.stderr = channel.stderr;
    this.exited = new Promise((resolve) => {
      channel.once('exit', (code: number | null, signal?: string) => {
        resolve(
          code === null ? { kind: 'signalled', signal: signal ?? 'unknown' } : { kind: 'exited', code },
        );
      });
    });
    this.closed = new Promise((resolve) => channel.once('close', () => resolve()));
    // Writing to a session that has ended is no error of ours: how it ended tells more.
    channel.on('error', () => undefined);
  }

  /** By sshd, which ends the process group; one that serves root refuses to (OpenSSH's session.c). */
  signal(name: 'TERM' | 'KILL'): void {
    this.channel.signal(name);
  }

  close(): void {
    this.channel.end();
    this.channel.close();
    // Unread output would keep the channel from closing.
    this.channel.resume();
    this.channel.stderr.resume();
  }
}

/** What came of asking a server for a channel. */
export type Opening<T> =
  | { readonly kind: 'open'; readonly value: T }
  | { readonly kind: 'refused'; readonly reason: string; readonly code: number }
  /** It certainly was not opened. */
  | { readonly kind: 'lost' }
  /** It may have been. */
  | { readonly kind: 'unanswered' }
  | { readonly kind: 'cancelled' };

type Settle<T> = (error: Error | undefined, value?: T) => void;

/** For so long after its end sshd may still count a session: it ends it only after it has read all that we sent since. */
const settling: Milliseconds = 2_000;

/** The channels of one connection: asked for in turn, each with a deadline. */
export class Channels {
  readonly #slots: SessionSlots;
  /** When a session ended last. */
  #lastEnd = -Infinity;

  constructor(
    private readonly client: SshClient,
    private readonly clock: Clock,
    private readonly limits: SshLimits,
    private readonly alive: () => boolean,
  ) {
    this.#slots = new SessionSlots(limits.sessionsPerConnection);
  }

  /** A session that runs `line`. Waits for a place; when the server allows fewer than assumed, that number is kept. */
  async session(line: string, signal?: AbortSignal): Promise<Opening<RemoteProcess>> {
    for (;;) {
      const free = await this.#slots.take(signal);
      if (free === undefined) return { kind: 'cancelled' };
      // Those that end while the server answers were there when it refused.
      const others = this.#slots.taken - 1;
      const opening = await this.extraSession(line);
      if (opening.kind === 'open') {
        void opening.value.closed.then(free);
        return opening;
      }
      const fewer = opening.kind === 'refused' && this.#slots.shrink(others);
      free();
      if (fewer) continue;
      if (opening.kind !== 'refused' || this.clock.elapsed() > this.#lastEnd + settling) return opening;
      await this.clock.sleep(20);
    }
  }

  /** A session beyond the limit, for what must not wait: ending a command. */
  extraSession(line: string): Promise<Opening<RemoteProcess>> {
    return this.#ask<RemoteProcess>(
      (settle) => {
        this.client.exec(line, (error, channel) => {
          if (error !== undefined) {
            settle(error);
            return;
          }
          const process = new RemoteProcess(channel);
          void process.closed.then(() => (this.#lastEnd = this.clock.elapsed()));
          settle(undefined, process);
        });
      },
      (late) => late.close(),
    );
  }

  /** Forwarded channels are not counted by MaxSessions, and so not here. */
  forward(
    to: { readonly address: string; readonly port: number } | { readonly socketPath: string },
  ): Promise<Opening<SshChannel>> {
    return this.#ask<SshChannel>(
      (settle) => {
        // The origin is only for the server's log.
        if ('port' in to) this.client.forwardOut('127.0.0.1', 0, to.address, to.port, settle);
        else this.client.openssh_forwardOutStreamLocal(to.socketPath, settle);
      },
      (late) => late.destroy(),
    );
  }

  async #ask<T>(request: (settle: Settle<T>) => void, discard: (value: T) => void): Promise<Opening<T>> {
    if (!this.alive()) return { kind: 'lost' };
    const opening = new Promise<Opening<T>>((resolve) => {
      try {
        request((error, value) => {
          if (value !== undefined) resolve({ kind: 'open', value });
          else if (this.alive() && isRefusal(error)) {
            resolve({ kind: 'refused', reason: error.message, code: error.reason });
          } else {
            // Also when the connection was lost meanwhile: what was sent may have been heard.
            resolve({ kind: 'unanswered' });
          }
        });
      } catch {
        // ssh2 throws at once when it already knows that the connection is gone.
        resolve({ kind: 'lost' });
      }
    });
    return within(this.clock, this.limits.channelTimeout, opening, () => late).catch((error: unknown) => {
      if (error !== late) throw error;
      // A session that comes too late is refused.
      void opening.then((opened) => opened.kind === 'open' && discard(opened.value));
      return { kind: 'unanswered' };
    });
  }
}

const late = Symbol('late');

const isRefusal = (error: Error | undefined): error is Error & { reason: number } =>
  error !== undefined && 'reason' in error && typeof error.reason === 'number';
