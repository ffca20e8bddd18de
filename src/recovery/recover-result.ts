import type { Run } from '../engine/index.js';
import { describeHost } from '../model/host.js';
import { formatPinnedImage } from '../model/release.js';
import type { HostResult, RunResult } from '../model/run-result.js';
import { endingOf, namedOnce, resultError, resultOf } from '../run/endings.js';
import type { InterruptedRuns } from './interrupted-runs.js';
import type { RecoveredHost, RecoveredRun } from './recover-run.js';

interface Ended {
  readonly run: Run;
  readonly recovered: readonly RecoveredRun[];
  readonly look: InterruptedRuns;
  /** Hosts in service of the groups that were recovered run more than one release. */
  readonly mixed: boolean;
}

/** The one document that tells how a recovery ended. */
export function recoverResult({ run, recovered, look, mixed }: Ended): RunResult {
  const hosts = lastOfEach(recovered, ({ host }) => host);
  const named = lastOfEach(recovered, ({ host, group = '' }) => `${host} ${group}`).filter(
    ({ reason }) => reason !== undefined,
  );
  const groups = recovered.flatMap((one) => one.run.groups);
  const inCloud = recovered.flatMap((one) => one.inCloud.errors);
  const seen = new Set(hosts.map(({ host }) => host));
  const unasked = [...look.unasked.values()].filter(({ host }) => !seen.has(host.id));
  const unseen = [...look.unread, ...unasked.map(({ error }) => error)];
  const needsPerson = named.length > 0 || inCloud.length > 0;
  // What could not be looked at may be held. A journal may have told of a host all the same.
  const ending = endingOf(run, needsPerson, unseen);
  return {
    ...resultOf(run, ending),
    groups: [...new Set(recovered.flatMap((one) => one.run.groupNames))],
    releases: groups.flatMap(({ name, release }) =>
      release === undefined
        ? []
        : { group: name, version: release.version, image: formatPinnedImage(release.image) },
    ),
    hosts: hosts.map((host) => hostResult(host, run)),
    mixed,
    oneWay: [],
    named: namedOnce(named.map(({ host, name, held, reason = '' }) => ({ host, name, held, reason }))),
    errors: [...named.flatMap(({ error }) => error ?? []), ...inCloud, ...unseen].map(resultError),
    warnings: [
      ...recovered.flatMap((one) => one.inCloud.warnings),
      ...[...look.unasked.values()].map(
        ({ host, error }) => `${describeHost(host)} could not be asked what is held of it: ${error.message}`,
      ),
    ],
    recovered: recovered.map((one) => one.run.run),
  };
}

/** A host that several runs held is as the last of them left it that did anything to it. `identity` tells which are about the same. */
const lastOfEach = (
  recovered: readonly RecoveredRun[],
  identity: (host: RecoveredHost) => string,
): readonly RecoveredHost[] => {
  const hosts = recovered.flatMap((one) => one.hosts);
  const all = hosts.toSorted((a, b) => Number(b.untouched === true) - Number(a.untouched === true));
  const named = all.filter(({ reason }) => reason !== undefined);
  return [...new Map([...all, ...named].map((host) => [identity(host), host])).values()];
};

const hostResult = (recovered: RecoveredHost, run: Run): HostResult => ({
  host: recovered.host,
  name: recovered.name,
  ...run.tally.of(recovered.host),
  restored: recovered.restored && recovered.atPlan !== true ? 1 : 0,
  status: statusOf(recovered),
});

function statusOf({ reason, untouched, atPlan }: RecoveredHost): HostResult['status'] {
  if (reason !== undefined) return 'named';
  if (untouched === true) return 'untouched';
  return atPlan === true ? 'deployed' : 'restored';
}
