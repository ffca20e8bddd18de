import type { AdfError } from '../errors/adf-error.js';
import type { Redaction } from '../events/redaction.js';
import type { EndpointBook } from '../inventory/endpoints.js';
import type { Inventory } from '../inventory/inventory.js';
import type { Milliseconds } from '../model/duration.js';
import type { Playbook } from '../playbook/playbook.js';
import type { Clock, Random } from '../ports/clock.js';
import type { ControlSide } from '../ports/control-side.js';
import type { ContainerLogs } from '../ports/container-logs.js';
import type { ContainerRuntime } from '../ports/container-runtime.js';
import type { DrainedRecords } from '../ports/drained.js';
import type { Presence } from '../ports/fleet.js';
import type { FilesOfHosts } from '../ports/host-files.js';
import type { Confirmations, Fence, GroupKeys, HostHolds } from '../ports/host-holds.js';
import type { HostHttp } from '../ports/host-http.js';
import type { EventLogs, JournalStore, Processes, RetryHosts } from '../ports/journal.js';
import type { LeaseOwner, LeaseStore } from '../ports/lease-store.js';
import type { SpillStore } from '../ports/project-files.js';
import type { Registry } from '../ports/registry.js';
import type { Releases } from '../ports/releases.js';
import type { ListenerRules, ScalingGroups, Traffic } from '../ports/traffic.js';
import type { Transport } from '../ports/transport.js';
import type { Notices } from './notices.js';
import type { OpenNotifier } from './open-notifier.js';
import type { ProjectSecrets } from './project-secrets.js';
import type { RecordedFiles } from './project-digest.js';

/** Everything outside the program, as one use case meets it: the ports, and the project. Opened by open-world.ts; tests make their own. */
export interface World {
  readonly clock: Clock;
  /** When the use case began, as a reading of `clock.elapsed`: what a run waits for comes after it. */
  readonly begun: Milliseconds;
  readonly random: Random;
  readonly files: RecordedFiles;
  readonly hostFiles: FilesOfHosts;
  readonly transport: Transport;
  /** What the transport tells besides what it is asked; the run listens. */
  readonly notices: Notices;
  readonly runtime: ContainerRuntime;
  /** What containers print; absent where nothing of that is read. */
  readonly logs?: ContainerLogs;
  readonly http: HostHttp;
  /** Absent where nothing can be done on the control machine. */
  readonly control?: ControlSide;
  readonly traffic: Traffic;
  /** Absent where the environment says nothing of AWS. */
  readonly scaling?: ScalingGroups;
  /** Absent where the environment says nothing of AWS. */
  readonly listenerRules?: ListenerRules;
  readonly registry: Registry;
  readonly journals: JournalStore;
  /** Absent where the events of runs are not kept. */
  readonly eventLogs?: EventLogs;
  readonly retry: RetryHosts;
  readonly hostHolds: HostHolds;
  readonly presence: Presence;
  readonly fence: Fence;
  /** Absent where nothing is kept of what runs found as they wanted it. */
  readonly confirmations?: Confirmations;
  /** Absent where secrets are not hashed. */
  readonly groupKeys?: GroupKeys;
  /** Absent where releases are not recorded. */
  readonly releases?: Releases;
  /** Absent where no host is ever kept out of service. */
  readonly drained?: DrainedRecords;
  readonly processes: Processes;
  /** For output that is too much for memory; absent where nothing is kept of it. */
  readonly spills?: SpillStore;
  /** Knows the secrets of the project, and those that a run meets on its way. */
  readonly redaction: Redaction;
  /** Fetches the secrets that templates name; absent where there are none. */
  readonly secrets?: ProjectSecrets;
  /** The channels that are told of rolls; absent where there are none. */
  readonly notifier?: OpenNotifier;
  /** The endpoints of the environment; absent where there are none to look for. */
  readonly endpoints?: EndpointBook;
  readonly leases: LeaseStore;
  /** How long a lease lives without being renewed: what a killed run keeps others waiting. */
  readonly leaseDuration: Milliseconds;
  /** Who runs this, to be shown to other runs that meet the lease. */
  readonly owner: Pick<LeaseOwner, 'who' | 'link'>;
  /** The tag of the build that runs this, `BUILD_TAG` of Jenkins. */
  readonly build?: string;
  /** The hosts of the environment as the cloud tells them now. */
  listHosts(): Promise<Inventory>;
  /** Warnings for files of variables that match no group or host. Absent where there is nothing to warn of. */
  unmatchedFiles?(inventory: Inventory): Promise<readonly AdfError[]>;
  /**
   * Reads a playbook: by its path in the project, or by its name alone (`deploy`), which is `playbooks/deploy.yml` of the project, or the packaged
   * one. Throws `playbook.not_found`, and what is wrong in it.
   */
  playbook(given: string): Promise<Playbook>;
  close(): Promise<void>;
}
