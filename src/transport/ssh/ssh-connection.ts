import type { Duplex } from 'node:stream';
import type { AdfError } from '../../errors/adf-error.js';
import { describeOutcome } from '../../errors/modules.js';
import {
  connectionLost,
  forwardingRefused,
  forwardingUnanswered,
  runsNoCommands,
  unreachable,
} from '../../errors/ssh.js';
import { defined } from '../../model/defined.js';
import type { Host } from '../../model/host.js';
import type { Milliseconds } from '../../model/duration.js';
import { within, type Clock } from '../../ports/clock.js';
import type {
  AsUser,
  CommandResult,
  Connection,
  ForwardTarget,
  Outcome,
  RemoteCommand,
  RunOptions,
  StepId,
  StepRecord,
  StreamOptions,
} from '../../ports/transport.js';
import { programBegins } from '../after-noise.js';
import type { BecomePassword } from '../become-password.js';
import { commandLine, endingScript, streamLine } from '../command-line.js';
import { PipeSocket } from '../pipe-socket.js';
import { processStream } from '../process-stream.js';
import { refusalIn } from '../refusal.js';
import { runToEnd } from '../run-to-end.js';
import { notRun } from '../running-process.js';
import { endStep, recordOf, runStep } from '../step-runner/steps.js';
import { sudoOn, type Sudo } from '../sudo.js';
import { Channels, type Opening, type RemoteProcess } from './channels.js';
import type { SshLimits } from './limits.js';
import type { SshChannel, SshClient } from './ssh-client.js';

/** For an echo. */
const echoTime: Milliseconds = 15_000;

/** One authenticated connection. */
export class SshConnection implements Connection {
  /** Resolves when the connection is lost or was closed. */
  readonly lost: Promise<void>;
  readonly #channels: Channels;
  #whyLost: string | undefined;
  /** An echo came back. */
  #runsCommands = false;

  constructor(
    readonly host: Host,
    private readonly client: SshClient,
    private readonly clock: Clock,
    limits: SshLimits,
    private readonly becomePassword?: BecomePassword,
    /** Opens a further connection to the same host, for when this one has no room to end a command. */
    private readonly further?: () => Promise<SshConnection>,
  ) {
    this.lost = new Promise((resolve) => {
      const lose = (reason: string): void => {
        this.#whyLost ??= reason;
        resolve();
      };
      client.on('error', (error: Error) => lose(error.message));
      client.once('end', () => lose('the host closed it'));
      client.once('close', () => lose('the host closed it'));
    });
    // Whatever the other side does, nothing of it is left here.
    void this.lost.then(() => client.destroy());
    this.#channels = new Channels(client, clock, limits, () => this.alive);
  }

  get alive(): boolean {
    return this.#whyLost === undefined;
  }

