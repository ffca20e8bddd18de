import { PassThrough, type Duplex } from 'node:stream';
import type { Host } from '../../src/model/host.js';
import { AdfError } from '../../src/errors/adf-error.js';
import { connectionLost, unreachable } from '../../src/errors/ssh.js';
import { readJob } from '../../src/model/job-on-host.js';
import {
  succeeded,
  type CommandResult,
  type Connection,
  type RemoteCommand,
  type RunOptions,
  type StepId,
  type StepRecord,
  type Transport,
} from '../../src/ports/transport.js';
import type { Caller } from './port-calls.js';
import type { World } from './world/world.js';

/** A command as a host was given it. */
export interface RanCommand {
  readonly host: Host;
  readonly command: RemoteCommand;
  /** The argv joined by blanks, or the script. */
  readonly text: string;
  readonly options: RunOptions;
}

/** What a command does; undefined leaves it to the next script, and at last to success with no output. */
export type CommandScript = (ran: RanCommand) => Partial<CommandResult> | undefined;

/** Connections to a world's hosts, whose commands do what the test says. */
export class FakeTransport implements Transport {
  readonly commands: RanCommand[] = [];
  /** What hosts know of the steps that were begun, by their ids. */
  readonly records = new Map<string, StepRecord>();
  readonly #scripts: CommandScript[] = [];

  constructor(
    private readonly world: World,
    private readonly caller: Caller = world,
  ) {}

  /** Says what commands do; the last one said is asked first. */
  when(script: CommandScript): void {
    this.#scripts.unshift(script);
  }

  connect(host: Host): Promise<Connection> {
    const call = { port: 'transport', method: 'connect', actor: host.id, host: host.id, about: '' } as const;
    return this.caller.calls.make(call, () => {
      if (!this.world.host(host.id).reachable) throw unreachable(host, 'tcp', 'connect ETIMEDOUT');
      return this.#connection(host);
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #connection(host: Host): Connection {
    const fake = this.world.host(host.id);
    return {
      host,
      get alive() {
        return fake.reachable;
      },
      run: (command, options = {}) => this.#run({ host, command, text: textOf(command), options }),
      recordOf: (step) => this.#recordOf(host, step),
      endStep: (step) => this.#endStep(host, step),
      stream: () => Promise.resolve<Duplex>(new PassThrough()),
      forward: () => Promise.resolve<Duplex>(new PassThrough()),
    };
  }

  #run(ran: RanCommand): Promise<CommandResult> {
    const { host, text } = ran;
    const { step } = ran.options;
    const method = step === undefined ? 'run' : 'runStep';
    const call = { port: 'transport', method, actor: host.id, host: host.id, about: text } as const;
    const running = this.caller.calls.make(call, () => {
      // It never got there.
      if (!this.world.host(host.id).reachable) return result({ outcome: lost });
      this.commands.push(ran);
      return step === undefined ? this.#told(ran) : this.#runStep(step, ran);
    });
    // To whoever runs a command a lost connection is a result.
    return running.catch((error: unknown) => {
      if (error instanceof AdfError && error.code === 'ssh.connection_lost') return result({ outcome: lost });
      throw error;
    });
  }

  #told(ran: RanCommand): CommandResult {
    for (const script of this.#scripts) {
      const told = script(ran);
      if (told !== undefined) return result(told);
    }
    return result({});
  }

  /** A host begins a step once; afterwards it tells what it knows of it. */
  #runStep({ run, id }: StepId, ran: RanCommand): CommandResult {
    const before = this.records.get(id);
    if (before !== undefined && before.state !== 'absent') return found(before);
    this.records.delete(id);
    const told = this.#told(ran);
    const { outcome, stdout, stderr } = told;
    if (outcome.kind === 'exited' && told.record !== 'none') {
      const { host, text } = ran;
      const happening = { type: 'command.ran', host: host.id, text, code: outcome.code } as const;
      this.world.timeline.record(this.caller.actor, happening);
    }
    if (this.records.has(id)) return told;
    if (ran.options.detach !== undefined && told.record !== 'none') {
      if (succeeded(told)) this.#beginJob(run, id, ran);
      return { record: 'kept', ...told };
    }
    if (outcome.kind === 'exited' || outcome.kind === 'signalled') {
      this.records.set(id, { state: 'ended', outcome, stdout, stderr });
    } else if (outcome.kind !== 'unknown') {
      this.records.set(id, { state: 'interrupted', reason: 'it was stopped' });
    }
    return { record: 'kept', ...told };
  }

  #beginJob(run: string, id: string, { host, options: { detach = 0, note = '' } }: RanCommand): void {
    this.records.set(id, { state: 'running', pid: 7 });
    const { clock } = this.world;
    const seconds = (): number => Math.floor(clock.now() / 1_000);
    const begun = `${seconds()} ${Math.ceil(detach / 1_000)} ${note}`;
    this.world
      .host(host.id)
      .jobs.push(() =>
        this.records.get(id)?.state === 'running' ? readJob(`${run} ${id} ${seconds()} ${begun}`) : undefined,
      );
  }

  /** What the test put there, or what came of running it. A step that the test said is lost stays so. */
  #recordOf(host: Host, { id }: StepId): Promise<StepRecord> {
    const call = { port: 'transport', method: 'recordOf', actor: host.id, host: host.id, about: id } as const;
    return this.caller.calls.make(call, () => {
      if (!this.world.host(host.id).reachable) throw connectionLost(host, 'read ECONNRESET');
      const record = this.records.get(id);
      if (record === undefined && this.commands.some(({ options }) => options.step?.id === id)) {
        throw connectionLost(host, 'read ECONNRESET');
      }
      return record ?? { state: 'absent' };
    });
  }

  #endStep(host: Host, { id }: StepId): Promise<void> {
    const call = { port: 'transport', method: 'endStep', actor: host.id, host: host.id, about: id } as const;
    return this.caller.calls.make(call, () => {
      if (!this.world.host(host.id).reachable) throw connectionLost(host, 'read ECONNRESET');
      if (this.records.get(id)?.state === 'running') {
        this.records.set(id, { state: 'interrupted', reason: 'it was stopped' });
      }
    });
  }
}

const lost = { kind: 'unknown', reason: 'connection lost' } as const;

/** What a host answers who asks for a step that was begun before. */
const found = (record: StepRecord): CommandResult =>
  result({
    record: 'found',
    ...(record.state === 'ended' ? record : {}),
    outcome:
      record.state === 'ended'
        ? record.outcome
        : record.state === 'interrupted'
          ? { kind: 'interrupted', reason: record.reason }
          : { kind: 'unknown', reason: 'it was begun before, and still runs' },
  });

const textOf = (command: RemoteCommand): string =>
  'argv' in command ? command.argv.join(' ') : command.script;

const result = (told: Partial<CommandResult>): CommandResult => ({
  outcome: { kind: 'exited', code: 0 },
  stdout: '',
  stderr: '',
  duration: 0,
  truncated: false,
  ...told,
});
