import { AdfError } from '../../errors/adf-error.js';
import { connectionLost } from '../../errors/ssh.js';
import { defined } from '../../model/defined.js';
import type { Milliseconds } from '../../model/duration.js';
import { quietTime } from '../../model/late-effect.js';
import { retryPause } from '../../ports/clock.js';
import type {
  CommandResult,
  Outcome,
  RemoteCommand,
  RunOptions,
  StepId,
  StepRecord,
} from '../../ports/transport.js';
import { reconnectDefault } from '../blips.js';
import type { HostTarget } from '../host-target.js';

/** For ending a step on a host whose connection was lost before. */
const endingTime: Milliseconds = 10_000;

type StepOptions = RunOptions & {
  readonly step: StepId;
  readonly signal: AbortSignal;
  /** How long the host is waited for when it is out of reach, where that is longer than its group's `reconnect`. */
  readonly patience?: Milliseconds;
};

/**
 * Runs a command as a step. When its connection is lost, the host is reconnected to and asked what became of it: its end is the result, also
 * when it is still to come; an interrupted one is not run again; one that never began is run, once. What cannot be learnt within the
 * group's `reconnect` stays unknown. With `detach` the result is that it began.
 */
export async function runStep(
  target: HostTarget,
  command: RemoteCommand,
  options: StepOptions,
): Promise<CommandResult> {
  const { clock, transport } = target.run.ports;
  const begun = clock.elapsed();
  // What is thrown says that it has certainly not begun.
  const result = await target.outlast(async () => {
    const connection = await transport.connect(target.host, options.signal);
    // Connecting may have taken its time, and so may have this whole process.
    target.run.gate.requireLeases('run a step');
    return connection.run(command, options);
  });
  // Ending it on its host may have been given up: its record tells.
  const isStopped = result.outcome.kind === 'cancelled' || result.outcome.kind === 'timed_out';
  if (isStopped && options.detach !== undefined)
    return new LostStep(target, command, options, begun, result).stop(result.outcome);
  if (isStopped && result.record !== 'none') return leaveUnknown(target, options, result);
  if (result.outcome.kind !== 'unknown') return result;
  // Without a record there is nothing to ask for.
  if (result.record === 'none') return leaveUnknown(target, options, result);
  target.activity.report('the connection was lost: asking the host what became of the command');
  return new LostStep(target, command, options, begun, result).settle();
}

/** It may still run, so what is seen of its host counts only once it has ended; that is waited for as long as the host was. */
function leaveUnknown(
  target: HostTarget,
  { step, timeout = 0, detach = 0 }: StepOptions,
  lost: CommandResult,
): CommandResult {
  const { gate, ports } = target.run;
  const lostAt = ports.clock.elapsed();
  const what = `the command of step ${step.id}`;
  if (lost.record === 'none') {
    gate.requests.add(target.host.id, { what, ownTime: timeout });
    return lost;
  }
  const isDone = async (): Promise<boolean | 'under_way'> => {
    const connection = await ports.transport.connect(target.host);
    const { state } = await connection.recordOf(step);
    // One that has not begun may have been on its way.
    if (state === 'absent') return ports.clock.elapsed() - lostAt >= quietTime;
    return state === 'running' ? 'under_way' : true;
  };
  const ownTime = Math.max(timeout, detach, reconnectOf(target));
  gate.requests.add(target.host.id, { what, ownTime, isDone });
  return lost;
}

const reconnectOf = ({ group }: HostTarget): Milliseconds =>
  group?.settings.rollout.reconnect ?? reconnectDefault;

/** A step whose outcome is not known yet. */
class LostStep {
  readonly #patience: Milliseconds;

  constructor(
    private readonly target: HostTarget,
    private readonly command: RemoteCommand,
    private readonly options: StepOptions,
    private readonly begun: Milliseconds,
    private lost: CommandResult,
  ) {
    this.#patience = Math.max(reconnectOf(target), options.patience ?? 0);
  }

  async settle(): Promise<CommandResult> {
    const { ports, blips } = this.target.run;
    const { clock, random } = ports;
    const { signal, timeout } = this.options;
    const { outcome } = this.lost;
    const reason = outcome.kind === 'unknown' ? outcome.reason : outcome.kind;
    blips.notice(this.target.place, 'connection', connectionLost(this.target.host, reason), clock.elapsed());
    let giveUpAt = clock.elapsed() + this.#patience;
    for (let attempt = 1; ; attempt += 1) {
      const pause = retryPause(attempt, random);
      if (signal.aborted) return this.stop({ kind: 'cancelled' });
      if (timeout !== undefined && clock.elapsed() - this.begun >= timeout) {
        return this.stop({ kind: 'timed_out' });
      }
      const record = await this.#ask();
      const settled = record === undefined ? undefined : await this.#judge(record);
      if (settled !== undefined) return settled;
      // A host on which it runs has not used up any of its time; one that loses it again and again has.
      if (record?.state === 'running') giveUpAt = clock.elapsed() + this.#patience;
      if (clock.elapsed() >= giveUpAt) return leaveUnknown(this.target, this.options, this.lost);
      const left = timeout === undefined ? pause : Math.max(0, this.begun + timeout - clock.elapsed());
      await clock.sleep(Math.min(pause, left, giveUpAt - clock.elapsed()), signal).catch(() => undefined);
    }
  }

