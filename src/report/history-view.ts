import { defined } from '../model/defined.js';
import { formatDuration, type EpochMilliseconds } from '../model/duration.js';
import type {
  GroupReleases,
  HistoryReport,
  ListedRelease,
  PastRun,
  ReleaseDiff,
  ReleasesReport,
} from '../model/history-report.js';
import { shortDigest } from '../model/ids.js';
import type { ReleaseDifference } from '../model/release-history.js';
import { releaseName, type ReleaseRecord } from '../model/release-record.js';
import { formatPinnedImage } from '../model/release.js';
import { countHosts } from './host-ranges.js';
import { visible } from '../model/visible.js';
import { plainPalette, type Palette } from './palette.js';
import { renderTable } from './table.js';

export interface HistoryViewOptions {
  readonly palette?: Palette;
  readonly width?: number;
}

/** Past runs, a line each, the newest first. */
export function renderHistory(
  told: HistoryReport,
  { palette = plainPalette, width }: HistoryViewOptions = {},
): string {
  const { environment, runs, warnings } = visible(told);
  const rows = runs.map((run) => [
    timeOf(run.startedAt),
    run.verb,
    run.playbook ?? run.groups.join(','),
    run.releases.map((release) => `${releaseName(release)} ${release.version}`).join(', ') || '-',
    paintOutcome(run.outcome, palette),
    run.endedAt === undefined ? '-' : formatDuration(Math.max(0, run.endedAt - run.startedAt)),
    run.who,
    run.run,
  ]);
  return [
    palette.bold(`History of ${environment}`),
    ...(rows.length === 0
      ? ['  Nothing is on record.']
      : table(rows, ['WHEN (UTC)', 'VERB', 'OF', 'RELEASE', 'ENDED', 'TOOK', 'BY', 'RUN'], palette, width)),
    ...warnings.map((warning) => palette.yellow(`Warning: ${warning}`)),
  ].join('\n');
}

/** What is known of a run besides its events. */
export function renderPastRun(told: PastRun, { palette = plainPalette }: HistoryViewOptions = {}): string {
  const run = visible(told);
  const took =
    run.endedAt === undefined ? '' : ` after ${formatDuration(Math.max(0, run.endedAt - run.startedAt))}`;
  return [
    palette.bold(`Run ${run.run}: ${run.verb} of ${run.playbook ?? run.groups.join(', ')}`),
    ...facts([
      ['by', run.who],
      ['build', run.link],
      ['begun', `${timeOf(run.startedAt)} UTC`],
      ['ended', `${paintOutcome(run.outcome, palette)}${took}`],
    ]),
    ...run.releases.flatMap((release) => renderRelease(release, palette)),
  ].join('\n');
}

function renderRelease(release: ReleaseRecord, palette: Palette): readonly string[] {
  const { configuration, promotedFrom, project, labels = {} } = release;
  const link = (number: number | undefined): string | undefined =>
    number === undefined ? undefined : `r${number}`;
  const from =
    promotedFrom &&
    `${promotedFrom.environment}${promotedFrom.number === undefined ? '' : ` r${promotedFrom.number}`}`;
  return [
    `${palette.bold(`Release ${releaseName(release)} of ${release.group}: ${release.version}`)}, ${paintOutcome(release.outcome, palette)}`,
    ...facts([
      ['image', formatPinnedImage(release.image)],
      ['platforms', release.platforms.join(', ')],
      ['reason', release.reason],
      ['build', release.build],
      ['after', link(release.parent)],
      ['takes back', link(release.rollbackOf)],
      ['goes back to', link(release.restores)],
      ['promoted from', from],
      ...(release.skippedGates ?? []).map((gate) => ['skipped', gate] as const),
      ['configuration', configuration.hash.slice(0, 12)],
      ['project', project && `${project.commit}${project.dirty ? ', with changes that no commit has' : ''}`],
      ['source', labels.source],
      ['revision', labels.revision],
      ['built', labels.created],
    ]),
    ...release.hosts.map(({ name, status }) => `  ${name}: ${status.replace('_', ' ')}`),
  ];
}

