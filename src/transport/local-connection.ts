import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { connect as connectSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { forwardingUnanswered } from '../errors/ssh.js';
import { defined } from '../model/defined.js';
import type { Host } from '../model/host.js';
import { within, type Clock } from '../ports/clock.js';
import type {
  AsUser,
  CommandResult,
  Connection,
  ForwardTarget,
  RemoteCommand,
  RunOptions,
  StepId,
  StepRecord,
  StreamOptions,
  Transport,
} from '../ports/transport.js';
import type { BecomePassword } from './become-password.js';
import { commandLine, streamLine } from './command-line.js';
import { processStream } from './process-stream.js';
import { runToEnd } from './run-to-end.js';
import { notRun, type Exit, type RunningProcess } from './running-process.js';
import { endStep, recordOf, runStep } from './step-runner/steps.js';
import { sudoOn } from './sudo.js';

/** A shell command on this machine, leader of its own process group. */
export class LocalProcess implements RunningProcess {
  readonly stdin;
  readonly stdout;
  readonly stderr;
  readonly exited: Promise<Exit>;
  readonly closed: Promise<void>;
  readonly #child: ChildProcessWithoutNullStreams;

  constructor(line: string) {
    const child = spawn('/bin/sh', ['-c', line], { detached: true });
    this.#child = child;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    this.stderr = child.stderr;
    this.exited = new Promise((resolve) => {
      // Without /bin/sh there is no shell: what a shell says of a command that is not there.
      child.once('error', () => resolve({ kind: 'exited', code: 127 }));
      child.once('exit', (code, signal) => {
        resolve(
          code === null ? { kind: 'signalled', signal: signal ?? 'unknown' } : { kind: 'exited', code },
        );
      });
    });
    this.closed = new Promise((resolve) => child.once('close', () => resolve()));
    // It may end without reading all of its input, which is its own affair.
    child.stdin.on('error', () => undefined);
  }

  /** Signals it and its children. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, name);
    } catch {
      // The whole group is gone already.
    }
  }

  close(): void {
    this.stdin.destroy();
    this.stdout.destroy();
    this.stderr.destroy();
  }
}

/** This machine, spoken to as if it were a host: the same commands, ended the same way. */
export class LocalConnection implements Connection {
  readonly alive = true;

  constructor(
    readonly host: Host,
    private readonly clock: Clock,
    private readonly becomePassword?: BecomePassword,
  ) {}

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
    if (options.signal?.aborted === true) return notRun({ kind: 'cancelled' });
    const sudo =
      options.become === true
        ? sudoOn(this.host, this.becomePassword, this.clock, options.becomeUser)
        : undefined;
    const { line, stdin } = commandLine(command, options, sudo?.prefix);
    const process = new LocalProcess(line);
    const { result } = await runToEnd(sudo?.over(process) ?? process, this.clock, {
      ...options,
      ...defined({ input: stdin }),
      terminate: () => this.#end(process),
      whyLost: () => undefined,
    });
    return sudo?.explain(result) ?? result;
  }

  stream(argv: readonly string[], { become = false }: StreamOptions = {}): Promise<Duplex> {
    const sudo = become ? sudoOn(this.host, this.becomePassword, this.clock) : undefined;
    const { line, script } = streamLine(argv, sudo?.prefix);
    const started = new LocalProcess(line);
    const process = sudo?.over(started) ?? started;
    if (script !== undefined) process.stdin.write(script);
    return Promise.resolve(processStream(this.host, argv, process, () => undefined));
  }

  forward(to: ForwardTarget): Promise<Duplex> {
    const target = 'port' in to ? `${to.address}:${to.port}` : to.socketPath;
    return new Promise((resolve, reject) => {
      const socket =
        'port' in to
          ? connectSocket({ host: to.address, port: to.port, noDelay: true })
          : connectSocket({ path: to.socketPath });
      socket.once('connect', () => {
        socket.removeAllListeners('error');
        resolve(socket);
      });
      socket.once('error', (error) => reject(forwardingUnanswered(this.host, target, error.message)));
    });
  }

  async #end(process: LocalProcess): Promise<void> {
    process.signal('SIGTERM');
    await within(this.clock, 2_000, process.exited, () => 'late').catch(() => undefined);
    process.signal('SIGKILL');
    await within(this.clock, 1_000, process.exited, () => 'late').catch(() => undefined);
  }
}

/** Takes this machine for every host. */
export class LocalTransport implements Transport {
  constructor(
    private readonly clock: Clock,
    private readonly becomePassword?: BecomePassword,
  ) {}

  connect(host: Host): Promise<Connection> {
    return Promise.resolve(new LocalConnection(host, this.clock, this.becomePassword));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
