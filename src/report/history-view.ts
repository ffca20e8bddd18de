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
import { withVisibleControls } from './lines.js';
import { plainPalette, type Palette } from './palette.js';
import { renderTable } from './table.js';

/** Records come from hosts, where other users can write, too. */
function visible(text: string): string;
function visible(text: string | undefined): string | undefined;
function visible(text: string | undefined): string | undefined {
  return text === undefined ? undefined : withVisibleControls(text);
}

export interface HistoryViewOptions {
  readonly palette?: Palette;
  readonly width?: number;
}

/** Past runs, a line each, the newest first. */
export function renderHistory(
  { environment, runs, warnings }: HistoryReport,
  { palette = plainPalette, width }: HistoryViewOptions = {},
): string {
  const rows = runs.map((run) => [
    timeOf(run.startedAt),
    visible(run.verb),
    visible(run.playbook ?? run.groups.join(',')),
    visible(run.releases.map((release) => `${releaseName(release)} ${release.version}`).join(', ') || '-'),
    paintOutcome(run.outcome, palette),
    run.endedAt === undefined ? '-' : formatDuration(Math.max(0, run.endedAt - run.startedAt)),
    visible(run.who),
    run.run,
  ]);
  return [
    palette.bold(`History of ${environment}`),
    ...(rows.length === 0
      ? ['  Nothing is on record.']
      : table(rows, ['WHEN (UTC)', 'VERB', 'OF', 'RELEASE', 'ENDED', 'TOOK', 'BY', 'RUN'], palette, width)),
    ...warnings.map((warning) => palette.yellow(`Warning: ${visible(warning)}`)),
  ].join('\n');
}

/** What is known of a run besides its events. */
export function renderPastRun(run: PastRun, { palette = plainPalette }: HistoryViewOptions = {}): string {
  const took =
    run.endedAt === undefined ? '' : ` after ${formatDuration(Math.max(0, run.endedAt - run.startedAt))}`;
  return [
    palette.bold(visible(`Run ${run.run}: ${run.verb} of ${run.playbook ?? run.groups.join(', ')}`)),
    ...facts([
      ['by', visible(run.who)],
      ['build', visible(run.link)],
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
    `${palette.bold(visible(`Release ${releaseName(release)} of ${release.group}: ${release.version}`))}, ${paintOutcome(release.outcome, palette)}`,
    ...facts([
      ['image', formatPinnedImage(release.image)],
      ['platforms', release.platforms.join(', ')],
      ['reason', visible(release.reason)],
      ['build', visible(release.build)],
      ['after', link(release.parent)],
      ['takes back', link(release.rollbackOf)],
      ['goes back to', link(release.restores)],
      ['promoted from', visible(from)],
      ...(release.skippedGates ?? []).map((gate) => ['skipped', visible(gate)] as const),
      ['configuration', configuration.hash.slice(0, 12)],
      ['project', project && `${project.commit}${project.dirty ? ', with changes that no commit has' : ''}`],
      ['source', visible(labels.source)],
      ['revision', visible(labels.revision)],
      ['built', visible(labels.created)],
    ]),
    ...release.hosts.map(({ name, status }) => `  ${visible(name)}: ${status.replace('_', ' ')}`),
  ];
}

const facts = (lines: readonly (readonly [string, string | undefined])[]): readonly string[] =>
  lines.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [`  ${name}: ${value}`]));

/** What changed between two releases, a line each. */
export function renderReleaseDiff(
  { environment, group, before, after, differences }: ReleaseDiff,
  { palette = plainPalette }: HistoryViewOptions = {},
): string {
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
  const of = `${kinds[what]}${name === undefined ? '' : ` ${visible(name)}`}`;
  if (change === 'unknown')
    return palette.yellow(`${of} may have changed: its hashes were made with different keys`);
  const values = [before, after].every((value) => value === undefined)
    ? ''
    : `: ${visible(before ?? '(none)')} → ${visible(after ?? '(none)')}`;
  return `${of} ${change}${values}`;
}

/** The releases of each group, the newest first, and where they are. */
export const renderReleases = (report: ReleasesReport, options: HistoryViewOptions = {}): string =>
  [
    ...report.groups.map((group) => renderGroup(group, report, options).join('\n')),
    ...report.warnings.map((warning) =>
      (options.palette ?? plainPalette).yellow(`Warning: ${visible(warning)}`),
    ),
  ].join('\n\n');

function renderGroup(
  { group, hosts, releases }: GroupReleases,
  { environment }: ReleasesReport,
  { palette = plainPalette, width }: HistoryViewOptions,
): readonly string[] {
  const rows = releases.map((one) => [
    one.record === undefined ? '-' : releaseName(one.record),
    visible(one.version),
    shortDigest(one.image.digest),
    one.record === undefined ? '-' : timeOf(one.record.startedAt),
    one.record === undefined ? '-' : paintOutcome(one.record.outcome, palette),
    placesOf(one, hosts, palette),
    visible(one.record?.who ?? '-'),
    visible(one.record?.reason ?? ''),
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
  const word = visible(outcome.replace('_', ' '));
  if (['succeeded', 'converged'].includes(outcome)) return palette.green(word);
  return ['running', 'recovered', 'drift'].includes(outcome) ? palette.yellow(word) : palette.red(word);
}
