import { formatDuration } from '../model/duration.js';
import type { GroupLock, LockHolder, LockReport, ReleasedLock } from '../model/lock-report.js';
import { plainPalette, type Palette } from './palette.js';
import { visible } from '../model/visible.js';

export interface LockViewOptions {
  readonly palette?: Palette;
}

/** A paragraph a group: who holds its lock. */
export function renderLocks(
  { groups }: LockReport,
  { palette = plainPalette }: LockViewOptions = {},
): string {
  return visible(groups)
    .map((lock) => describeLock(lock, palette))
    .join('\n');
}

function describeLock({ group, epoch, holder }: GroupLock, palette: Palette): string {
  if (holder === undefined) {
    return `${palette.bold(group)}: ${palette.green('free')}${epoch === 0 ? ', never locked' : `, epoch ${epoch}`}`;
  }
  return [
    `${palette.bold(group)}: ${palette.yellow('locked')} by ${describeHolder(holder)}, epoch ${epoch}`,
    ...(holder.link === undefined ? [] : [`  ${holder.link}`]),
    `  runs out in ${formatDuration(holder.expiresIn)}, unless its run renews it`,
  ].join('\n');
}

/** What `lock release` did. */
export const renderReleased = (locks: readonly ReleasedLock[]): string =>
  visible(locks).map(describeReleased).join('\n');

function describeReleased({ group, epoch, holder, forced }: ReleasedLock): string {
  if (!forced) return `${group}: nothing to release, the lock is free`;
  const from = holder === undefined ? 'it was free' : `it was taken from ${describeHolder(holder)}`;
  return `${group}: released by force, ${from}; the epoch is ${epoch} now: who had it before changes nothing more`;
}

const describeHolder = ({ who, run, heldFor }: LockHolder): string =>
  `${who}, run ${run}, for ${formatDuration(heldFor)}`;
