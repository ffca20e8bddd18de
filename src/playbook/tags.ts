import { throwAll } from '../errors/diagnostics.js';
import { nothingSelected, unknownTag } from '../errors/playbook.js';
import { includesOf, isOpenEnded, tasksOf, walk, type Playbook } from './playbook.js';

/** `--tags` and `--skip-tags`; undefined tags select all. */
export interface TagSelection {
  readonly only: readonly string[] | undefined;
  readonly skip: readonly string[];
}

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

const special = ['all', 'tagged', 'untagged', 'always', 'never'];

/**
 * Refuses a tag that no task has: a misspelt one would leave out what was asked for, or run what was to be skipped. And a selection that leaves no
 * task. Not where files are included whose names are known only in the run: they may bring any tag. Throws `playbook.unknown_tag`,
 * `playbook.nothing_selected`.
 */
export function requireTags({ plays }: Playbook, selection: TagSelection): void {
  const { only = [], skip } = selection;
  if ((only.length === 0 && skip.length === 0) || plays.some(isOpenEnded)) return;
  const parts = plays.flatMap((play) => [
    ...tasksOf(play),
    ...includesOf([...play.sections, ...play.handlers]),
  ]);
  const known = [...new Set(parts.flatMap(({ tags }) => tags))].sort();
  const unknownOf = (flag: string, tags: readonly string[]) =>
    tags
      .filter((tag) => !known.includes(tag) && !special.includes(tag))
      .map((tag) => unknownTag(flag, tag, known));
  throwAll([...unknownOf('--tags', only), ...unknownOf('--skip-tags', skip)]);
  const inTurn = plays.flatMap(({ sections }) => walk(sections));
  if (!inTurn.some(({ tags }) => isSelected(tags, selection))) throw nothingSelected(known);
}
