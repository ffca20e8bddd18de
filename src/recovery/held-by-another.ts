import type { Run } from '../engine/index.js';
import { describeHold } from '../model/hold.js';
import type { HeldOnHost } from '../model/holds/held-on-host.js';
import type { Host } from '../model/host.js';
import type { GroupName } from '../model/ids.js';

/** What an interrupted run still holds of a host, as the host tells. */
export interface HeldByAnother extends Pick<HeldOnHost, 'run' | 'verb' | 'environment' | 'owner'> {
  readonly held: readonly string[];
}

/**
 * What the first other run holds of a host, for this group or for none; for any group when it is absent. Undefined when none holds anything.
 * Throws what keeps the host from being asked.
 */
export async function heldByAnother(
  host: Host,
  { id, environment, ports: { hostHolds } }: Run,
  group?: GroupName,
): Promise<HeldByAnother | undefined> {
  const copies = (await hostHolds.on(host).list()).filter(
    (copy) =>
      copy.run !== id &&
      copy.environment === environment &&
      copy.hold.host === host.id &&
      (group === undefined || copy.hold.group === undefined || copy.hold.group === group),
  );
  const [first] = copies;
  if (first === undefined) return undefined;
  const own = copies.filter((copy) => copy.run === first.run);
  return { ...first, held: own.map(({ hold }) => describeHold(hold)) };
}
