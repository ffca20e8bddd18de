import type { Run } from '../engine/index.js';
import { describeHold } from '../model/hold.js';
import type { HeldOnHost } from '../model/holds/held-on-host.js';
import type { Host } from '../model/host.js';
import type { EnvironmentName, GroupName, RunId } from '../model/ids.js';
import type { NotesOfHost } from '../ports/host-holds.js';

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
  options?: Parameters<NotesOfHost['look']>[0],
): Promise<HeldByAnother | undefined> {
  const notes = await hostHolds.on(host).look(options);
  const isOther = (one: { readonly run: RunId; readonly environment: EnvironmentName }): boolean =>
    one.run !== id && one.environment === environment;
  const copies = notes.held.filter(
    (copy) =>
      isOther(copy) &&
      copy.hold.host === host.id &&
      (group === undefined || copy.hold.group === undefined || copy.hold.group === group),
  );
  const jobs = notes.jobs.filter(
    (job) => isOther(job) && (group === undefined || job.groups.includes(group)),
  );
  const [hold] = copies;
  const [job] = jobs;
  const first = hold ?? (job && { ...job, owner: { who: job.who } });
  if (first === undefined) return undefined;
  const { run } = first;
  return {
    ...first,
    held: [
      ...copies.filter((copy) => copy.run === run).map((copy) => describeHold(copy.hold)),
      ...jobs.filter((one) => one.run === run).map((one) => `job ${one.id}, which runs there`),
    ],
  };
}
