import { defined } from '../model/defined.js';
import { formatDuration } from '../model/duration.js';
import type { HostId } from '../model/ids.js';
import type { FlagVariable, HostPlanReport, PlanReport, TargetGroupPlan, TaskPlan } from '../model/plan.js';
import { formatPinnedImage } from '../model/release.js';
import { formatAmount } from '../model/settings.js';
import { countHosts, foldHosts } from './host-ranges.js';
import { plainPalette, type Palette } from './palette.js';
import { containersLabel, releaseLabel } from './release-label.js';
import { renderTable } from './table.js';
import { visible } from '../model/visible.js';

export interface PlanViewOptions {
  readonly palette?: Palette;
  /** Columns of the terminal; unlimited when absent. */
  readonly width?: number;
  /** Show each host in a line of its own, however many there are. */
  readonly everyHost?: boolean;
}

/** From this many hosts on, those with the same way to go share a line. */
const foldFrom = 21;

/** What deploy would do, for people: 4 hosts one by one, 400 folded into ranges. */
export function renderPlan(made: PlanReport, options: PlanViewOptions = {}): string {
  const plan = visible(made);
  const palette = options.palette ?? plainPalette;
  const sections = [
    heading(plan, palette),
    ...batches(plan, options, palette),
    plays(plan, palette),
    leftAlone(plan, palette),
    targetGroups(plan.targetGroups, options, palette),
    scalingGroups(plan, options, palette),
    closing(plan),
    variables(plan),
    plan.warnings.map((warning) => palette.yellow(`Warning: ${warning}`)),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function heading(
  { group, environment, release, hosts, leftOut = [], keptOut = [] }: PlanReport,
  palette: Palette,
): string[] {
  const count = (action: HostPlanReport['action']): number =>
    hosts.filter((host) => host.action === action).length;
  const parts = [
    `${count('roll')} to roll`,
    ...(count('converged') > 0 ? [`${count('converged')} converged`] : []),
    ...(leftOut.length > 0 ? [`${leftOut.length} out of reach`] : []),
    ...(keptOut.length > 0 ? [`${keptOut.length} drained`] : []),
  ];
  const label = releaseLabel({ version: release.version, digest: release.image.digest });
  return [
    palette.bold(`Plan: ${group} in ${environment} to ${label}`),
    `  image  ${formatPinnedImage(release.image)}`,
    `  hosts  ${hosts.length + leftOut.length + keptOut.length}: ${parts.join(', ')}`,
    ...engines(hosts),
  ];
}

/** The Engines that are spoken to: each once, with its hosts where there are several. */
function engines(hosts: readonly HostPlanReport[]): string[] {
  const alike = Map.groupBy(
    hosts,
    ({ engine: { version, apiVersion, address } }) => `Docker ${version} (API ${apiVersion}) at ${address}`,
  );
  return [...alike].map(([engine, its]) => {
    const whose = alike.size === 1 ? '' : `: ${foldHosts(its.map(({ name }) => name))}`;
    return `  engine ${engine}${whose}`;
  });
}

function batches(plan: PlanReport, options: PlanViewOptions, palette: Palette): string[][] {
  const byId = new Map(plan.hosts.map((host) => [host.host, host]));
  const fold = options.everyHost !== true && plan.hosts.length >= foldFrom;
  return plan.batches.map((ids, index) => [
    palette.bold(`Batch ${index + 1} of ${plan.batches.length}: ${countHosts(ids.length)}`),
    ...renderTable(batchRows(ids, byId, fold), {
      header: ['HOST', 'ZONE', 'FROM', 'TO', 'WHY'],
      indent: '  ',
      styleHeader: palette.dim,
      ...defined({ width: options.width }),
    }),
  ]);
}

function batchRows(
  ids: readonly HostId[],
  byId: ReadonlyMap<HostId, HostPlanReport>,
  fold: boolean,
): (readonly string[])[] {
  const rows = ids.flatMap((id) => {
    const host = byId.get(id);
    return host === undefined ? [] : [{ name: hostLabel(host, byId), way: wayOf(host) }];
  });
  if (!fold) return rows.map(({ name, way }) => [name, ...way]);
  const byWay = Map.groupBy(rows, ({ way }) => JSON.stringify(way));
  return [...byWay.values()].flatMap((same) => {
    const names = same.map(({ name }) => name);
    const [first] = same;
    if (first === undefined) return [];
    return [[names.length === 1 ? first.name : `${foldHosts(names, 4)} (${names.length})`, ...first.way]];
  });
}

/** Two hosts may share a name; then the id tells them apart. */
function hostLabel({ host, name }: HostPlanReport, byId: ReadonlyMap<HostId, HostPlanReport>): string {
  if (name === host) return name;
  for (const other of byId.values())
    if (other.name === name && other.host !== host) return `${name} (${host})`;
  return name;
}

const wayOf = ({ zone, from, to, reasons }: HostPlanReport): readonly string[] => [
  zone ?? '-',
  containersLabel(from.containers),
  containersLabel(to.containers),
  reasons.join(', '),
];

/** What is played, and which of it cannot be taken back. */
const plays = ({ group, plays = [] }: PlanReport, palette: Palette): string[] =>
  plays.flatMap(({ name, hosts, tasks }, index) => [
    palette.bold(`Play ${index + 1} of ${plays.length}: ${name}`) + (hosts === group ? '' : `  (${hosts})`),
    ...tasks.map(
      (task) => `  ${task.name}${special(task) === '' ? '' : `  ${palette.yellow(special(task))}`}`,
    ),
  ]);

/** `one-way, run once`; empty for any other task. */
export const special = ({ oneWay, runOnce }: TaskPlan): string =>
  [...(oneWay === true ? ['one-way'] : []), ...(runOnce === true ? ['run once'] : [])].join(', ');

function leftAlone({ hosts, leftOut = [], keptOut = [] }: PlanReport, palette: Palette): string[] {
  const line = (action: HostPlanReport['action'], words: string): string[] => {
    const names = hosts.filter((host) => host.action === action).map(({ name }) => name);
    return names.length === 0 ? [] : [`${palette.bold(words)} (${names.length}): ${foldHosts(names)}`];
  };
  return [
    ...line('converged', 'Converged, left as they are'),
    ...(leftOut.length === 0
      ? []
      : [
          `${palette.bold('Out of reach, left out')} (${leftOut.length}): ${foldHosts(leftOut.map(({ name }) => name))}`,
        ]),
    ...keptOut.map(({ name, reason }) => `${palette.bold('Left out')}: ${name} was ${reason}`),
  ];
}

function targetGroups(
  groups: readonly TargetGroupPlan[],
  options: PlanViewOptions,
  palette: Palette,
): string[] {
  if (groups.length === 0) return [];
  const rows = groups.map(({ name, healthy, registered, floor, deregistrationDelay }) => [
    name,
    `${healthy} of ${registered}`,
    String(floor),
    deregistrationDelay === 0 ? 'none' : formatDuration(deregistrationDelay),
  ]);
  return renderTable(rows, {
    header: ['TARGET GROUP', 'HEALTHY', 'NEVER BELOW', 'DEREGISTRATION DELAY'],
    indent: '  ',
    styleHeader: palette.dim,
    ...defined({ width: options.width }),
  });
}

function scalingGroups({ scaling = [] }: PlanReport, options: PlanViewOptions, palette: Palette): string[] {
  if (scaling.length === 0) return [];
  const rows = scaling.map(({ name, suspends }) => [
    name,
    suspends.length === 0 ? 'nothing: it is already' : suspends.join(', '),
  ]);
  return renderTable(rows, {
    header: ['AUTO SCALING GROUP', 'SUSPENDED FOR THE RUN'],
    indent: '  ',
    styleHeader: palette.dim,
    ...defined({ width: options.width }),
  });
}

/** Where values came from that are not on the command line, and what a flag on it was set against. */
function variables({ variables: all = [] }: PlanReport): string[] {
  const shown = ({ flag, value, variable }: FlagVariable): string =>
    `${value === undefined ? flag : `${flag} ${value}`} (${variable})`;
  const line = (words: string, some: readonly FlagVariable[]): string[] =>
    some.length === 0 ? [] : [`${words}: ${some.map(shown).join(', ')}`];
  return [
    ...line(
      'Set by variables',
      all.filter(({ used }) => used),
    ),
    ...line(
      'Not used, since the flag is given',
      all.filter(({ used }) => !used),
    ),
  ];
}

function closing({ rollout, batches: all, minimumDuration }: PlanReport): string[] {
  if (all.length === 0) return ['Nothing to roll.'];
  const serial = rollout.serial.map(formatAmount).join(', ');
  return [
    `serial ${serial}; min_healthy ${formatAmount(rollout.minHealthy)}; ` +
      `bake ${formatDuration(rollout.bake)}; on failure ${rollout.onFailure}`,
    `Takes at least ${formatDuration(minimumDuration)}, for drains and bakes alone.`,
  ];
}
