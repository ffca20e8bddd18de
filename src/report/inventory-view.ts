import { defined } from '../model/defined.js';
import { describeHost, type Host } from '../model/host.js';
import { plainPalette, type Palette } from './palette.js';
import { renderTable } from './table.js';
import { visible } from '../model/visible.js';

export interface InventoryViewOptions {
  readonly palette?: Palette;
  readonly width?: number;
}

/** The hosts in a table. */
export function renderInventoryList(all: readonly Host[], options: InventoryViewOptions = {}): string {
  const palette = options.palette ?? plainPalette;
  const rows = visible(all).map((host) => [
    host.name,
    host.id,
    host.groups.join(','),
    host.address,
    host.zone ?? '-',
  ]);
  const table = renderTable(rows, {
    header: ['HOST', 'ID', 'GROUPS', 'ADDRESS', 'ZONE'],
    styleHeader: palette.dim,
    ...defined({ width: options.width }),
  });
  return table.join('\n');
}

/** The groups with their hosts, in the notation of `ansible-inventory --graph`. */
export function renderInventoryGraph(all: readonly Host[], options: InventoryViewOptions = {}): string {
  const hosts = visible(all);
  const palette = options.palette ?? plainPalette;
  const groups = [...new Set(hosts.flatMap((host) => host.groups))].sort();
  const members = (group: Host['groups'][number]): string[] =>
    hosts.filter((host) => host.groups.includes(group)).map((host) => `  |  |--${describeHost(host)}`);
  const ungrouped = hosts
    .filter((host) => host.groups.length === 0)
    .map((host) => `  |  |--${describeHost(host)}`);
  return [
    palette.bold('@all:'),
    ...groups.flatMap((group) => [`  |--${palette.bold(`@${group}:`)}`, ...members(group)]),
    ...(ungrouped.length === 0 ? [] : [`  |--${palette.bold('@ungrouped:')}`, ...ungrouped]),
  ].join('\n');
}
