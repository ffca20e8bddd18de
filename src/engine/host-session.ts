import type { EventHost } from '../events/event.js';
import type { Layer } from '../expression/scope.js';
import type { ContainerTemplate } from '../model/container.js';
import type { EpochMilliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { GroupName } from '../model/ids.js';
import type { PinnedImage, Release } from '../model/release.js';
import type { GroupSettings } from '../model/settings.js';
import type { Position } from '../model/source.js';
import type { HostContainers, RuntimeInfo } from '../ports/container-runtime.js';
import type { StepId } from '../ports/transport.js';
import type { Place } from './blips.js';
import { ContainerSpecs } from './container-specs.js';
import { HealthProver } from './health-prover.js';
import { GuardedContainers } from './interlocks/guarded-containers.js';
import { GuardedTraffic } from './interlocks/guarded-traffic.js';
import type { Run } from './run.js';

/** The group of hosts that a run is about, as one of its hosts sees it. */
export interface HostGroup {
  readonly name: GroupName;
  /** All listed hosts of the group, whatever `--limit`. */
  readonly hosts: readonly Host[];
  readonly settings: GroupSettings;
  readonly release: Release;
}

/** What the project says of one host, and the variables that it is rendered with. */
export interface SettingsOfHost {
  readonly containers: readonly ContainerTemplate[];
  readonly layers: readonly Layer[];
}

/** One host in one run: its guarded ports, its variables, and what the run knows of it. */
export class HostSession {
  readonly containers: HostContainers;
  readonly traffic: GuardedTraffic;
  readonly prover: HealthProver;
  readonly specs: ContainerSpecs;
  /** Images that must be on the host before it may leave service. */
  expectedImages: readonly PinnedImage[] = [];
  /** The Engine as preflight saw it last. */
  engine: RuntimeInfo | undefined;
  /** It was reached in this run, and said so. */
  seen = false;
  /** When the run was started, on the host's own clock; absent until the host was looked at. */
  startedAt: EpochMilliseconds | undefined;
  /** Tasks that run before the containers are replaced, and what each may put on the host. */
  makers: readonly Maker[] = [];
  /** Set by the first change to a container: from then on health has to be proven, not assumed. */
  containersTouched = false;
  /** The host's settings as the project has them today, for another release. Absent where there is no project to read them from. */
  settingsAt: ((release: Release) => SettingsOfHost) | undefined;
  /** In a dry run, the first task that would have changed what the host does: what is seen of it since would be something else. */
  wouldChange: string | undefined;
  #activity: Activity = idle;
  readonly #steps = new Map<string, number>();
  #facts: Layer = { name: 'set_fact and register', values: {}, literal: true };

  constructor(
    readonly host: Host,
    readonly group: HostGroup | undefined,
    /** Everything below the play's own variables. */
    readonly layers: readonly Layer[],
    readonly run: Run,
  ) {
    const runtime = run.ports.runtime.on(host);
    this.specs = new ContainerSpecs(this);
    this.containers = new GuardedContainers(runtime, this);
    this.prover = new HealthProver(this, this.containers);
    this.traffic = new GuardedTraffic(this);
  }

  get eventHost(): EventHost {
    return { id: this.host.id, name: this.host.name };
  }

  /** What `register` and `set_fact` kept. */
  get facts(): Layer {
    return this.#facts;
  }

  remember(values: Readonly<Record<string, unknown>>): void {
    this.#facts = { ...this.#facts, values: { ...this.#facts.values, ...values } };
  }

  /**
   * The next step of a position in the playbook. A position is met again when its play is imported twice, or rolled back: the number at
   * the end keeps these apart. A host of two groups has a session for each, which count by themselves.
   */
  stepOf(position: string): StepId {
    const times = (this.#steps.get(position) ?? 0) + 1;
    this.#steps.set(position, times);
    // The host's name too: hosts may share the home folder that the record is in.
    const group = this.group === undefined ? '' : `${this.group.name}.`;
    return { run: this.run.id, id: `${this.host.id}.${group}${position}.${times}` };
  }

  /** The ports of the host that the group's containers publish. */
  get publishedPorts(): ReadonlySet<number> {
    const templates: readonly ContainerTemplate[] = this.group?.settings.containers ?? [];
    return new Set(templates.flatMap(({ ports }) => ports.map(({ hostPort }) => hostPort)));
  }

  /** The host, as its blips are waited for. */
  get place(): Place {
    const rollout = this.group?.settings.rollout;
    if (rollout === undefined) return { host: this.host };
    const { reconnect, maxBlips } = rollout;
    return { host: this.host, reconnect, ...(maxBlips === undefined ? {} : { maxBlips }) };
  }

  /**
   * Makes a call to the host again while a blip keeps it from being answered: so it must only read, or look for itself what an earlier
   * attempt has done. While the host is restored it is made once: a restore looks at the whole host anew. Throws as `Blips.outlast`.
   */
  outlast<T>(act: () => Promise<T>): Promise<T> {
    const { blips, stop } = this.run;
    const { signal, report, restoring } = this.#activity;
    if (restoring) return blips.watch(this.place, act);
    return blips.outlast(this.place, act, { signal: this.#activity === idle ? stop.signal : signal, report });
  }

  /** What the host is busy with: a host does one thing at a time. */
  get activity(): Activity {
    return this.#activity;
  }

  /** Makes `activity` what the ports report to and are cancelled by, until `act` has ended. */
  async busyWith<T>(activity: Activity, act: () => Promise<T>): Promise<T> {
    const before = this.#activity;
    this.#activity = activity;
    try {
      return await act();
    } finally {
      this.#activity = before;
    }
  }
}

/** A task that may put something on a host. */
export interface Maker {
  readonly task: string;
  readonly at: Position;
  readonly mayMake: (path: string) => boolean;
}

/** A task, a restore or a bake, as the guarded ports see it. */
export interface Activity {
  /** Cancels what is waited for. */
  readonly signal: AbortSignal;
  readonly report: (message: string, done?: number, total?: number) => void;
  /** False once too many hosts failed: then nothing more is taken out of service. */
  readonly mayTakeOut: () => boolean;
  /** A restore brings back what is on the host, so no image has to be there first. */
  readonly restoring: boolean;
}

const idle: Activity = {
  signal: new AbortController().signal,
  report: () => undefined,
  mayTakeOut: () => true,
  restoring: false,
};
