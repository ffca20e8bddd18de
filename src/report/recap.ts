import { formatDuration } from '../model/duration.js';
import { describeHost } from '../model/host.js';
import type { HostResult, NamedHost, ResultError, RunResult } from '../model/run-result.js';
import { countHosts, foldHosts } from './host-ranges.js';
import { plainPalette, type Palette } from './palette.js';
import { shortImage } from './release-label.js';
import { renderTable } from './table.js';
import { continued, visible } from '../model/visible.js';

/** From this many hosts on, those that ended alike share a line. */
const foldFrom = 41;

/** The end of a run: each host's counts, then how it ended in one sentence, then who needs a person. */
export const renderRecap = (result: RunResult, palette: Palette = plainPalette): string =>
  joined([counts(visible(result.hosts), palette), ...ending(result, palette)]);

/** The same without the counts. */
export const renderEnding = (result: RunResult, palette: Palette = plainPalette): string =>
  joined(ending(result, palette));

const joined = (sections: readonly (readonly string[])[]): string =>
  sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');

function ending(told: RunResult, palette: Palette): readonly (readonly string[])[] {
  const result = visible(told);
  return [
    releases(result),
    result.warnings.map((warning) => palette.yellow(`Warning: ${warning}`)),
    blips(result, palette),
    result.oneWay.map((task) => palette.yellow(`One-way task ran and cannot be taken back: ${task}`)),
    result.errors.flatMap((error) => renderResultError(error, palette)),
    [outcome(result, palette)],
    needsPerson(result, palette),
  ];
}

/** Ansible's PLAY RECAP, with what became of the host behind it. Never cut: a count must be readable on any terminal. */
function counts(hosts: readonly HostResult[], palette: Palette): string[] {
  if (hosts.length === 0) return [];
  const excuses = (['rescued', 'ignored'] as const).filter((one) => hosts.some((host) => host[one] > 0));
  const groups =
    hosts.length < foldFrom
      ? hosts.map((host) => [host])
      : [...Map.groupBy(hosts, (host) => JSON.stringify([countsOf(host, excuses), endOf(host)])).values()];
  const namesakes = Map.groupBy(hosts, ({ name }) => name);
  const rows = groups.flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const own = (namesakes.get(first.name)?.length ?? 1) > 1 ? labelOf(first) : first.name;
    const label =
      same.length === 1
        ? own
        : `${foldHosts(
            same.map(({ name }) => name),
            4,
          )} (${same.length})`;
    return [
      [
        paintOf(first, palette)(label),
        ...countsOf(first, excuses),
        `${first.status.replace('_', ' ')} ${endOf(first)}`,
      ],
    ];
  });
  return [palette.bold('RECAP'), ...renderTable(rows, { gap: ' ' })];
}

const labelOf = ({ host, name }: Pick<HostResult, 'host' | 'name'>): string =>
  describeHost({ id: host, name });

/** Most runs have neither, and their lines stay short. */
type Excuses = readonly ('rescued' | 'ignored')[];

const countsOf = (host: HostResult, excuses: Excuses): readonly string[] => [
  `: ok=${host.ok}`,
  `changed=${host.changed}`,
  `unreachable=${host.unreachable}`,
  `failed=${host.failed}`,
  `skipped=${host.skipped}`,
  `restored=${host.restored}`,
  ...excuses.map((excuse) => `${excuse}=${host[excuse]}`),
];

/** What it ran at the end. */
const endOf = ({ version, image }: HostResult): string =>
  [version, image === undefined ? undefined : shortImage(image)]
    .filter((part) => part !== undefined)
    .join(' ');

function paintOf({ status, changed }: HostResult, palette: Palette): (text: string) => string {
  if (status === 'failed' || status === 'named') return palette.red;
  if (status === 'restored' || status === 'rolled_back') return palette.yellow;
  return changed > 0 ? palette.yellow : palette.green;
}

