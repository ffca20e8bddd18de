import { groupName, type GroupName } from './ids.js';
import type { Host } from './host.js';

/** What `add_host` says of a host: of a new one, or more of one that there is. */
export interface AddedHost {
  readonly name: string;
  readonly groups: readonly string[];
  /** Where SSH goes; the name when absent. */
  readonly address?: string;
  readonly port?: number;
  /** As `ssh` of a host in a static inventory. Not checked yet. */
  readonly ssh: Readonly<Record<string, unknown>>;
  /** As `docker` there. Not checked yet. */
  readonly docker: Readonly<Record<string, unknown>>;
  /** It is this machine, which is reached without SSH. */
  readonly isLocal: boolean;
  /** Its variables: data, no templates. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * The lease of one host that a playbook added. It is kept on this host alone: as a member of the lease of a group it would count in the
 * majorities of later runs, which do not list it. No group has such a name, since it holds a space.
 */
export const leaseOfAdded = ({ id }: Pick<Host, 'id'>): GroupName => groupName(`host ${id}`);
