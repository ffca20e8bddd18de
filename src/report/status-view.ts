import { defined } from '../model/defined.js';
import { targetGroupName } from '../model/ids.js';
import { describeHost } from '../model/host.js';
import { describeMaintenance } from '../model/maintenance.js';
import type {
  ContainerStatus,
  GroupStatus,
  HostStatus,
  InterruptedStatus,
  StatusReport,
} from '../model/status-report.js';
import { countHosts, foldHosts } from './host-ranges.js';
import { plainPalette, type Palette } from './palette.js';
import { releaseLabel } from './release-label.js';
import { renderTable } from './table.js';
import { onOneLine, visible } from '../model/visible.js';

export interface StatusViewOptions {
  readonly palette?: Palette;
  readonly width?: number;
}

/** From this many hosts on, those in the same state share a line. */
const foldFrom = 41;

/** What the hosts really run, for people. */
export function renderStatus(seen: StatusReport, options: StatusViewOptions = {}): string {
  const report = visible(seen);
  const groups = report.groups.map((group) => renderGroup(group, report, options));
  const interrupted = (report.interrupted ?? []).map((run) => renderInterrupted(run, report, options));
  return [...groups, ...interrupted].map((lines) => lines.join('\n')).join('\n\n');
}

/** A line for each group, with how many of its hosts in each zone are as configured; what needs a look comes first. */
export function renderStatusBrief(seen: StatusReport, options: StatusViewOptions = {}): string {
  const report = visible(seen);
  const { palette = plainPalette, width } = options;
  const zonesOf = ({ hosts }: GroupStatus): readonly string[] => hosts.map(({ zone }) => zone ?? '-');
  const zones = [...new Set(report.groups.flatMap(zonesOf))].toSorted();
  const groups = report.groups.toSorted((a, b) => Number(isWell(a)) - Number(isWell(b)));
  const table = renderTable(
    groups.map((group) => [
      group.group,
      releasesOf(group),
      ...zones.map((zone) => wellIn(zone, group, palette)),
      notes(group, palette),
    ]),
    {
      header: ['GROUP', 'RUNS', ...zones, 'NOTES'],
      indent: '  ',
      styleHeader: palette.dim,
      ...defined({ width }),
    },
  );
  const interrupted = (report.interrupted ?? []).flatMap((run) => [
    '',
    ...renderInterrupted(run, report, options),
  ]);
  const title = `${report.environment}: ${groups.length === 1 ? '1 group' : `${groups.length} groups`}`;
  return [palette.bold(title), ...table, ...interrupted].join('\n');
}

const isAsConfigured = ({ error, drift }: HostStatus): boolean => error === undefined && drift.length === 0;

/** Nothing of it needs a look. */
export const isWell = ({ hosts, mixed, maintenance }: GroupStatus): boolean =>
  !mixed && maintenance === undefined && hosts.every(isAsConfigured);

/** `v2`, or all that run, in a group that is mixed. */
export function releasesOf({ hosts }: GroupStatus): string {
  const labels = hosts.flatMap(({ containers }) => containers.map((one) => one.version ?? releaseLabel(one)));
  return labels.length === 0 ? '(none)' : [...new Set(labels)].join(', ');
}

/** `3/4`: so many of the hosts there are as configured. */
function wellIn(zone: string, { hosts }: GroupStatus, { yellow }: Palette): string {
  const there = hosts.filter((host) => (host.zone ?? '-') === zone);
  if (there.length === 0) return '-';
  const well = there.filter(isAsConfigured).length;
  return well === there.length ? `${well}/${there.length}` : yellow(`${well}/${there.length}`);
}

/** What needs a look, in words; `-` when nothing does. */
export function notes(group: GroupStatus, palette: Palette): string {
  const drained = group.hosts.filter((host) => host.drained !== undefined).length;
  const parts = [
    ...troubles(group, palette),
    ...(drained > 0 ? [palette.yellow(`${drained} drained`)] : []),
    ...(group.maintenance === undefined ? [] : [palette.yellow(describeMaintenance(group.maintenance))]),
  ];
  return parts.length === 0 ? '-' : parts.join('; ');
}

