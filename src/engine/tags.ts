import type { TagSelection } from './run.js';

/** Ansible's rules: `always` runs unless skipped, `never` only when asked for, `all` and `untagged` as they say. */
export function isSelected(tags: readonly string[], { only, skip }: TagSelection): boolean {
  if (tags.some((tag) => skip.includes(tag))) return false;
  if (only === undefined || only.includes('all')) {
    return !tags.includes('never') || tags.some((tag) => only?.includes(tag) === true && tag !== 'never');
  }
  if (tags.includes('always')) return true;
  return tags.length === 0 ? only.includes('untagged') : tags.some((tag) => only.includes(tag));
}
