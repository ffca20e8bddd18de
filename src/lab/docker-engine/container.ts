import { randomBytes } from 'node:crypto';
import type { Milliseconds } from '../../model/duration.js';
import type { Address } from '../listen.js';
import { AppProcess } from './app-process.js';
import {
  bindingsOf,
  environmentOf,
  restartPolicyOf,
  type Binding,
  type ContainerConfig,
  type RestartPolicy,
} from './config.js';
import { EngineFault } from './fault.js';
import type { Image } from './image-store.js';
import { LogBuffer } from './log-buffer.js';

export interface ContainerState {
  status: 'created' | 'running' | 'restarting' | 'exited';
  exitCode: number;
  error: string;
  startedAt?: Date;
  finishedAt?: Date;
}

/** The ports of the machine that the Engine runs on. */
export interface PublishedPorts {
  /** Where a container's process must listen for each of its bindings. Throws `EngineFault` when one is taken. */
  take(container: Container): Promise<readonly Address[]>;
  release(container: Container): void;
}

/** Between a crash and the next start: doubled each time, from this. Source: Docker's restart manager. */
const firstBackoff: Milliseconds = 100;
const longestBackoff: Milliseconds = 60_000;
/** One that ran so long starts again without a penalty. Source: Docker's restart manager. */
const stableAfter: Milliseconds = 10_000;

/** One container: what it is to run, and the process that runs, has run, or will run again after a crash. */
export class Container {
  readonly id = randomBytes(32).toString('hex');
  readonly created = new Date();
  readonly log: LogBuffer;
  readonly state: ContainerState = { status: 'created', exitCode: 0, error: '' };
  readonly bindings: readonly Binding[];
  readonly networks: Set<string>;
  readonly image: Image;
  readonly config: ContainerConfig;
  name: string;
  restartPolicy: RestartPolicy;
  restartCount = 0;
  readonly #ports: PublishedPorts;
  readonly #waiting: ((exitCode: number) => void)[] = [];
  readonly #onEnd: (container: Container) => void;
  #process: AppProcess | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #backoff = firstBackoff;
  #stoppedByHand = false;

  constructor(
    name: string,
    image: Image,
    config: ContainerConfig,
    ports: PublishedPorts,
    onEnd: (container: Container) => void,
  ) {
    this.name = name;
    this.image = image;
    this.config = config;
    this.log = new LogBuffer(config.Tty === true);
    this.bindings = bindingsOf(config);
    this.restartPolicy = restartPolicyOf(config.HostConfig?.RestartPolicy);
    const mode = config.HostConfig?.NetworkMode ?? 'bridge';
    const endpoints = Object.keys(config.NetworkingConfig?.EndpointsConfig ?? {});
    this.networks = new Set(endpoints.length > 0 ? endpoints : [mode === 'default' ? 'bridge' : mode]);
    this.#ports = ports;
    this.#onEnd = onEnd;
  }

  /** Docker counts one that waits for its restart as running. */
  get running(): boolean {
    return this.state.status === 'running' || this.state.status === 'restarting';
  }

