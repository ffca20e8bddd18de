import type { Run } from '../engine/index.js';
import { throwAll } from '../errors/diagnostics.js';
import { newerReleaseThere } from '../errors/preflight.js';
import { rolledSinceElsewhere } from '../errors/resume.js';
import { describeHost } from '../model/host.js';
import type { NewerRelease } from '../model/release.js';
import type { RunRecord } from '../model/run-record.js';
import { newerRunOf } from '../plan/claims.js';
import { newerRelease } from '../plan/newer-release.js';
import type { GroupObservation } from '../plan/observation.js';

/** What decides whether an older run may go over a newer one. */
export interface Choices {
  readonly verb?: string;
  /** The interrupted run that this one goes on with. */
  readonly resumes?: Pick<RunRecord, 'run'>;
  /** Goes ahead also over the release of a run that was started later. */
  readonly force?: boolean;
}

/**
 * A build that waited never puts older code over newer. Asked before the plan, and again under the lease, since a newer run may have had it
 * meanwhile. A rollback means to go back, and is not asked. An interrupted run is not gone on with over what a newer run has rolled,
 * by whichever of the two it is older. Throws `preflight.newer_release`, `resume.rolled_since`.
 */
export function refuseOlderRun(
  { verb, resumes, force }: Choices,
  groups: readonly GroupObservation[],
  run: Run,
): void {
  if (resumes !== undefined) refuseRolledSince(resumes, groups, run);
  if (verb === 'rollback' || force === true) return;
  throwAll(newerThan(groups, run).map(newerReleaseThere), 'refused');
}

/** What `--force` goes over is told. */
export function tellOlderRun({ force }: Choices, groups: readonly GroupObservation[], run: Run): void {
  if (force !== true) return;
  for (const newer of newerThan(groups, run)) {
    const { message } = newerReleaseThere(newer);
    run.bus.emit({ type: 'warning', message: `${message} It goes ahead, since --force is given.` });
  }
}

const newerThan = (groups: readonly GroupObservation[], { id }: Run): readonly NewerRelease[] =>
  groups.flatMap((group) => newerRelease(group, id) ?? []);

function refuseRolledSince(
  resumed: NonNullable<Choices['resumes']>,
  groups: readonly GroupObservation[],
  run: Run,
): void {
  for (const { group, environment, hosts } of groups) {
    for (const { host, containers } of hosts) {
      const later = newerRunOf(containers, { environment, group }, resumed.run);
      if (later !== undefined) throw rolledSinceElsewhere(resumed.run, later, group, describeHost(host));
    }
  }
  for (const { run: later, group, hosts } of newerThan(groups, run)) {
    throw rolledSinceElsewhere(resumed.run, later, group, hosts.map(describeHost).join(', '));
  }
}
