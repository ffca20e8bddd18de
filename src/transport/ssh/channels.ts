import type { Milliseconds } from '../../model/duration.js';
import type { Clock } from '../../ports/clock.js';
import { within } from '../../ports/deadline.js';
import type { SshLimits } from './limits.js';
import { SessionSlots } from './session-slots.js';
import { RemoteProcess } from './remote-process.js';
import type { SshChannel, SshClient } from './ssh-client.js';

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

/** For so long after its end sshd may still count a session: it lets go of it only after it has read all that we sent since. */
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

  /** A session that runs `line`. Waits for a place; when the server bears fewer than we thought, that is learnt. */
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
      // Whoever comes too late finds the door shut.
      void opening.then((opened) => opened.kind === 'open' && discard(opened.value));
      return { kind: 'unanswered' };
    });
  }
}

const late = Symbol('late');

const isRefusal = (error: Error | undefined): error is Error & { reason: number } =>
  error !== undefined && 'reason' in error && typeof error.reason === 'number';
