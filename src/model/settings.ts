import type { ContainerTemplate } from './container.js';
import type { HealthProbe } from './health.js';
import type { Milliseconds } from './duration.js';
import type { Locate } from './source.js';

/** The variables that say what a group is. On a host of several groups, they must not leak from one into the deploy of another. */
export const settingNames: ReadonlySet<string> = new Set([
  'image',
  'version',
  'container',
  'containers',
  'health',
  'target_groups',
  'rollout',
  'promote',
]);

/** An absolute number of hosts or a share of them. */
export type Amount = { readonly hosts: number } | { readonly percent: number };

export type OnFailure = 'rollback' | 'restore' | 'stop';

/** How a release is rolled over a group: the `rollout:` of its variables. */
export interface RolloutSettings {
  readonly serial: readonly Amount[];
  readonly minHealthy: Amount;
  /** Watched in service before the next batch begins. */
  readonly bake: Milliseconds;
  /** For one drain; `default` is the target group's deregistration delay + 30 s. */
  readonly drainTimeout: Milliseconds | 'default';
  /** How many hosts may fail over the whole run before no other begins. Absent in what older versions wrote down: none. */
  readonly maxFailures?: Amount;
  readonly onFailure: OnFailure;
  /** Releases kept stopped on each host, the running one not counted. */
  readonly keepReleases: number;
  /** How long a roll or a rollback waits for the floor to allow the next host. */
  readonly floorWait: Milliseconds;
  /** How long a lost host is reconnected to. */
  readonly reconnect: Milliseconds;
  /** How often a host may be out of reach for a moment in one turn. Absent in what older versions wrote down: `mostBlips`. */
  readonly maxBlips?: number;
  /** What becomes of Auto Scaling groups that would replace a drained host: kept from it for the run, or left alone. */
  readonly asg: 'suspend' | 'ignore';
}

/** What a release must have behind it before it may be promoted to this environment: the `promote:` of a group's variables. */
export interface PromoteSettings {
  /** Any environment when absent. */
  readonly from?: readonly string[];
  /** How long it must have run on every host there. */
  readonly soak: Milliseconds;
  readonly requireLabel: Readonly<Record<string, string>>;
}

/** The default of `max_blips`. */
export const mostBlips = 10;

/** Which target groups the hosts of a group belong to. */
export type TargetGroupChoice =
  | { readonly kind: 'none' }
  | { readonly kind: 'auto' }
  | { readonly kind: 'named'; readonly names: readonly string[] };

/** What a group is: its variables of these names, rendered for one of its hosts and checked. */
export interface GroupSettings {
  /** The image of every container that names no other; without a version or digest. */
  readonly image?: string;
  /** What is deployed unless a flag says otherwise. */
  readonly version?: string;
  /** In start order. Never empty. */
  readonly containers: readonly ContainerTemplate[];
  /** Where they stand, by a path that begins with the number of a container: `[0, 'volumes', 1]`. Absent for what stands in no file. */
  readonly locateContainers?: Locate;
  /** Absent when the group says `health: none`; then only a running container proves health. */
  readonly health?: HealthProbe;
  readonly targetGroups: TargetGroupChoice;
  readonly rollout: RolloutSettings;
  /** Absent where nothing is said of it: then any release may come. */
  readonly promote?: PromoteSettings;
}

/** The number of hosts an amount means of `total`, rounded as `serial` and failure allowances are: down. */
export const amountOf = (amount: Amount, total: number): number =>
  'hosts' in amount ? amount.hosts : Math.floor((amount.percent * total) / 100);

/** `min_healthy` rounds up: it is a floor, and a floor must not sink by rounding. */
export const floorOf = (amount: Amount, total: number): number =>
  'hosts' in amount ? amount.hosts : Math.ceil((amount.percent * total) / 100);

export const formatAmount = (amount: Amount): string =>
  'hosts' in amount ? String(amount.hosts) : `${amount.percent}%`;

/** What `health:` means when it leaves something out. */
export const healthDefaults: Pick<HealthProbe, 'passes' | 'interval' | 'timeout' | 'attemptTimeout'> = {
  passes: 3,
  interval: 1_000,
  timeout: 60_000,
  attemptTimeout: 5_000,
};
