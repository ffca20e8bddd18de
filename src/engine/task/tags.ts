import type { TagSelection } from '../run.js';

/**
 * Ansible's rules (ansible.playbook.taggable): `always` runs unless skipped, `never` only when asked for by one of its
 * tags, `all`, `tagged` and `untagged` as they say.
 */
export function isSelected(tags: readonly string[], { only = ['all'], skip }: TagSelection): boolean {
  const isTagged = tags.length > 0;
  const own = isTagged ? tags : ['untagged'];
  const isAmong = (chosen: readonly string[]): boolean => own.some((tag) => chosen.includes(tag));
  const always = own.includes('always');
  const asOneOfMany = only.includes('all') || (only.includes('tagged') && isTagged);
  const isWanted = always || isAmong(only) || (asOneOfMany && !own.includes('never'));
  const isSkipped =
    isAmong(skip) || (skip.includes('tagged') && isTagged) || (skip.includes('all') && !always);
  return isWanted && !isSkipped;
}
