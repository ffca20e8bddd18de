import { scalingNotChanged, type NamedScalingGroup } from '../../errors/scaling.js';
import { cloudNotConfigured } from '../../errors/usecases.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Region } from '../../model/ids.js';
import type { ScalingGroup, ScalingGroups } from '../../ports/traffic.js';
import type { CloudRun } from './cloud-holds.js';

/** AWS shows a change at once, as a rule. */
const readBackFor: Milliseconds = 30_000;
const readBackPause: Milliseconds = 1_000;

/**
 * A run's way to one Auto Scaling group. Every change passes the gate: recorded first, and none begins past the lease's deadline; it outlasts
 * throttling and lost replies, is read back, and ends when none of its requests can come late any more. Throws `interlock.lease_over`, `journal.write`, `scaling.not_changed`, `aws.*`.
 */
export class GuardedScaling {
  readonly #run: CloudRun;
  readonly #group: NamedScalingGroup & { readonly region: Region };
  readonly #signal: AbortSignal;

  constructor(
    run: CloudRun,
    group: NamedScalingGroup & { readonly region: Region },
    signal = new AbortController().signal,
  ) {
    this.#run = run;
    this.#group = group;
    this.#signal = signal;
  }

  /** As it is now; undefined when it is gone. */
  async look(): Promise<ScalingGroup | undefined> {
    const { name, region } = this.#group;
    const found = await this.#run.blips.cloud.outlast(() => this.#scaling.describe(region, [name]));
    return found.find((one) => one.name === name);
  }

  suspend(processes: readonly string[]): Promise<void> {
    const { name, region } = this.#group;
    return this.#change(
      `suspend ${processes.join(', ')}`,
      () => this.#scaling.suspend(region, name, processes),
      ({ suspendedProcesses }) => processes.every((one) => suspendedProcesses.includes(one)),
      false,
    );
  }

  resume(processes: readonly string[]): Promise<void> {
    const { name, region } = this.#group;
    return this.#change(
      `resume ${processes.join(', ')}`,
      () => this.#scaling.resume(region, name, processes),
      ({ suspendedProcesses }) => !processes.some((one) => suspendedProcesses.includes(one)),
      true,
    );
  }

  /** Undefined takes the tag off. */
  tag(key: string, value: string | undefined): Promise<void> {
    const { name, region } = this.#group;
    return this.#change(
      value === undefined ? `take off the tag ${key}` : `wear the tag ${key}`,
      () => this.#scaling.tag(region, name, key, value),
      ({ tags }) => tags[key] === value,
      value === undefined,
    );
  }

  async #change(
    what: string,
    act: () => Promise<void>,
    isDone: (group: ScalingGroup) => boolean,
    restoring: boolean,
  ): Promise<void> {
    const { gate, ports, blips } = this.#run;
    const { clock } = ports;
    const named = `${what}: Auto Scaling group ${this.#group.name}`;
    await gate.requests.over(this.#place);
    await gate.perform({ where: 'cloud', what: named, restoring }, this.#signal, () =>
      blips.cloud.outlast(async () => {
        gate.requireLeases(named, restoring);
        await gate.requests.send(this.#place, { what: named }, act);
      }),
    );
    const deadline = clock.elapsed() + readBackFor;
    for (;;) {
      const now = await this.look();
      if (now === undefined || isDone(now)) break;
      if (clock.elapsed() >= deadline) throw scalingNotChanged(this.#group, what);
      await clock.sleep(readBackPause);
    }
    // One whose reply was lost, and that was made again, could still come after the opposite change of this run, or of the next.
    await gate.requests.over(this.#place);
  }

  get #place(): string {
    return `${this.#group.region} ${this.#group.name}`;
  }

  get #scaling(): ScalingGroups {
    const { scaling } = this.#run.ports;
    if (scaling === undefined) throw cloudNotConfigured(this.#run.environment);
    return scaling;
  }
}
