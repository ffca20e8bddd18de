import type { ConfirmedRelease } from '../model/confirmed-release.js';
import type { Host } from '../model/host.js';
import type { EnvironmentName, GroupName } from '../model/ids.js';

/** The group whose release is confirmed. */
export interface ConfirmedGroup {
  readonly environment: EnvironmentName;
  readonly group: GroupName;
}

/** Kept on each host, one for each group: the latest run that found the host as it wanted it. Both throw the transport's errors. */
export interface Confirmations {
  /** Undefined when there is none, or none that can be read. */
  read(host: Host, of: ConfirmedGroup): Promise<ConfirmedRelease | undefined>;
  /** Takes the place of the one before. Throws `confirmation.write` when the host cannot keep it. */
  write(host: Host, of: ConfirmedGroup, confirmed: ConfirmedRelease): Promise<void>;
}