/** What every host of a converged group runs; else only what the run was to roll. */
const releases = ({ releases: all, outcome: how }: RunResult): string[] =>
  all.map(
    ({ group, version, image }) =>
      `${how === 'converged' ? 'Release' : 'Planned release'} of ${group}: ${version}, ${image}`,
  );

/** Told as they were noticed; here only how many there were. */
const blips = ({ blips: count = 0 }: RunResult, palette: Palette): string[] =>
  count === 0
    ? []
    : [palette.yellow(`${count === 1 ? '1 blip' : `${count} blips`}: out of reach for a moment, and back.`)];

/** One error of a result document, for people. */
function renderResultError(error: ResultError, palette: Palette = plainPalette): string[] {
  const host = error.host === undefined || error.message.includes(error.host) ? [] : [error.host];
  const task = error.task === undefined ? [] : [`"${error.task}"`];
  const where = [...host, ...task].map((part) => `${part}: `).join('');
  return [
    `${palette.red('Error')} ${palette.dim(`[${error.code}]`)} ${where}${continued(error.message)}`,
    ...(error.at === undefined ? [] : [`  ${palette.cyan(error.at)}`]),
    ...(error.hint === undefined ? [] : error.hint.split('\n').map((line) => `  ${line}`)),
  ];
}

function outcome(result: RunResult, palette: Palette): string {
  const took = `after ${formatDuration(result.duration)}`;
  const mixed = result.mixed ? ' The fleet is mixed: its hosts run more than one release.' : '';
  if (result.verb === 'recover' && result.outcome === 'converged')
    return recoveredAll(result, palette, mixed);
  const what = `${result.verb} of ${result.playbook ?? result.groups.join(', ')} in ${result.environment}`;
  switch (result.outcome) {
    case 'converged':
      return palette.green(
        `${result.releases.length === 0 ? 'Done' : 'Converged'}: ${what}, ${countHosts(result.hosts.length)}, ${took.slice('after '.length)}.`,
      );
    case 'refused':
      return palette.red(`Refused: ${what} changed nothing.`);
    case 'drift':
      return palette.yellow(`Drift: ${what} would change something.`);
    case 'failed':
      return palette.red(`Failed: ${what}, ${took}; nothing is held any more.${mixed}`);
    case 'rolled_back':
      return palette.red(`Rolled back: ${what} failed, ${took}; every host is as it was before.${mixed}`);
    case 'interrupted':
      return palette.red(`Interrupted: ${what}, ${took}; nothing is held any more.${mixed}`);
    case 'needs_person':
      return palette.red(
        `Failed: ${what}, ${took}; ${result.named.length === 0 ? 'what is left suspended will need a person' : needs(result.named.length)}.${mixed}`,
      );
  }
}

const recoveredAll = (
  { hosts, recovered = [], environment }: RunResult,
  palette: Palette,
  mixed: string,
): string =>
  palette.green(
    recovered.length === 0
      ? `Nothing to recover in ${environment}: no run is interrupted.`
      : `Recovered: ${recovered.length === 1 ? 'one run' : `${recovered.length} runs`} in ${environment}, ${hosts.length === 0 ? 'nothing was held any more' : `${countHosts(hosts.length)} restored`}.${mixed}`,
  );

const needs = (count: number): string =>
  count === 1 ? '1 host needs a person' : `${count} hosts need a person`;

function needsPerson({ named, groups, environment }: RunResult, palette: Palette): string[] {
  if (named.length === 0) return [];
  return [
    palette.alarm(`*** ${needs(named.length).toUpperCase()} ***`),
    ...named.flatMap((host) => renderNamedHost(host, palette)),
    'What to do next: put back on each host what it held. If the host can be reached again, a new deploy',
    'of the group does so before it begins, and skips the hosts that are converged. Then see that all is well:',
    `  adfpush status --group ${groups.join(',')} --env ${environment}`,
  ];
}

/** A host that needs a person, with what it held. */
const renderNamedHost = (host: NamedHost, palette: Palette): string[] => [
  `${palette.red(labelOf(host))}: ${host.reason}`,
  ...host.held.map((held) => `  held: ${held}`),
];