const facts = (lines: readonly (readonly [string, string | undefined])[]): readonly string[] =>
  lines.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [`  ${name}: ${value}`]));

/** What changed between two releases, a line each. */
export function renderReleaseDiff(
  told: ReleaseDiff,
  { palette = plainPalette }: HistoryViewOptions = {},
): string {
  const { environment, group, before, after, differences } = visible(told);
  const label = (release: ReleaseRecord): string => `${releaseName(release)} (${release.version})`;
  return [
    palette.bold(`${group} in ${environment}: from ${label(before)} to ${label(after)}`),
    ...(differences.length === 0
      ? ['  Nothing differs that is on record.']
      : differences.map((one) => `  ${renderDifference(one, palette)}`)),
  ].join('\n');
}

const kinds: Readonly<Record<ReleaseDifference['what'], string>> = {
  version: 'version',
  image: 'image',
  configuration: 'setting',
  secret: 'secret',
  file: 'file',
  revision: 'commit of the project',
};

function renderDifference(
  { what, name, change, before, after }: ReleaseDifference,
  palette: Palette,
): string {
  const of = `${kinds[what]}${name === undefined ? '' : ` ${name}`}`;
  if (change === 'unknown')
    return palette.yellow(`${of} may have changed: its hashes were made with different keys`);
  const values = [before, after].every((value) => value === undefined)
    ? ''
    : `: ${before ?? '(none)'} → ${after ?? '(none)'}`;
  return `${of} ${change}${values}`;
}

/** The releases of each group, the newest first, and where they are. */
export function renderReleases(told: ReleasesReport, options: HistoryViewOptions = {}): string {
  const report = visible(told);
  return [
    ...report.groups.map((group) => renderGroup(group, report, options).join('\n')),
    ...report.warnings.map((warning) => (options.palette ?? plainPalette).yellow(`Warning: ${warning}`)),
  ].join('\n\n');
}

function renderGroup(
  { group, hosts, releases }: GroupReleases,
  { environment }: ReleasesReport,
  { palette = plainPalette, width }: HistoryViewOptions,
): readonly string[] {
  const rows = releases.map((one) => [
    one.record === undefined ? '-' : releaseName(one.record),
    one.version,
    shortDigest(one.image.digest),
    one.record === undefined ? '-' : timeOf(one.record.startedAt),
    one.record === undefined ? '-' : paintOutcome(one.record.outcome, palette),
    placesOf(one, hosts, palette),
    one.record?.who ?? '-',
    one.record?.reason ?? '',
  ]);
  const header = ['RELEASE', 'VERSION', 'DIGEST', 'WHEN (UTC)', 'ENDED', 'ON HOSTS', 'BY', 'REASON'];
  return [
    palette.bold(`Releases of ${group} in ${environment}, ${countHosts(hosts)} asked`),
    ...(rows.length === 0
      ? ['  None is on record, and no host has a container of one.']
      : table(rows, header, palette, width)),
  ];
}

function placesOf({ running, kept }: ListedRelease, hosts: number, palette: Palette): string {
  const parts = [
    ...(running > 0 ? [palette.green(`runs on ${running} of ${hosts}`)] : []),
    ...(kept > 0 ? [`kept on ${kept}`] : []),
  ];
  return parts.length === 0 ? '-' : parts.join(', ');
}

const table = (
  rows: readonly (readonly string[])[],
  header: readonly string[],
  palette: Palette,
  width: number | undefined,
): readonly string[] =>
  renderTable(rows, { header, indent: '  ', styleHeader: palette.dim, ...defined({ width }) });

const timeOf = (at: EpochMilliseconds): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');

function paintOutcome(outcome: string, palette: Palette): string {
  const word = outcome.replace('_', ' ');
  if (['succeeded', 'converged'].includes(outcome)) return palette.green(word);
  return ['running', 'recovered', 'drift'].includes(outcome) ? palette.yellow(word) : palette.red(word);
}
