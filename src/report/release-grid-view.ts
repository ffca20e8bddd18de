import { defined } from '../model/defined.js';
import type { EpochMilliseconds } from '../model/duration.js';
import type { GridEnvironment, ReleaseGrid } from '../model/release-grid.js';
import type { GroupStatus } from '../model/status-report.js';
import { onOneLine, visible } from '../model/visible.js';
import { plainPalette, type Palette } from './palette.js';
import { isWell, notes, releasesOf } from './status-view.js';
import { renderTable } from './table.js';

export interface ReleaseGridViewOptions {
  readonly palette?: Palette;
  readonly width?: number;
}

/** Groups by environments, each with what runs there and for how long; what needs a look comes first, and is told below the table. */
export function renderReleaseGrid(
  told: ReleaseGrid,
  { palette = plainPalette, width }: ReleaseGridViewOptions = {},
): string {
  const { environments } = visible(told);
  const named = environments.flatMap(({ groups }) => groups.map(({ group }) => group));
  const isSick = (name: string): boolean =>
    environments.some(({ groups }) => groups.some((one) => one.group === name && !isWell(one)));
  const names = [...new Set(named)].toSorted().toSorted((a, b) => Number(isSick(b)) - Number(isSick(a)));
  const rows = names.map((name) => [name, ...environments.map((one) => cellOf(name, one, palette))]);
  const header = ['GROUP', ...environments.map(({ environment }) => environment)];
  return [
    ...renderTable(rows, { header, indent: '', styleHeader: palette.dim, ...defined({ width }) }),
    ...environments.flatMap((one) => remarksOn(one, palette)),
  ].join('\n');
}

/** `v2 3 d`, with a mark where something needs a look. */
function cellOf(name: string, { groups, at, error }: GridEnvironment, { yellow, red }: Palette): string {
  if (error !== undefined) return red('?');
  const status = groups.find(({ group }) => group === name);
  if (status === undefined) return '-';
  const since = Math.min(...startsOf(status));
  const age = at === undefined || since === Infinity ? '' : ` ${ageOf(at - since)}`;
  const text = `${releasesOf(status)}${age}`;
  return isWell(status) ? text : yellow(`${text} !`);
}

const startsOf = ({ hosts }: GroupStatus): readonly EpochMilliseconds[] =>
  hosts.flatMap(({ containers }) => containers.flatMap(({ startedAt }) => startedAt ?? []));

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];

/** In the largest unit that there is one of; a minute at least. */
function ageOf(age: number): string {
  if (age >= day) return `${Math.floor(age / day)} d`;
  return age >= hour ? `${Math.floor(age / hour)} h` : `${Math.max(1, Math.floor(age / minute))} min`;
}

function remarksOn({ environment, groups, error }: GridEnvironment, palette: Palette): readonly string[] {
  if (error !== undefined) return [palette.red(`${environment}: ${onOneLine(error.message)}`)];
  return groups
    .filter((group) => !isWell(group))
    .map((group) => `${group.group} in ${environment}: ${notes(group, palette)}`);
}