  /** Throws `ssh.connection_lost` or `ssh.unreachable` only where the command has certainly not begun. */
  async run(command: RemoteCommand, options: RunOptions = {}): Promise<CommandResult> {
    if (options.step === undefined) return this.#run(command, options);
    return runStep(this, options.step, command, options, (one, how) => this.#run(one, how));
  }

  recordOf(step: StepId): Promise<StepRecord> {
    return recordOf(this, step);
  }

  endStep(step: StepId, options?: AsUser): Promise<void> {
    return endStep(this, step, options);
  }

  async #run(command: RemoteCommand, options: RunOptions): Promise<CommandResult> {
    const sudo = options.become === true ? this.#sudo(options.becomeUser) : undefined;
    const { line, stdin } = commandLine(command, options, sudo?.prefix);
    const session = await this.#channels.session(line, options.signal);
    if (session.kind !== 'open') return notRun(this.#noSession(session));
    const process = sudo?.over(session.value) ?? session.value;
    const { result, hasBegun } = await runToEnd(process, this.clock, {
      ...options,
      ...defined({ input: stdin }),
      terminate: (pid) => this.#end(session.value, pid, options),
      whyLost: () => this.#whyLost,
      refusalIn: (words) => refusalIn(this.host, words),
    });
    if (!hasBegun && result.outcome.kind === 'exited') await this.#requireShell(result);
    return sudo?.explain(result) ?? result;
  }

  /**
   * What a host prints instead of running a command is not the command's output, and its exit code not the command's. Where start-up files of the
   * login shell swallow what a command says when it begins, an echo tells. Throws `ssh.runs_no_commands`.
   */
  async #requireShell({ stdout, stderr, outcome }: CommandResult): Promise<void> {
    if (this.#runsCommands) return;
    const session = await this.#channels.session(`exec /bin/sh -c 'echo ${programBegins}'`);
    if (session.kind !== 'open') return;
    const { result: echo } = await runToEnd(session.value, this.clock, {
      timeout: echoTime,
      terminate: (pid) => this.#end(session.value, pid, {}),
      whyLost: () => this.#whyLost,
    });
    this.#runsCommands = echo.stdout.includes(programBegins);
    const words = `${stdout}\n${stderr}`.trim();
    if (!this.#runsCommands && echo.outcome.kind === 'exited')
      throw runsNoCommands(this.host, words === '' ? `(nothing; ${describeOutcome(outcome)})` : words);
  }

  /** The stream fails with `command.ended` when the program ends other than with exit code 0. */
  async stream(argv: readonly string[], { become = false }: StreamOptions = {}): Promise<Duplex> {
    const sudo = become ? this.#sudo() : undefined;
    const { line, script } = streamLine(argv, sudo?.prefix);
    const session = await this.#channels.session(line);
    if (session.kind === 'open') {
      const process = sudo?.over(session.value) ?? session.value;
      if (script !== undefined) process.stdin.write(script);
      return processStream(this.host, argv, process, () => this.#loss());
    }
    const outcome = this.#noSession(session);
    throw connectionLost(this.host, outcome.kind === 'unknown' ? outcome.reason : outcome.kind);
  }

  async forward(to: ForwardTarget): Promise<Duplex> {
    const target = 'port' in to ? `${to.address}:${to.port}` : to.socketPath;
    const opening = await this.#channels.forward(to);
    if (opening.kind === 'open') return this.#duplex(opening.value);
    if (opening.kind === 'refused') {
      throw opening.code === administrativelyProhibited
        ? forwardingRefused(this.host, target, opening.reason)
        : forwardingUnanswered(this.host, target, opening.reason);
    }
    // Its channels fail a moment before the connection says that it is lost.
    await this.#atMost(500, this.lost);
    throw this.#loss() ?? forwardingUnanswered(this.host, target, 'no answer in time');
  }

  /** Says goodbye; `lost` resolves when the host did so too. */
  close(): void {
    this.#whyLost ??= 'it was closed';
    this.client.end();
  }

  destroy(): void {
    this.client.destroy();
  }

  #sudo(user?: string): Sudo {
    return sudoOn(this.host, this.becomePassword, this.clock, user);
  }

  #loss(): AdfError | undefined {
    return this.#whyLost === undefined ? undefined : connectionLost(this.host, this.#whyLost);
  }

  #noSession(opening: Exclude<Opening<RemoteProcess>, { kind: 'open' }>): Outcome {
    switch (opening.kind) {
      case 'cancelled':
        return { kind: 'cancelled' };
      case 'unanswered':
        return {
          kind: 'unknown',
          reason: `the host did not say whether it began: ${this.#whyLost ?? 'no answer in time'}`,
        };
      case 'lost':
        throw connectionLost(this.host, this.#whyLost ?? 'it is gone');
      case 'refused':
        throw unreachable(this.host, 'channel', opening.reason);
    }
  }

  #duplex(channel: SshChannel): PipeSocket {
    return new PipeSocket({
      input: channel,
      output: channel,
      onClose: (listener) => channel.once('close', () => listener(this.#loss())),
      close: () => {
        channel.destroy();
        // Unread data would keep the channel from closing.
        channel.resume();
      },
    });
  }

  /** Ends a process on the host. Closing its channel would not: it would go on, unseen. */
  async #end(process: RemoteProcess, pid: number | undefined, as: AsUser): Promise<void> {
    const gone = Promise.race([process.exited, process.closed, this.lost]);
    if (pid === undefined) {
      process.signal('TERM');
      await this.#atMost(2_000, gone);
      process.signal('KILL');
    } else if (!(await this.#endGroup(pid, as))) {
      // A server that allows a single session (MaxSessions 1) has none left here.
      const further = await this.further?.().catch(() => undefined);
      if (further !== undefined) {
        await further.#endGroup(pid, as);
        further.close();
        await this.#atMost(1_000, further.lost);
        further.destroy();
      }
    }
    await this.#atMost(1_000, gone);
  }

  /** Ends an announced process with its children. False when the server allows no session for it. */
  async #endGroup(pid: number, { become = false, becomeUser }: AsUser): Promise<boolean> {
    const sudo = become ? this.#sudo(becomeUser) : undefined;
    const { line, stdin } = commandLine({ script: endingScript(pid, become) }, { become }, sudo?.prefix);
    const session = await this.#channels.extraSession(line);
    if (session.kind !== 'open') return session.kind !== 'refused';
    const ending = sudo?.over(session.value) ?? session.value;
    ending.stdout.resume();
    ending.stderr.resume();
    ending.stdin.end(stdin);
    await this.#atMost(5_000, Promise.race([ending.closed, this.lost]));
    ending.close();
    return true;
  }

  async #atMost(duration: number, promise: Promise<unknown>): Promise<void> {
    await within(this.clock, duration, promise, () => 'late').catch(() => undefined);
  }
}

/** RFC 4254, 5.1: SSH_OPEN_ADMINISTRATIVELY_PROHIBITED. */
const administrativelyProhibited = 1;
