import type { EventHost } from '../events/event.js';
import type { ContainerSpec, ContainerTemplate } from '../model/container.js';
import { defined } from '../model/defined.js';
import type { DrainedHost } from '../model/drained-hosts.js';
import type { EpochMilliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { GroupName } from '../model/ids.js';
import type { PlannedState } from '../model/plan.js';
import type { Release } from '../model/release.js';
import type { HashedSecrets } from '../model/secret-hashes.js';
import type { GroupSettings } from '../model/settings.js';
import type { RuntimeInfo } from '../ports/container-runtime.js';
import type { StepId } from '../ports/transport.js';
import { idle, type Activity } from './activity.js';
import type { BlipPlace, Waiting } from './blips.js';
import { ContainerSpecs } from './container-specs.js';
import { HealthProver, Proof } from './health-prover.js';
import type { SettingsOfHost } from './host-variables.js';
import { GuardedContainers } from './interlocks/guarded-containers.js';
import { GuardedTraffic, TrafficMemory } from './interlocks/guarded-traffic.js';
import type { Run } from './run.js';

/** The group of hosts that a run is about, as one of its hosts sees it. */
export interface HostGroup {
  readonly name: GroupName;
  /** All listed hosts of the group, whatever `--limit`. */
  readonly hosts: readonly Host[];
  readonly settings: GroupSettings;
  /** What is rolled over it; absent in an ad-hoc playbook. */
  readonly release?: Release;
}

/** What a run knows of one host, whatever acts on it. */
export class HostKnowledge {
  /** What the roll makes of the host; absent until it begins, and of a host that nothing is planned for. */
  planned: PlannedState | undefined;
  /** The Engine as preflight saw it last. */
  engine: RuntimeInfo | undefined;
  /** It was reached in this run, and said so. */
  seen = false;
  /** When the run was started, on the host's own clock; absent until the host was looked at. */
  startedAt: EpochMilliseconds | undefined;
  /** Set by the first change to a container: from then on health has to be proven, not assumed. */
  containersTouched = false;
  /** The host's settings as the project has them today, for another release. Absent where there is no project to read them from. */
  settingsAt: ((release: Release) => SettingsOfHost) | undefined;
  /** Hashes the secrets of a container for its label; absent where it has none, or its group has no key. */
  hashSecrets: ((spec: ContainerSpec) => HashedSecrets | undefined) | undefined;
  /** A person keeps it out of service; undefined of all other hosts. */
  keptOut: DrainedHost | undefined;
  /** This run put it in service. */
  isBack = false;
  /** In a dry run, the first task that would have changed what the host does: what is seen of it since would be something else. */
  wouldChange: string | undefined;
  /** In a dry run, the tasks that would have changed anything on the host. */
  readonly pretended = new Set<string>();
  readonly proof = new Proof();
  readonly traffic: TrafficMemory;
  readonly #steps = new Map<string, number>();

  constructor(warn: (message: string) => void) {
    this.traffic = new TrafficMemory(warn);
  }

  /** What would come before a later task of this dry run; undefined where nothing would. */
  get comesFirst(): string | undefined {
    const [first, ...others] = this.pretended;
    if (first === undefined) return undefined;
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    return `"${first}"${more} would come first`;
  }

  /** How often this position of the playbook was met before on this host, and now. */
  timesAt(position: string): number {
    const times = (this.#steps.get(position) ?? 0) + 1;
    this.#steps.set(position, times);
    return times;
  }
}

/**
 * One host as a task, a restore or a bake acts on it: its guarded ports, which report to that activity and are cancelled by it. All targets
 * of one host share what is known of it. Which variables something is rendered with is another question: see `HostVariables`.
 */
export class HostTarget {
  readonly containers: GuardedContainers;
  readonly traffic: GuardedTraffic;
  readonly prover: HealthProver;
  readonly specs: ContainerSpecs;

  constructor(
    readonly host: Host,
    readonly group: HostGroup | undefined,
    readonly run: Run,
    readonly known: HostKnowledge,
    readonly activity: Activity = idle,
  ) {
    this.specs = new ContainerSpecs(this);
    this.containers = new GuardedContainers(run.ports.runtime.on(host), this);
    this.prover = new HealthProver(this);
    this.traffic = new GuardedTraffic(this);
  }

  /** The same host for this activity. */
  during(activity: Activity): HostTarget {
    return new HostTarget(this.host, this.group, this.run, this.known, activity);
  }

  get eventHost(): EventHost {
    return { id: this.host.id, name: this.host.name };
  }

  /**
   * The next step of a position in the playbook. A position is met again when its play is imported twice, or rolled back: the number at
   * the end keeps these apart. A host of two groups is known twice, and each counts by itself.
   */
  stepOf(position: string): StepId {
    // The host's name too: hosts may share the home folder that the record is in.
    const group = this.group === undefined ? '' : `${this.group.name}.`;
    return {
      run: this.run.id,
      id: `${this.host.id}.${group}${position}.${this.known.timesAt(position)}`,
    };
  }

  /** The ports of the host that the group's containers publish. */
  get publishedPorts(): ReadonlySet<number> {
    const templates: readonly ContainerTemplate[] = this.group?.settings.containers ?? [];
    return new Set(templates.flatMap(({ ports }) => ports.map(({ hostPort }) => hostPort)));
  }

  /** The host, as its blips are waited for. */
  get place(): BlipPlace {
    const rollout = this.group?.settings.rollout;
    if (rollout === undefined) return { host: this.host };
    const { reconnect, maxBlips } = rollout;
    return { host: this.host, reconnect, ...defined({ maxBlips }) };
  }

  /**
   * Makes a call to the host again while a blip keeps it from being answered: so it must only read, or look for itself what an earlier
   * attempt has done. While the host is restored it is made once: a restore looks at the whole host anew. Throws as `Blips.outlast`.
   */
  outlast<T>(act: () => Promise<T>, { isAnswer = true }: Pick<Waiting, 'isAnswer'> = {}): Promise<T> {
    const { blips, stop } = this.run;
    const { signal, report, restoring } = this.activity;
    if (restoring) return blips.watch(this.place, act, { isAnswer });
    const own = this.activity === idle ? stop.signal : signal;
    return blips.outlast(this.place, act, { signal: own, report, isAnswer });
  }
}
