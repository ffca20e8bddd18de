import { defined } from '../model/defined.js';
import { describeHost } from '../model/host.js';
import {
  hostChecks,
  type DoctorReport,
  type Finding,
  type HostCheck,
  type HostDiagnosis,
} from '../model/doctor-report.js';
import { countHosts, foldHosts } from './host-ranges.js';
import { plainPalette, type Palette } from './palette.js';
import { renderTable } from './table.js';
import { visible } from '../model/visible.js';

export interface DoctorViewOptions {
  readonly palette?: Palette;
  readonly width?: number;
}

/** A line a host with a column a check, then every problem with what to do about it. */
export function renderDoctor(found: DoctorReport, options: DoctorViewOptions = {}): string {
  const report = visible(found);
  const palette = options.palette ?? plainPalette;
  const { hosts, shared, environment } = report;
  return [
    palette.bold(`${environment}: ${countHosts(hosts.length)}`),
    ...shared
      .filter(({ status }) => status === 'ok')
      .map((finding) => `  ${headings[finding.check]}: ${finding.detail}`),
    '',
    ...renderTable(rowsOf(hosts, palette), {
      header: ['HOST', ...hostChecks.map((check) => headings[check].toUpperCase())],
      indent: '  ',
      styleHeader: palette.dim,
      ...defined({ width: options.width }),
    }),
    '',
    ...problemsOf(report).flatMap((problem) => problemLines(problem, palette)),
    summary(report, palette),
  ].join('\n');
}

const headings: Readonly<
  Record<Finding<HostCheck>['check'] | DoctorReport['shared'][number]['check'], string>
> = {
  hosts: 'hosts',
  account: 'account',
  image: 'image',
  target_groups: 'target groups',
  own_clock: 'clock of this machine',
  name: 'name',
  tcp: 'tcp',
  host_key: 'host key',
  authentication: 'login',
  shell: 'shell',
  start_up_files: 'start-up',
  clock: 'clock',
  docker: 'docker',
  disk: 'disk',
  blips: 'blips',
};

const rowsOf = (hosts: readonly HostDiagnosis[], palette: Palette): (readonly string[])[] =>
  hosts.map((host) => [labelOf(host, hosts), ...host.findings.map((finding) => cellOf(finding, palette))]);

/** Two hosts may share a name. */
const labelOf = ({ host, name }: HostDiagnosis, all: readonly HostDiagnosis[]): string =>
  all.filter((other) => other.name === name).length > 1 ? describeHost({ id: host, name }) : name;

/** Numbers worth comparing stand in the table; all other words stand below it. */
function cellOf({ check, status, detail }: Finding<HostCheck>, palette: Palette): string {
  switch (status) {
    case 'ok':
      return ['shell', 'start_up_files', 'docker', 'disk'].includes(check) ? detail : palette.green('ok');
    case 'warning':
      return palette.yellow('warning');
    case 'failed':
      return palette.red('FAILED');
    case 'not_checked':
      return palette.dim('-');
  }
}

interface Problem {
  readonly hosts: readonly string[];
  readonly finding: Finding;
  readonly heading: string;
}

/** Failures first; the same words about several hosts are one problem. */
function problemsOf({ shared, hosts }: DoctorReport): readonly Problem[] {
  const all = [
    ...shared.map((finding) => ({ host: undefined, finding, heading: headings[finding.check] })),
    ...hosts.flatMap((host) =>
      host.findings.map((finding) => ({
        host: labelOf(host, hosts),
        finding,
        heading: headings[finding.check],
      })),
    ),
  ].filter(({ finding: { status } }) => status === 'failed' || status === 'warning');
  const same = Map.groupBy(all, ({ finding }) => JSON.stringify(finding));
  return [...same.values()]
    .flatMap((group): Problem[] => {
      const [first] = group;
      return first === undefined ? [] : [{ ...first, hosts: group.flatMap(({ host }) => host ?? []) }];
    })
    .toSorted((a, b) => rank(a) - rank(b));
}

const rank = ({ finding }: Problem): number => (finding.status === 'failed' ? 0 : 1);

function problemLines({ hosts, finding, heading }: Problem, palette: Palette): readonly string[] {
  const { status, detail, hint } = finding;
  const mark = status === 'failed' ? palette.red('FAILED') : palette.yellow('warning');
  const where = hosts.length === 0 ? '' : `${palette.bold(foldHosts(hosts, 4))}, `;
  return [
    `  ${mark}  ${where}${heading}: ${detail}`,
    ...(hint === undefined ? [] : hint.split('\n').map((line) => `          ${line}`)),
    '',
  ];
}

function summary({ shared, hosts }: DoctorReport, palette: Palette): string {
  const failing = hosts.filter(({ findings }) => findings.some(({ status }) => status === 'failed')).length;
  const warned = problemCount(shared, hosts, 'warning');
  const broken = problemCount(shared, [], 'failed');
  const parts = [
    ...(failing > 0 ? [palette.red(`${countHosts(failing)} of ${hosts.length} cannot be deployed to`)] : []),
    ...(broken > 0 ? [palette.red(`${broken} of what all share does not work`)] : []),
    ...(warned > 0 ? [palette.yellow(`${warned} ${warned === 1 ? 'warning' : 'warnings'}`)] : []),
  ];
  return parts.length === 0 ? palette.green('  All is well.') : `  ${parts.join('; ')}.`;
}

const problemCount = (
  shared: DoctorReport['shared'],
  hosts: readonly HostDiagnosis[],
  wanted: Finding['status'],
): number =>
  [...shared, ...hosts.flatMap(({ findings }) => findings)].filter(({ status }) => status === wanted).length;
