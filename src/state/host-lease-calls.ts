import { errorsOf } from '../errors/adf-error.js';
import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { Clock } from '../ports/clock.js';
import type { LeaseName, LeaseOwner } from '../ports/lease-store.js';
import { succeeded, type CommandResult, type Transport } from '../ports/transport.js';
import { parseAnswer, recordText, type HostAnswer } from './host-lease-answer.js';
import { hostLeaseName, memoryDirectory } from './host-lease-name.js';
import { hostLeaseScript } from './host-lease-script.js';
import type { LeaseQuestion } from './lease-machine.js';
import type { MemberRecord } from './lease-rules.js';

/** What hosts are asked, and about which lease. */
export interface LockQuestion extends LeaseName {
  readonly action: LeaseQuestion['action'] | 'seize';
  /** 0 where it does not matter. */
  readonly epoch: number;
  readonly owner: LeaseOwner;
  readonly record?: MemberRecord;
  readonly duration: Milliseconds;
}

/** A round must leave time for two more before the lease runs out. */
const roundLimit = (duration: Milliseconds): Milliseconds => Math.min(20_000, duration / 3);

/** How long hosts that have not answered are waited for once those that answered are enough: what they know may matter. */
const stragglers: Milliseconds = 2_000;

/** When the answers so far are enough: `at once`, or after a moment for the rest. */
export interface Enough {
  readonly when: (answers: readonly HostAnswer[]) => boolean;
  readonly wait: 'none' | 'moment';
}

/** Runs the lock's script on all hosts at once. */
export class HostLeaseCalls {
  constructor(
    private readonly transport: Transport,
    private readonly clock: Clock,
    private readonly directory: string,
  ) {}

  /**
   * One answer a host, in order; never throws. Returns as soon as the answers are enough: a host that has not answered by then counts as
   * failed, and is still awaited in the background. Hosts that have not answered in time are given up.
   */
  async ask(question: LockQuestion, enough?: Enough): Promise<readonly HostAnswer[]> {
    const limit = roundLimit(question.duration);
    const round = new AbortController();
    const done = new AbortController();
    const said = new Map<Host, HostAnswer>();
    const soFar = (): readonly HostAnswer[] =>
      question.hosts.map(
        (host): HostAnswer =>
          said.get(host) ?? { host: host.id, kind: 'failed', reason: 'no answer in time' },
      );
    const all = Promise.withResolvers<undefined>();
    const sleep = (length: Milliseconds): Promise<void> => this.clock.sleep(length, done.signal);
    sleep(limit).then(
      () => {
        round.abort(new Error('no answer in time'));
        all.resolve(undefined);
      },
      () => undefined,
    );
    let satisfied = false;
    const listen = async (host: Host): Promise<void> => {
      const answer = await this.#askOne(host, question, limit, round.signal);
      said.set(host, answer);
      if (said.size === question.hosts.length) all.resolve(undefined);
      else if (!satisfied && enough?.when(soFar()) === true) {
        satisfied = true;
        if (enough.wait === 'none') all.resolve(undefined);
        else
          sleep(stragglers).then(
            () => all.resolve(undefined),
            () => undefined,
          );
      }
    };
    const listening = Promise.all(question.hosts.map(listen)).then(() => done.abort());
    if (question.hosts.length === 0) await listening;
    else await all.promise;
    return soFar();
  }

  async #askOne(
    host: Host,
    question: LockQuestion,
    timeout: Milliseconds,
    signal: AbortSignal,
  ): Promise<HostAnswer> {
    try {
      const connection = await this.transport.connect(host, signal);
      const env = this.#environment(question);
      const result = await connection.run({ script: hostLeaseScript }, { env, timeout, signal });
      if (!succeeded(result)) return { host: host.id, kind: 'failed', reason: failureOf(result) };
      return { host: host.id, ...parseAnswer(result.stdout) };
    } catch (error) {
      return { host: host.id, kind: 'failed', reason: errorsOf(error)[0].message };
    }
  }

  #environment(question: LockQuestion): Readonly<Record<string, string>> {
    const { action, owner, epoch, record, duration } = question;
    return {
      ADFPUSH_LOCK_ACTION: action,
      ADFPUSH_LOCK_DIRECTORY: this.directory,
      ADFPUSH_LOCK_MEMORY: memoryDirectory,
      ADFPUSH_LOCK_NAME: hostLeaseName(question),
      ADFPUSH_LOCK_EPOCH: String(epoch),
      ADFPUSH_LOCK_OWNER: JSON.stringify(owner),
      ADFPUSH_LOCK_RUN: owner.run,
      ADFPUSH_LOCK_RECORD: String(record?.number ?? 0),
      ADFPUSH_LOCK_LISTS: recordText(record ?? { quorums: [] }),
      ADFPUSH_LOCK_SECONDS: String(Math.ceil(duration / 1_000)),
    };
  }
}

export function failureOf({ outcome, stderr }: CommandResult): string {
  if (outcome.kind === 'unknown') return outcome.reason;
  if (outcome.kind !== 'exited') return outcome.kind.replace('_', ' ');
  return stderr.trim() === '' ? `the lock script ended with code ${outcome.code}` : stderr.trim();
}
