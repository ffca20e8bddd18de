import type { Clock } from '../ports/clock.js';
import type { ContainerRuntime } from '../ports/container-runtime.js';
import type { Fence } from '../ports/fence.js';
import type { FilesOfHosts } from '../ports/host-files.js';
import type { HostHolds } from '../ports/host-holds.js';
import type { HostHttp } from '../ports/host-http.js';
import type { Journal } from '../ports/journal.js';
import type { Presence } from '../ports/presence.js';
import type { ProjectFiles } from '../ports/project-files.js';
import type { Random } from '../ports/random.js';
import type { Registry } from '../ports/registry.js';
import type { ScalingGroups } from '../ports/scaling-groups.js';
import type { SpillStore } from '../ports/spill.js';
import type { Transport } from '../ports/transport.js';
import type { SharedTraffic } from '../traffic/shared-traffic.js';

/** The world as one run meets it. */
export interface EnginePorts {
  /** Absent where nothing is kept of output that is too much for memory. */
  readonly spills?: SpillStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly runtime: ContainerRuntime;
  readonly http: HostHttp;
  readonly traffic: SharedTraffic;
  /** Absent where the environment says nothing of AWS. */
  readonly scaling?: ScalingGroups;
  readonly registry: Registry;
  readonly journal: Journal;
  readonly hostHolds: HostHolds;
  readonly presence: Presence;
  readonly fence: Fence;
  readonly files: ProjectFiles;
  readonly hostFiles: FilesOfHosts;
}
