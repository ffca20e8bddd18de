import type { EnvironmentName, GroupName, HostId, RunId } from './ids.js';
import type { Release } from './release.js';
import type { RolloutSettings } from './settings.js';

/** What is written down of a run when it begins: enough to restore what it held, and to go on with it, without its playbook. */
export interface RunRecord {
  readonly run: RunId;
  readonly verb: string;
  readonly environment: EnvironmentName;
  readonly groups: readonly GroupRecord[];
  readonly hosts: readonly HostId[];
  /** Who ran it, and the build's page. */
  readonly owner: { readonly who: string; readonly link?: string };
  /** Which process it was: whether it still lives can be told on its own machine. */
  readonly process: ProcessRecord;
  /** sha256 of the plans, as hexadecimal digits. */
  readonly plan: string;
  /** What it was asked for, as far as going on with it needs that. */
  readonly asked: AskedFor;
  /** The leases under which it changes its groups. When the next lease has the next epoch, no other run had it in between. */
  readonly epochs?: readonly LeaseEpoch[];
  /** The interrupted run that this one goes on with. */
  readonly resumes?: RunId;
}

/** Under which epoch a run has the lease of a group. */
export interface LeaseEpoch {
  readonly group: GroupName;
  readonly epoch: number;
}

/** One group of a run. */
export interface GroupRecord {
  readonly name: GroupName;
  /** What it was rolled to; absent where the run rolled no release: an ad-hoc playbook. */
  readonly release?: Release;
  /** The names of its target groups, as they were found; empty for workers. */
  readonly targetGroups: readonly string[];
  readonly rollout: RolloutSettings;
}

export interface ProcessRecord {
  readonly machine: string;
  readonly pid: number;
  /** Tells it from a later process with the same number; what the system says of its beginning. */
  readonly started: string;
}

/** Whether a rollback's containers get the secrets of today, or those that the hosts keep. */
export type SecretChoice = (typeof secretChoices)[number];
export const secretChoices = ['current', 'kept'] as const;

/** What of a run decides what it does. */
export interface AskedFor {
  readonly limit?: string;
  readonly tags?: readonly string[];
  readonly skipTags?: readonly string[];
  /** Absent where the containers get today's. */
  readonly secrets?: SecretChoice;
  /** Absent where only the hosts tell of the run. */
  readonly project?: ProjectDigest;
  /** What each image reference meant, as `repository@sha256:…`. */
  readonly images?: Readonly<Record<string, string>>;
}

/** The project as a run found it. `resume` must find the same. Digests, since what is in it may be secret. */
export interface ProjectDigest {
  /** By path: sha256 of what the run read, as hexadecimal digits; `absent` where it looked and found nothing. */
  readonly files: Readonly<Record<string, string>>;
  /** The names in the folders that it listed. */
  readonly folders: Readonly<Record<string, readonly string[]>>;
  /** Over the values of `--extra-vars`; absent when none were given. */
  readonly extraVars?: string;
  /** The secrets that it fetched by their names, and one digest over what all of them were; absent when there were none. */
  readonly secrets?: { readonly names: readonly string[]; readonly digest: string };
}
