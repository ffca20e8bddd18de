import { isUnreachable } from '../errors/ssh.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import type { EventTask } from '../events/event.js';
import type { HostId } from '../model/ids.js';
import type { JobEnd } from '../modules/module.js';
import { within } from '../ports/clock.js';
import type { AsUser, Outcome, StepId, StepRecord } from '../ports/transport.js';
import type { HostTarget } from './host-target.js';
import type { SentRequest } from './interlocks/unfinished-requests.js';
import { goneOf } from './roll/gone-hosts.js';

/** The most of each stream that the record of a job keeps. */
const keptBytes = 65_536;
/** How often it is asked whether a host that does not answer is there at all. */
const goneEvery: Milliseconds = 60_000;
/** For ending a job on its host. */
const endingTime: Milliseconds = 10_000;

type EndedRecord = Exclude<StepRecord, { state: 'running' }>;

export interface StartedJob {
  readonly step: StepId;
  /** The host that it runs on. */
  readonly target: HostTarget;
  /** The host whose turn started it. */
  readonly turn: HostId;
  readonly task: EventTask;
  readonly as: AsUser;
  /** Its output must not be shown. */
  readonly noLog: boolean;
  /** Its connection was lost before all of its input was sent. */
  readonly mayLackInput: boolean;
  /** How long it may run. Its host ends it after that. */
  readonly limit: Milliseconds;
  /** Records that it is over. */
  readonly over: () => Promise<void>;
}

/** A command that a task with `poll: 0` started on a host, and that goes on beside the tasks of its turn. */
export class Job {
  readonly #begun: Milliseconds;
  #end: JobEnd | undefined;
  #askGoneAt: Milliseconds = 0;
  /** A task was told how it ended, or a person was. */
  isTold = false;
  /** The run ended it itself. */
  wasStopped = false;

  constructor(readonly started: StartedJob) {
    this.#begun = started.target.run.ports.clock.elapsed();
  }

  get id(): string {
    return this.started.step.id;
  }

  /** How it ended, as far as it is known. */
  get end(): JobEnd | undefined {
    return this.#end;
  }

  /** For the open requests of its host. */
  get request(): SentRequest {
    return {
      what: `job ${this.id}`,
      job: this.id,
      ownTime: this.started.limit,
      isDone: () => this.#isOver(),
    };
  }

  async #isOver(): Promise<boolean | 'under_way'> {
    try {
      return (await this.look()) === undefined ? 'under_way' : true;
    } catch (error) {
      if (isUnreachable(error) && (await this.#isGone())) return true;
      throw error;
    }
  }

  /** Its host was terminated, and the job with it. Asked now and then. */
  async #isGone(): Promise<boolean> {
    const { run, host } = this.started.target;
    const now = run.ports.clock.elapsed();
    if (now < this.#askGoneAt) return false;
    this.#askGoneAt = now + goneEvery;
    return (await goneOf([host], run)).has(host.id);
  }

  /** Asks its host how it ended; undefined while it runs. Throws what keeps the host from being asked. */
  async look(): Promise<JobEnd | undefined> {
    if (this.#end !== undefined) return this.#end;
    const { target, step } = this.started;
    const connection = await target.run.ports.transport.connect(target.host);
    const record = await connection.recordOf(step);
    if (record.state !== 'running') await this.#settle(record);
    return this.#end;
  }

  async #settle(record: EndedRecord): Promise<void> {
    if (this.#end !== undefined) return;
    this.#end = this.#endOf(record);
    // Where that cannot be written down, a recovery asks the host again; and the next record fails the run.
    await this.started.over().catch(() => undefined);
  }

  /** Ends it with its children, where its host can be reached. */
  async stop(): Promise<void> {
    const { target, step, as } = this.started;
    const { clock, transport } = target.run.ports;
    const end = async (): Promise<void> => {
      if ((await this.look()) !== undefined) return;
      this.wasStopped = true;
      await (await transport.connect(target.host)).endStep(step, as);
      await this.look();
    };
    // What cannot be asked now stays among the open requests of its host.
    await within(clock, endingTime, end(), () => undefined).catch(() => undefined);
  }

  #endOf(record: EndedRecord): JobEnd {
    const { stdout, stderr } = record.state === 'ended' ? record : { stdout: '', stderr: '' };
    const isCut = [stdout, stderr].some((text) => new TextEncoder().encode(text).length >= keptBytes);
    const duration = this.started.target.run.ports.clock.elapsed() - this.#begun;
    const ran = { outcome: this.#outcomeOf(record), stdout, stderr, duration, truncated: isCut };
    return { ran, noLog: this.started.noLog };
  }

  #outcomeOf(record: EndedRecord): Outcome {
    switch (record.state) {
      case 'absent':
        return { kind: 'interrupted', reason: 'its host has no record of it any more' };
      case 'interrupted':
        return { kind: 'interrupted', reason: record.reason };
      case 'ended': {
        const { outcome } = record;
        const isWell = outcome.kind === 'exited' && outcome.code === 0;
        return isWell && this.started.mayLackInput
          ? { kind: 'interrupted', reason: 'it exited with 0, but its stdin may not have reached it whole' }
          : outcome;
      }
    }
  }
}

/** The jobs of a run, by their ids. */
export class Jobs {
  readonly #jobs = new Map<string, Job>();
  /** Jobs of commands that had nothing to do. */
  readonly #notNeeded = new Map<string, { readonly target: HostTarget; readonly end: JobEnd }>();

  add(job: Job): void {
    this.#jobs.set(job.id, job);
    const { target } = job.started;
    target.run.gate.requests.add(target.host.id, job.request);
  }

  addNotNeeded(id: string, target: HostTarget, end: JobEnd): void {
    this.#notNeeded.set(id, { target, end });
  }

  get ids(): readonly string[] {
    return [...this.#jobs.keys(), ...this.#notNeeded.keys()];
  }

  /** The job and the host that it is on. */
  find(id: string): { readonly target: HostTarget; readonly job?: Job; readonly end?: JobEnd } | undefined {
    const job = this.#jobs.get(id);
    return job === undefined
      ? this.#notNeeded.get(id)
      : { target: job.started.target, job, ...defined({ end: job.end }) };
  }

  /** The jobs that the turn of this host started, and those on it. */
  of(host: HostId): readonly Job[] {
    return [...this.#jobs.values()].filter(
      ({ started: { turn, target } }) => turn === host || target.host.id === host,
    );
  }
}
