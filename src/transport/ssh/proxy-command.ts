import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { Writable, type Duplex } from 'node:stream';
import type { AdfError } from '../../errors/adf-error.js';
import { proxyCommandFailed } from '../../errors/ssh-config.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Host } from '../../model/host.js';
import { within, type Clock } from '../../ports/clock.js';
import { PipeSocket } from '../pipe-socket.js';
import { describeExit, type Exit } from '../running-process.js';

/** How long it may take to end by itself once its connection is closed. */
const patience: Milliseconds = 1_000;

/**
 * A ProxyCommand, whose stdin and stdout are a connection. As with ssh, the user's shell is replaced by it; it leads a session of its own,
 * so that a terminal's Ctrl-C reaches only us, who then restore hosts over it. It ends with its connection, all that it started too.
 */
export class ProxyCommand {
  readonly stream: Duplex;
  /** Why it ended, when that was by itself and other than with exit code 0. Resolves when that is known. */
  readonly failure: Promise<AdfError | undefined>;
  /** Resolves when no process of it is left. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcessWithoutNullStreams;
  #stderr = '';
  #wanted = true;

  /** `command` has its tokens filled in already. */
  constructor(
    private readonly host: Host,
    private readonly command: string,
    private readonly clock: Clock,
  ) {
    const { env } = process;
    const shell = env['SHELL'];
    const program = shell === undefined || shell === '' ? '/bin/sh' : shell;
    const child = spawn(program, ['-c', `exec ${command}`], { detached: true, env: leftToUs(env) });
    this.#child = child;
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-2_048);
    });
    const exit = new Promise<Exit | Error>((resolve) => {
      child.once('error', resolve);
      child.once('exit', (code, signal) => {
        resolve(
          code === null ? { kind: 'signalled', signal: signal ?? 'unknown' } : { kind: 'exited', code },
        );
      });
    });
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    // Its last words may still be under way; a child of it may keep them from ending.
    this.failure = exit.then(async (how) => {
      await this.#atMost(closed);
      return this.#explain(how);
    });
    let letGo = (): void => undefined;
    const released = new Promise<void>((resolve) => (letGo = resolve));
    this.stream = new PipeSocket({
      input: child.stdout,
      output: heedless(child.stdin),
      endsWhenClosed: true,
      onClose: (listener) => void this.failure.then(listener),
      close: () => {
        this.#wanted = false;
        letGo();
      },
    });
    this.ended = Promise.race([this.failure, released]).then(() => this.#end(exit));
  }

  #explain(how: Exit | Error): AdfError | undefined {
    if (how instanceof Error)
      return proxyCommandFailed(this.host, this.command, `could not be started: ${how.message}`, '');
    if (!this.#wanted || (how.kind === 'exited' && how.code === 0)) return undefined;
    return proxyCommandFailed(this.host, this.command, `ended ${describeExit(how)}`, this.#stderr.trim());
  }

  async #end(exit: Promise<unknown>): Promise<void> {
    this.#signal('SIGTERM');
    await this.#atMost(exit);
    // What it started may have outlived it.
    this.#signal('SIGKILL');
    await exit;
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream.destroy();
  }

  async #atMost(promise: Promise<unknown>): Promise<void> {
    await within(this.clock, patience, promise, () => 'late').catch(() => undefined);
  }

  #signal(name: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, name);
    } catch {
      // The whole group is gone already.
    }
  }
}

/**
 * Jenkins ends a build's processes, which it knows by these variables, children first; the connections would be lost before hosts are
 * restored over them. These values are its documented way to say that something else ends the process ("ProcessTreeKiller").
 */
function leftToUs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const marks = ['BUILD_ID', 'JENKINS_NODE_COOKIE'].filter((name) => environment[name] !== undefined);
  return { ...environment, ...Object.fromEntries(marks.map((name) => [name, 'dontKillMe'])) };
}

/** Writing to what has ended is no error of its own: how it ended tells more. */
function heedless(stdin: Writable): Writable {
  stdin.on('error', () => undefined);
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => stdin.write(chunk, () => done()),
    final: (done) => {
      stdin.end();
      done();
    },
  });
}

/** Those of one transport. */
export class ProxyCommands {
  readonly #running = new Set<ProxyCommand>();

  constructor(private readonly clock: Clock) {}

  start(host: Host, command: string): ProxyCommand {
    const started = new ProxyCommand(host, command, this.clock);
    this.#running.add(started);
    void started.ended.then(() => this.#running.delete(started));
    return started;
  }

  /** Ends them all, and waits for that. */
  async close(): Promise<void> {
    const all = [...this.#running];
    for (const { stream } of all) stream.destroy();
    await Promise.all(all.map(({ ended }) => ended));
  }
}