  /** 0 when no process runs. */
  get pid(): number {
    return this.state.status === 'running' ? (this.#process?.pid ?? 0) : 0;
  }

  get stoppedByHand(): boolean {
    return this.#stoppedByHand;
  }

  /** True when it was started, false when it ran already. Throws `EngineFault` when a port is taken. */
  async start(): Promise<boolean> {
    if (this.running) return false;
    this.#stoppedByHand = false;
    this.restartCount = 0;
    this.#backoff = firstBackoff;
    await this.#launch();
    return true;
  }

  /** SIGTERM, and SIGKILL after `timeout`. True when it was stopped, false when it did not run. */
  async stop(timeout: Milliseconds | undefined): Promise<boolean> {
    this.#stoppedByHand = true;
    if (!this.running) return false;
    if (this.state.status === 'restarting') {
      this.#endWaiting();
      return true;
    }
    const ended = this.ended();
    this.#process?.signal(signalNamed(this.config.StopSignal ?? 'SIGTERM'));
    const grace = timeout ?? (this.config.StopTimeout ?? 10) * 1_000;
    const deadline = setTimeout(() => this.#process?.signal('SIGKILL'), grace);
    await ended;
    clearTimeout(deadline);
    return true;
  }

  /** As `docker kill`: it is not started again. Throws `EngineFault` when it does not run. */
  async kill(signal: string): Promise<void> {
    if (this.state.status !== 'running') {
      throw new EngineFault(409, `cannot kill container: ${this.name}: container ${this.id} is not running`);
    }
    const name = signalNamed(signal);
    if (name !== 'SIGKILL') {
      this.#process?.signal(name);
      return;
    }
    this.#stoppedByHand = true;
    const ended = this.ended();
    this.#process?.signal(name);
    await ended;
  }

  /** The process ends, as by a bug of its own: the restart policy decides what follows. */
  crash(): void {
    this.#process?.signal('SIGKILL');
  }

  /** Resolves with the exit code when the process that runs now has ended; at once when none runs. */
  ended(): Promise<number> {
    if (!this.running) return Promise.resolve(this.state.exitCode);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async #launch(): Promise<void> {
    try {
      const addresses = await this.#ports.take(this);
      this.#process = await AppProcess.start(
        this.#environment(),
        addresses,
        (stream, text) => this.log.write(stream, text),
        (exitCode) => this.#exited(exitCode),
      );
    } catch (error) {
      this.state.exitCode = 128;
      this.state.error = error instanceof Error ? error.message : String(error);
      if (this.state.status === 'restarting') this.state.status = 'exited';
      this.#ports.release(this);
      throw error;
    }
    this.state.status = 'running';
    this.state.error = '';
    this.state.exitCode = 0;
    this.state.startedAt = new Date();
  }

  #environment(): Readonly<Record<string, string>> {
    const hostname = this.config.Hostname ?? '';
    return {
      HOSTNAME: hostname === '' ? this.id.slice(0, 12) : hostname,
      ...environmentOf([...this.image.env, ...(this.config.Env ?? [])]),
    };
  }

  #exited(exitCode: number): void {
    const ran = Date.now() - (this.state.startedAt?.getTime() ?? 0);
    this.log.flush();
    this.#ports.release(this);
    this.#process = undefined;
    this.state.exitCode = exitCode;
    this.state.finishedAt = new Date();
    this.state.status = this.#mayRestart(exitCode) ? 'restarting' : 'exited';
    for (const resolve of this.#waiting.splice(0)) resolve(exitCode);
    if (this.state.status === 'exited') {
      this.#onEnd(this);
      return;
    }
    this.#backoff = ran > stableAfter ? firstBackoff : this.#backoff;
    this.#restartTimer = setTimeout(() => {
      this.restartCount += 1;
      this.#launch().catch((error: unknown) => {
        this.log.write('stderr', `${String(error)}\n`);
      });
    }, this.#backoff);
    this.#backoff = Math.min(2 * this.#backoff, longestBackoff);
  }

  #mayRestart(exitCode: number): boolean {
    const { name, maximumRetries } = this.restartPolicy;
    if (this.#stoppedByHand || name === 'no') return false;
    if (name !== 'on-failure') return true;
    return exitCode !== 0 && (maximumRetries === 0 || this.restartCount < maximumRetries);
  }

  #endWaiting(): void {
    clearTimeout(this.#restartTimer);
    this.state.status = 'exited';
    for (const resolve of this.#waiting.splice(0)) resolve(this.state.exitCode);
    this.#onEnd(this);
  }
}

const signals: Readonly<Record<string, NodeJS.Signals>> = {
  SIGTERM: 'SIGTERM',
  SIGINT: 'SIGINT',
  SIGQUIT: 'SIGQUIT',
  SIGHUP: 'SIGHUP',
  SIGKILL: 'SIGKILL',
  SIGUSR1: 'SIGUSR1',
  SIGUSR2: 'SIGUSR2',
};

/** `SIGTERM` and `TERM` are the same. Throws `EngineFault`. */
function signalNamed(name: string): NodeJS.Signals {
  const signal = signals[name.startsWith('SIG') ? name : `SIG${name}`];
  if (signal === undefined) throw new EngineFault(400, `Invalid signal: ${name}`);
  return signal;
}
