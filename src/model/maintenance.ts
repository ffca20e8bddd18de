import { defined } from './defined.js';
import type { EpochMilliseconds } from './duration.js';
import type { EnvironmentName, GroupName } from './ids.js';
import type { Listener, ListenerRule, PlacedRule } from './listener.js';
import type { Tag } from './tag.js';

/** A group whose clients get a page instead of the application, from `maintenance on` until `maintenance off`. */
export interface Maintenance {
  readonly since: EpochMilliseconds;
  readonly who: string;
  /** `--reason`. */
  readonly reason?: string;
}

/** Whose maintenance it is. */
export interface MaintenanceOf {
  readonly environment: EnvironmentName;
  readonly group: GroupName;
}

/** What a command about maintenance found and did, a rule of a listener each. */
export interface MaintenanceReport {
  readonly environment: EnvironmentName;
  readonly at: EpochMilliseconds;
  readonly state: 'on' | 'off';
  /** Nothing was changed: it was asked what would be. */
  readonly check: boolean;
  readonly groups: readonly GroupMaintenance[];
}

export interface GroupMaintenance {
  readonly group: GroupName;
  /** The target groups that clients do not reach meanwhile. */
  readonly targetGroups: readonly string[];
  readonly rules: readonly MaintenanceRule[];
}

export interface MaintenanceRule {
  readonly loadBalancer: string;
  readonly port: number;
  readonly priority: number;
  /** `kept` was there already. */
  readonly change: 'made' | 'removed' | 'kept';
}

const prefix = 'adfpush:maintenance:';

/** The key of the tag that marks target groups, and the rules that answer for them: `adfpush:maintenance:prod:api`. */
export const maintenanceKey = ({ environment, group }: MaintenanceOf): string =>
  `${prefix}${environment}:${group}`;

/** Whether a maintenance of any group made this rule. */
export const isOfMaintenance = ({ tags }: ListenerRule): boolean =>
  [...tags.keys()].some((key) => key.startsWith(prefix));

/** The rules that a maintenance made. */
export const rulesOf = (of: MaintenanceOf, listeners: readonly Listener[]): readonly PlacedRule[] =>
  listeners.flatMap((listener) =>
    listener.rules.filter(({ tags }) => tags.has(maintenanceKey(of))).map((rule) => ({ listener, rule })),
  );

/** What AWS allows the value of a tag. */
const longestValue = 256;

/** As a tag of a target group. */
export const maintenanceTag = (of: MaintenanceOf, { since, who, reason }: Maintenance): Tag => ({
  key: maintenanceKey(of),
  value: [
    new Date(since).toISOString(),
    who.replaceAll(/\s+/g, '_'),
    ...(reason === undefined ? [] : [reason]),
  ]
    .join(' ')
    // Letters, digits, spaces and these are all that a tag may have.
    .replaceAll(/[^\p{L}\p{N}+\-=._:/@ ]/gu, ' ')
    .slice(0, longestValue)
    .trimEnd(),
});

/** What a tag of a target group says; undefined where it says nothing of the kind. */
export function maintenanceIn(tags: readonly Tag[], of: MaintenanceOf): Maintenance | undefined {
  const value = tags.find(({ key }) => key === maintenanceKey(of))?.value;
  const [, at = '', who = '', reason] = /^(\S+) (\S+)(?: (.+))?$/.exec(value ?? '') ?? [];
  const since = Date.parse(at);
  return Number.isNaN(since) ? undefined : { since, who, ...defined({ reason }) };
}

/** `in maintenance since 2026-11-21 03:15 UTC, by anna@laptop (new database)` */
export function describeMaintenance({ since, who, reason }: Maintenance): string {
  const when = new Date(since).toISOString().slice(0, 16).replace('T', ' ');
  return `in maintenance since ${when} UTC, by ${who}${reason === undefined ? '' : ` (${reason})`}`;
}