  /** Undefined while the host does not answer. */
  async #ask(): Promise<StepRecord | undefined> {
    const { host, run, place } = this.target;
    try {
      return await run.blips.watch(place, async () => {
        const connection = await run.ports.transport.connect(host, this.options.signal);
        return connection.recordOf(this.options.step);
      });
    } catch (error) {
      if (error instanceof AdfError || this.options.signal.aborted) return undefined;
      throw error;
    }
  }

  /** The result that the record stands for; undefined when it is still to come. */
  async #judge(record: StepRecord): Promise<CommandResult | undefined> {
    const { clock } = this.target.run.ports;
    if (this.options.detach !== undefined && record.state !== 'absent')
      return this.#ending({ kind: 'exited', code: 0 });
    switch (record.state) {
      case 'running':
        return undefined;
      case 'ended':
        return { ...this.#ending(this.#outcomeOf(record)), ...this.#outputWith(record) };
      case 'interrupted':
        return this.#ending({ kind: 'interrupted', reason: record.reason });
      case 'absent': {
        if (record.upFor !== undefined && record.upFor < clock.elapsed() - this.begun) {
          const reason = 'the host was restarted, and has no record of it any more';
          return this.#ending({ kind: 'interrupted', reason });
        }
        return this.#runNow();
      }
    }
  }

  /** It never began, and under its id it begins at most once, also when the first request is still on its way. */
  async #runNow(): Promise<CommandResult | undefined> {
    const { host, run } = this.target;
    try {
      // Reconnecting may have taken longer than the lease lives.
      const connection = await run.ports.transport.connect(host, this.options.signal);
      await run.gate.admit({ where: 'host', host, what: 'run a step' }, this.options.signal);
      const result = await connection.run(this.command, this.options);
      if (result.outcome.kind !== 'unknown') return result;
      this.lost = result;
    } catch (error) {
      // It has not begun now either.
      if (!(error instanceof AdfError) && !this.options.signal.aborted) throw error;
    }
    return undefined;
  }

  /** Time is up, or the run stops: nothing of it is left on the host, if the host can be reached; else that is unknown. */
  async stop(outcome: Outcome): Promise<CommandResult> {
    const { host, run } = this.target;
    const { step, become = false, becomeUser } = this.options;
    const over = new AbortController();
    const late = run.ports.clock.sleep(endingTime, over.signal).then(
      () => false,
      () => false,
    );
    const ending = run.ports.transport
      .connect(host)
      .then((connection) => connection.endStep(step, { become, ...defined({ becomeUser }) }))
      .then(
        () => true,
        () => false,
      );
    const ended = await Promise.race([ending, late]);
    over.abort();
    return ended ? this.#ending(outcome) : leaveUnknown(this.target, this.options, this.lost);
  }

  #ending(outcome: Outcome): CommandResult {
    const duration = this.target.run.ports.clock.elapsed() - this.begun;
    return { ...this.lost, outcome, duration, record: 'found' };
  }

  /** What a command did is unknown when it ended well, but may have read only a part of its input. */
  #outcomeOf({ outcome }: Extract<StepRecord, { state: 'ended' }>): Outcome {
    const { stdin, checksStdin = false } = this.options;
    if (stdin === undefined || checksStdin || outcome.kind !== 'exited' || outcome.code !== 0) return outcome;
    return { kind: 'interrupted', reason: 'it exited with 0, but its stdin may not have reached it whole' };
  }

  /** What came before, and what was written down after. What was under way between the two is lost. */
  #outputWith({ stdout, stderr }: Extract<StepRecord, { state: 'ended' }>): Partial<CommandResult> {
    const joined = (stream: 'stdout' | 'stderr', after: string): string => {
      if (after === '') return this.lost[stream];
      const more = `\n[… the connection was lost here …]\n${after}`;
      this.options.onOutput?.(stream, more);
      return `${this.lost[stream]}${more}`;
    };
    return { stdout: joined('stdout', stdout), stderr: joined('stderr', stderr), truncated: true };
  }
}