function renderInterrupted(
  { run, verb, who, link, held }: InterruptedStatus,
  { environment }: StatusReport,
  { palette = plainPalette }: StatusViewOptions,
): string[] {
  const by = link === undefined ? who : `${who}, ${link}`;
  const holds = held.length === 0 ? 'and holds nothing' : `and still holds ${countHosts(held.length)}`;
  return [
    palette.red(`Run ${run} (${verb} by ${by}) was interrupted ${holds}:`),
    ...held.map(({ host, name, what }) => `  ${describeHost({ id: host, name })}: ${what.join(', ')}`),
    `  The next deploy restores it first. By itself: adfpush recover ${run} --env ${environment}`,
  ];
}

function renderGroup(status: GroupStatus, report: StatusReport, options: StatusViewOptions): string[] {
  const palette = options.palette ?? plainPalette;
  const rows = rowsOf(status.hosts, palette);
  return [
    palette.bold(`${status.group} in ${report.environment}: ${countHosts(status.hosts.length)}`),
    ...(status.maintenance === undefined
      ? []
      : [palette.yellow(`  ${describeMaintenance(status.maintenance)}: clients get the page`)]),
    ...renderTable(rows, {
      header: ['HOST', 'ZONE', 'RUNS', 'HEALTH', 'TARGET GROUPS', 'DRIFT'],
      indent: '  ',
      styleHeader: palette.dim,
      ...defined({ width: options.width }),
    }),
    summary(status, palette),
  ];
}

function rowsOf(hosts: readonly HostStatus[], palette: Palette): (readonly string[])[] {
  const groups =
    hosts.length < foldFrom
      ? hosts.map((host) => [host])
      : [...Map.groupBy(hosts, (host) => JSON.stringify(cellsOf(host, palette))).values()];
  const namesakes = Map.groupBy(hosts, ({ name }) => name);
  return groups.flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const shared = (namesakes.get(first.name)?.length ?? 1) > 1;
    const label =
      same.length > 1
        ? `${foldHosts(
            same.map(({ name }) => name),
            4,
          )} (${same.length})`
        : shared
          ? describeHost({ id: first.host, name: first.name })
          : first.name;
    return [[label, ...cellsOf(first, palette)]];
  });
}

function cellsOf(host: HostStatus, palette: Palette): readonly string[] {
  if (host.error !== undefined) {
    const why = [...host.drift, onOneLine(host.error.message)].join(', ');
    return [host.zone ?? '-', palette.red('unknown'), '-', '-', palette.red(why)];
  }
  const several = host.containers.length > 1;
  const runs = host.containers.map(
    (container) => `${several ? `${container.name} ` : ''}${releaseLabel(container)}`,
  );
  return [
    host.zone ?? '-',
    runs.length === 0 ? '(none)' : runs.join(', '),
    host.containers.length === 0
      ? '-'
      : host.containers.map((container) => healthOf(container, palette)).join(', '),
    registrationsOf(host, palette),
    host.drift.length === 0 ? '-' : palette.yellow(host.drift.join(', ')),
  ];
}

function healthOf({ running, health, restartCount }: ContainerStatus, palette: Palette): string {
  if (!running) return palette.red('stopped');
  const word = health === 'unhealthy' ? palette.red(health) : (health ?? 'running');
  return restartCount === 0 ? word : `${word}, ${palette.yellow(`restarted ${restartCount} times`)}`;
}

function registrationsOf({ registrations }: HostStatus, palette: Palette): string {
  if (registrations.length === 0) return '-';
  return registrations
    .map(({ registration, state }) => {
      const where = `${targetGroupName(registration.targetGroup)}:${registration.port}`;
      return state === 'healthy' ? where : `${where} ${palette.yellow(state)}`;
    })
    .join(', ');
}

function summary(status: GroupStatus, palette: Palette): string {
  const parts = troubles(status, palette);
  return parts.length === 0 ? palette.green('  All hosts are as configured.') : `  ${parts.join('; ')}.`;
}

function troubles({ hosts, mixed }: GroupStatus, palette: Palette): readonly string[] {
  const unknown = hosts.filter(({ error }) => error !== undefined).length;
  const drifted = hosts.filter(({ drift }) => drift.length > 0).length;
  return [
    ...(unknown > 0 ? [palette.red(`${countHosts(unknown)} could not be read`)] : []),
    ...(mixed ? [palette.yellow('the group is mixed: not all hosts run the same release')] : []),
    ...(drifted > 0
      ? [
          palette.yellow(
            `${countHosts(drifted)} ${drifted === 1 ? 'differs' : 'differ'} from the configuration`,
          ),
        ]
      : []),
  ];
}
