import type { BlipRecord, BlipSource } from '../../model/blip.js';
import type { Finding, HostDiagnosis } from '../../model/doctor-report.js';
import { formatDuration, isoTime } from '../../model/duration.js';
import type { EnvironmentName } from '../../model/ids.js';
import type { JournalStore } from '../../ports/journal.js';
import { ok, warning } from './findings.js';

/** So many of the last runs whose journals are here are looked at. */
const runsLookedAt = 20;

/** What blipped, while the doctor looked and in runs before. */
export interface Noticed {
  readonly now: readonly BlipRecord[];
  readonly before: readonly BlipRecord[];
}

/**
 * The blips of the last runs of this environment whose journals this machine has; the newest run first. A run that was killed told of none.
 */
export async function blipsOfLastRuns(
  journals: JournalStore,
  environment: EnvironmentName,
): Promise<readonly BlipRecord[]> {
  const runs = (await journals.runs()).slice(0, runsLookedAt);
  // A journal that cannot be read is for those to tell who recover its run.
  const last = await Promise.all(runs.map((run) => journals.last(run).catch(() => undefined)));
  return last.flatMap((record) =>
    record?.type === 'run.ended' && record.environment === environment ? (record.blips ?? []) : [],
  );
}

/** With what blipped of each host; without one, of AWS. */
export const withBlips = (diagnosis: HostDiagnosis, noticed: Noticed): HostDiagnosis => ({
  ...diagnosis,
  findings: diagnosis.findings.map((finding) =>
    finding.check === 'blips' ? blipFinding(of(noticed, diagnosis)) : finding,
  ),
});

/** Nothing to tell where AWS always answered. */
export function cloudBlips(noticed: Noticed): readonly Finding<'blips'>[] {
  const finding = blipFinding(of(noticed, {}));
  return finding.status === 'ok' ? [] : [finding];
}

const of = ({ now, before }: Noticed, { host }: Partial<Pick<HostDiagnosis, 'host'>>): Noticed => ({
  now: now.filter((blip) => blip.host === host),
  before: before.filter((blip) => blip.host === host),
});

function blipFinding({ now, before }: Noticed): Finding<'blips'> {
  const [latest] = [...now, ...before].toSorted((a, b) => b.at - a.at);
  if (latest === undefined) return ok('blips', 'none');
  const { duration, reason, at, source } = latest;
  const times = [
    ...(now.length === 0 ? [] : [`${count(now)} just now`]),
    ...(before.length === 0 ? [] : [`${count(before)} in the last ${runsLookedAt} runs from here`]),
  ];
  const when = now.includes(latest) ? '' : ` at ${isoTime(at)}`;
  return warning(
    'blips',
    `did not answer for a while, ${times.join(' and ')}; the last time${when} for ${formatDuration(duration)}: ${reason}`,
    hints[source],
  );
}

const count = ({ length }: readonly BlipRecord[]): string => (length === 1 ? 'once' : `${length} times`);

const hints: Readonly<Record<BlipSource, string>> = {
  connection: "Look at the network between here and there, at the host's load, and at the log of its sshd.",
  engine: 'Look why its Docker Engine was away: journalctl -u docker.',
  registry: 'Look at the registry, and at the way from the host to it.',
  cloud: 'Look at the network and DNS of this machine, and at how often the account calls AWS.',
};
