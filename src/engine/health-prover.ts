import { crashLoop, describeOutcome, notProven } from '../errors/modules.js';
import { notProvenHealthy } from '../errors/engine.js';
import { connectionLost, isUnreachable } from '../errors/ssh.js';
import { errorsOf } from '../errors/adf-error.js';
import { label, mayBeStartedByEngine, type ObservedContainer } from '../model/container.js';
import { defined } from '../model/defined.js';
import { formatDuration, type Milliseconds } from '../model/duration.js';
import type { HealthProbe } from '../model/health.js';
import { containerHolds } from '../model/holds/container.js';
import type { ContainerName } from '../model/ids.js';
import type { HealthProof } from '../modules/module.js';
import type { HostContainers } from '../ports/container-runtime.js';
import { succeeded } from '../ports/transport.js';
import { answerAtMost } from './blips.js';
import type { HostKnowledge, HostTarget } from './host-target.js';
import type { Run } from './run.js';

/** A container that was started again this often since the proof began will not stay up. */
const crashLoopRestarts = 3;
const logLines = 15;
/** Without a health check, a container that is the same after so many looks counts as up. */
const steadyLooks = 3;
const steadyPause = 1_000;
/** For Docker's own health check to decide: by Docker's defaults it does within 2 minutes. */
const dockerPatience = 300_000;

/** Why a host is not as it was when it was proven. */
export interface Unhealthy {
  readonly why: string;
  /**
   * `engine`: its Engine is being restarted, as it looks, or was; then its containers come back by themselves. `silence`: its app has not answered
   * in time; perhaps the whole host hangs. `balancer`: the host is well, and its load balancer says that it is not.
   */
  readonly cause: 'itself' | 'engine' | 'silence' | 'balancer';
}

interface Answer {
  readonly passed: boolean;
  /** `200 in 3 ms`, `connection refused`. */
  readonly words: string;
  /** Nothing came in time. */
  readonly isSilence?: boolean;
}

/** For which containers a host was proven healthy. */
export class Proof {
  /** Their fingerprint; undefined when what runs now is not proven. */
  provenFor: string | undefined;
  /** The containers as they were then. */
  containers: readonly ObservedContainer[] = [];
}

/** What a proof of health must know of its host. */
export interface HealthContext extends Pick<HostTarget, 'host' | 'group' | 'activity' | 'place' | 'outlast'> {
  readonly run: Pick<Run, 'ports' | 'holds' | 'blips'>;
  readonly known: Pick<HostKnowledge, 'proof' | 'containersTouched'>;
  readonly containers: Pick<HostContainers, 'inspect' | 'logs'>;
}

/** Proves one host healthy from its own side, and remembers for which containers it did. */
export class HealthProver {
  constructor(private readonly context: HealthContext) {}

