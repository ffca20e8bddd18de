import { errorsOf } from '../errors/adf-error.js';
import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { Clock } from '../ports/clock.js';
import type { LeaseName, LeaseOwner } from '../ports/lease-store.js';
import { succeeded, type CommandResult, type Transport } from '../ports/transport.js';
import { parseAnswer, type ParsedAnswer } from './host-lock-answer.js';
import { hostLockName } from './host-lock-name.js';
import { hostLockScript } from './host-lock-script.js';

/** What hosts are asked, and about which epoch of the lock. */
export interface LockQuestion extends LeaseName {
  readonly action: 'look' | 'take' | 'confirm' | 'renew' | 'release' | 'seize';
  /** 0 where it does not matter. */
  readonly epoch: number;
  readonly owner: LeaseOwner;
  readonly duration: Milliseconds;
}

/** What one host said. `failed`: nothing that could be understood, so it counts as not got. */
export type LockAnswer = { readonly host: Host } & ParsedAnswer;

/** A round must leave time for two more before the lease runs out. */
const roundLimit = (duration: Milliseconds): Milliseconds => Math.min(20_000, duration / 3);

/** Runs the lock's script on all hosts at once. */
export class HostLockCalls {
  constructor(
    private readonly transport: Transport,
    private readonly clock: Clock,
    private readonly directory: string,
  ) {}

  /** One answer a host, in order; never throws. Hosts that have not answered in time are given up. */
  async ask(question: LockQuestion): Promise<readonly LockAnswer[]> {
    const limit = roundLimit(question.duration);
    const round = new AbortController();
    const done = new AbortController();
    const alarm = this.clock.sleep(limit, done.signal).then(
      () => round.abort(new Error('no answer in time')),
      () => undefined,
    );
    const answers = await Promise.all(
      question.hosts.map((host) => this.#askOne(host, question, limit, round.signal)),
    );
    done.abort();
    await alarm;
    return answers;
  }

  async #askOne(
    host: Host,
    question: LockQuestion,
    timeout: Milliseconds,
    signal: AbortSignal,
  ): Promise<LockAnswer> {
    try {
      const connection = await this.transport.connect(host, signal);
      const env = this.#environment(question);
      const result = await connection.run({ script: hostLockScript }, { env, timeout, signal });
      if (!succeeded(result)) return { host, kind: 'failed', reason: failureOf(result) };
      return { host, ...parseAnswer(result.stdout) };
    } catch (error) {
      return { host, kind: 'failed', reason: errorsOf(error)[0].message };
    }
  }

  #environment(question: LockQuestion): Readonly<Record<string, string>> {
    const { action, owner, epoch, duration } = question;
    return {
      ADFPUSH_LOCK_ACTION: action,
      ADFPUSH_LOCK_DIRECTORY: this.directory,
      ADFPUSH_LOCK_NAME: hostLockName(question),
      ADFPUSH_LOCK_EPOCH: String(epoch),
      ADFPUSH_LOCK_OWNER: JSON.stringify(owner),
      ADFPUSH_LOCK_RUN: owner.run,
      ADFPUSH_LOCK_SECONDS: String(Math.ceil(duration / 1_000)),
    };
  }
}

export function failureOf({ outcome, stderr }: CommandResult): string {
  if (outcome.kind === 'unknown') return outcome.reason;
  if (outcome.kind !== 'exited') return outcome.kind.replace('_', ' ');
  return stderr.trim() === '' ? `the lock script ended with code ${outcome.code}` : stderr.trim();
}
