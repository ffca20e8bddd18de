import type { Statement } from './story.js';

const promise = 0;

/**
 * What a run suspended of an Auto Scaling group is resumed, exactly, and its tag is taken off: unless hosts are named, which the group would
 * replace, or the last one to look said that it could not.
 */
export const resumesScaling: Statement = ({ initial, final, named, programs, isOver }) => {
  if (!isOver || named.length > 0 || programs.at(-1)?.exit === 5) return [];
  const now = new Map((final.scaling ?? []).map((group) => [group.name, JSON.stringify(group)]));
  return (initial.scaling ?? [])
    .filter((group) => now.get(group.name) !== JSON.stringify(group))
    .map((group) => ({
      statement: promise,
      at: final.at,
      what: `${JSON.stringify(group)} was left as ${now.get(group.name) ?? 'nothing'}`,
    }));
};