  get #proof(): Proof {
    return this.context.known.proof;
  }

  /**
   * N passes in a row, counted from the start again when a container restarts. Throws `health.not_proven` when the time is
   * over, `health.crash_loop` as soon as a container is seen not to stay up, and the transport's errors.
   */
  async prove(probe: HealthProbe): Promise<HealthProof> {
    const { clock } = this.context.run.ports;
    const begun = clock.elapsed();
    // A host loses none of its time to become healthy while it is out of reach, or while this machine is suspended.
    let spent: Milliseconds = 0;
    const within = async <T>(atMost: Milliseconds, act: () => Promise<T>): Promise<T> => {
      const before = clock.elapsed();
      const result = await act();
      spent += Math.min(clock.elapsed() - before, atMost);
      return result;
    };
    const first = await this.#watched();
    let passes = 0;
    let print = fingerprint(first);
    for (let answer: Answer | undefined; ;) {
      const watched = await within(answerAtMost, () => this.#watched());
      await this.#refuseCrashLoop(first, watched);
      const now = fingerprint(watched);
      if (now !== print) passes = 0;
      print = now;
      const down = this.#whyDown(watched);
      answer =
        down === undefined
          ? await within(probe.attemptTimeout, () => this.#ask(probe))
          : { passed: false, words: down.why };
      passes = answer.passed ? passes + 1 : 0;
      this.context.activity.report(`health: ${answer.words}`, passes, probe.passes);
      if (passes >= probe.passes) {
        this.#proof.provenFor = print;
        this.#proof.containers = watched;
        return { passes, duration: clock.elapsed() - begun, lastAnswer: answer.words };
      }
      if (spent + probe.interval > probe.timeout) {
        const what = `not ${probe.passes} passes in a row within ${formatDuration(probe.timeout)}`;
        throw notProven(this.context.host, what, answer.words, await this.#logs(watched));
      }
      await within(probe.interval, () => clock.sleep(probe.interval, this.context.activity.signal));
    }
  }

  /** One look, for the bake: why the host is not as it was when it was proven, or undefined when it is. */
  async whyNotHealthy(probe: HealthProbe | undefined): Promise<Unhealthy | undefined> {
    const watched = await this.#watched();
    const down = this.#whyDown(watched);
    if (down !== undefined) return down;
    if (this.#proof.provenFor !== undefined && fingerprint(watched) !== this.#proof.provenFor) {
      return { why: 'a container was restarted', cause: this.#hasCrashed(watched) ? 'itself' : 'engine' };
    }
    if (probe === undefined) {
      const sick = watched.find(({ health }) => health === 'unhealthy');
      return sick && { why: `Docker's own health check finds "${sick.name}" unhealthy`, cause: 'itself' };
    }
    const { passed, words, isSilence } = await this.#ask(probe);
    if (passed) return undefined;
    return { why: `its health check says: ${words}`, cause: isSilence === true ? 'silence' : 'itself' };
  }

  /** An Engine counts how often it started a container after it ended by itself, and begins anew when it is restarted itself. */
  #hasCrashed(now: readonly ObservedContainer[]): boolean {
    return now.some(({ id, restartCount }) => {
      const before = this.#proof.containers.find((container) => container.id === id);
      return before === undefined || restartCount > before.restartCount;
    });
  }

  /** Proves the host healthy again after its Engine was away; without a health check its containers must stay up. Throws as `prove`. */
  async proveAgain(probe: HealthProbe | undefined): Promise<void> {
    if (probe !== undefined) {
      await this.prove(probe);
      return;
    }
    this.#proof.provenFor = undefined;
    await this.requireHealthy();
  }

  /** True when what runs now is what was proven healthy. */
  get isProven(): boolean {
    return this.#proof.provenFor !== undefined;
  }

  /** The containers that run now and were proven healthy; none when what runs now is not proven. */
  get proven(): readonly ObservedContainer[] {
    return this.isProven ? this.#proof.containers : [];
  }

  /** A container is about to change: what was proven is proven no more. */
  forget(): void {
    this.#proof.provenFor = undefined;
  }

  /**
   * Interlock 9. What was proven must still run; without a proof the group's probe must pass now; and a host whose containers
   * this run never touched is left to the balancer's own check. Throws `interlock.unhealthy`.
   */
  async requireHealthy(): Promise<void> {
    const { host, group, known } = this.context;
    if (!known.containersTouched) return;
    const watched = await this.#watched();
    const down = this.#whyDown(watched);
    const probe = group?.settings.health;
    if (down !== undefined) {
      if (probe !== undefined && this.isProven && down.cause === 'engine') return this.#proveOrRefuse(probe);
      throw notProvenHealthy(host, down.why);
    }
    if (this.#proof.provenFor !== undefined && fingerprint(watched) === this.#proof.provenFor) return;
    if (probe !== undefined && this.isProven && !this.#hasCrashed(watched)) return this.#proveOrRefuse(probe);
    if (probe === undefined) return this.#requireSteady();
    const answer = await this.#ask(probe);
    if (!answer.passed) throw notProvenHealthy(host, `its health check says: ${answer.words}`);
  }

  /** Its Engine was restarted since it was proven. */
  async #proveOrRefuse(probe: HealthProbe): Promise<void> {
    try {
      await this.prove(probe);
    } catch (error) {
      const [{ code, message }] = errorsOf(error);
      throw code.startsWith('health.') ? notProvenHealthy(this.context.host, message) : error;
    }
  }

  /**
   * For a group without a health check (`health: none`): where its containers have one of Docker's own, that must pass. Only what this run
   * started is asked for it: what is restored goes back to what it was. Throws `health.not_proven`.
   */
  async proveByDocker(): Promise<void> {
    const { host, run, activity, known } = this.context;
    if (!known.containersTouched || activity.restoring) return;
    const { clock } = run.ports;
    const begun = clock.elapsed();
    for (;;) {
      const watched = await this.#watched();
      const undecided = watched.find(({ health }) => health === 'starting');
      const sick = watched.find(({ health }) => health === 'unhealthy');
      if (sick === undefined && undecided === undefined) return;
      if (sick !== undefined || clock.elapsed() - begun >= dockerPatience) {
        const [name, says] = sick === undefined ? [undecided?.name, 'starting'] : [sick.name, 'unhealthy'];
        const what = `Docker's own health check of "${name}" does not pass, and the group has no other`;
        throw notProven(host, what, says, await this.#logs(watched));
      }
      activity.report("health: waiting for Docker's own health check");
      await clock.sleep(steadyPause, activity.signal);
    }
  }

  /** A group without a health check (`health: none`): its containers must stay up for a while, the rest is the balancer's. */
  async #requireSteady(): Promise<void> {
    const { host, run, activity } = this.context;
    await this.proveByDocker();
    const first = await this.#requireUp();
    for (let look = 0; look < steadyLooks; look += 1) {
      await run.ports.clock.sleep(steadyPause, activity.signal);
      const watched = await this.#watched();
      if (fingerprint(watched) !== fingerprint(first)) {
        throw notProvenHealthy(host, 'its containers do not stay up, and it has no health check');
      }
    }
    this.#proof.provenFor = fingerprint(first);
    this.#proof.containers = first;
  }

  #ask(probe: HealthProbe): Promise<Answer> {
    return this.context.outlast(() => this.#askOnce(probe));
  }

  async #askOnce(probe: HealthProbe): Promise<Answer> {
    const { clock } = this.context.run.ports;
    const begun = clock.elapsed();
    const took = (): string => formatDuration(clock.elapsed() - begun);
    if (probe.kind === 'command') {
      const { transport } = this.context.run.ports;
      const connection = await transport.connect(this.context.host, this.context.activity.signal);
      const result = await connection.run({ argv: probe.argv }, { timeout: probe.attemptTimeout });
      const { outcome } = result;
      if (outcome.kind === 'unknown') throw connectionLost(this.context.host, outcome.reason);
      return { passed: succeeded(result), words: `${describeOutcome(result.outcome)} in ${took()}` };
    }
    try {
      const { status } = await this.context.run.ports.http.request(this.context.host, {
        method: 'GET',
        scheme: probe.scheme,
        address: '127.0.0.1',
        port: probe.port,
        path: probe.path,
        headers: probe.headers,
        timeout: probe.attemptTimeout,
        ...defined({ hostHeader: probe.hostHeader }),
      });
      return { passed: probe.status.includes(status), words: `${status} in ${took()}` };
    } catch (error) {
      if (isUnreachable(error)) throw error;
      const isSilence = clock.elapsed() - begun >= probe.attemptTimeout;
      return { passed: false, words: errorsOf(error)[0].message, isSilence };
    }
  }

  /** The containers that must run: of the group, under their own names. None of them is a kept predecessor. */
  async #watched(): Promise<readonly ObservedContainer[]> {
    const names = this.#required();
    const containers = await Promise.all(names.map((name) => this.context.containers.inspect(name)));
    return containers.flatMap((one) => (one !== undefined && names.includes(one.name) ? [one] : []));
  }

  /** All that the group has; of a host that is restored those that ran when they were taken, since the others stay as they were. */
  #required(): readonly ContainerName[] {
    const { group, activity, run, host } = this.context;
    if (!activity.restoring) return group?.settings.containers.map(({ name }) => name) ?? [];
    return containerHolds(run.holds.originOf(host.id))
      .filter(({ previous }) => previous?.running === true)
      .map(({ name }) => name);
  }

  #whyDown(watched: readonly ObservedContainer[]): Unhealthy | undefined {
    const missing = this.#required().find((name) => !watched.some((one) => one.name === name));
    if (missing !== undefined) return { why: `there is no container "${missing}"`, cause: 'itself' };
    const stopped = watched.find(({ running }) => !running);
    return (
      stopped && {
        why: `the container "${stopped.name}" is not running`,
        cause: mayBeStartedByEngine(stopped) ? 'engine' : 'itself',
      }
    );
  }

  /** Throws `interlock.unhealthy` when one of the containers that must run does not. */
  async #requireUp(): Promise<readonly ObservedContainer[]> {
    const watched = await this.#watched();
    const down = this.#whyDown(watched);
    if (down !== undefined) throw notProvenHealthy(this.context.host, down.why);
    return watched;
  }

  async #refuseCrashLoop(
    first: readonly ObservedContainer[],
    now: readonly ObservedContainer[],
  ): Promise<void> {
    for (const container of now) {
      const before = first.find(({ id }) => id === container.id)?.restartCount ?? 0;
      const restarts = container.restartCount - before;
      const ended = !container.running && container.restartPolicy.name === 'no';
      if (restarts < crashLoopRestarts && !ended) continue;
      const exit = container.exitCode === undefined ? '' : `, last with exit code ${container.exitCode}`;
      const how = ended ? `it ended${exit}` : `it was restarted ${container.restartCount} times${exit}`;
      throw crashLoop(
        this.context.host,
        container.labels[label.container] ?? container.name,
        how,
        await this.#logs([container]),
      );
    }
  }

  async #logs(containers: readonly ObservedContainer[]): Promise<string> {
    const logs = await Promise.all(
      containers.map(({ id }) =>
        this.context.containers.logs(id, logLines).catch((error: unknown) => `(no log: ${String(error)})`),
      ),
    );
    return logs.join('\n').trimEnd();
  }
}

/** Changes with every restart of every container. */
const fingerprint = (containers: readonly ObservedContainer[]): string =>
  containers
    .map(({ id, restartCount, startedAt, running }) => `${id}/${restartCount}/${startedAt}/${running}`)
    .join(' ');
