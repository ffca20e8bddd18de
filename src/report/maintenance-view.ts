import type { GroupMaintenance, MaintenanceReport, MaintenanceRule } from '../model/maintenance.js';
import { visible } from '../model/visible.js';
import { plainPalette, type Palette } from './palette.js';

export interface MaintenanceViewOptions {
  readonly palette?: Palette;
}

/** What a command about maintenance found and did, as text. */
export function renderMaintenance(
  seen: MaintenanceReport,
  { palette = plainPalette }: MaintenanceViewOptions = {},
): string {
  const report = visible(seen);
  const { environment, groups, check } = report;
  return groups
    .flatMap((group) => [
      palette.bold(`${group.group} in ${environment}: ${titleOf(group, report)}`),
      ...group.rules.map((rule) => `  ${lineOf(rule, check)}`),
    ])
    .join('\n');
}

function titleOf({ rules, targetGroups }: GroupMaintenance, { state, check }: MaintenanceReport): string {
  const names = targetGroups.join(', ');
  const changed = rules.some(({ change }) => change !== 'kept');
  if (state === 'off') {
    if (!changed) return 'not in maintenance, nothing to end';
    return check ? 'maintenance would end' : `maintenance is over, clients reach ${names} again`;
  }
  if (!changed) return `in maintenance already, clients of ${names} get the page`;
  return `clients of ${names} ${check ? 'would get' : 'get'} the page`;
}

function lineOf({ loadBalancer, port, priority, change }: MaintenanceRule, check: boolean): string {
  const word = {
    made: check ? 'would make' : 'made',
    removed: check ? 'would remove' : 'removed',
    kept: 'kept',
  };
  return `${word[change]} rule ${priority} of ${loadBalancer}:${port}`;
}
