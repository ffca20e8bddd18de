import { noSuchTask } from '../errors/playbook.js';
import { leaves, writtenTitle, type Play, type Playbook, type Section, type TaskNode } from './playbook.js';

/**
 * The playbook from a task on, as `--start-at-task` has it: what comes before the first task of that name is left out, plays too; handlers
 * stay. A task of a role is also known as `role : name`; one that is included at run time is none to start at. The name may be a glob of `*` and `?`, and is compared as it stands in the file. A task in a rescue is none to start at. Throws
 * `playbook.no_such_task`.
 */
export function startAt(playbook: Playbook, name: string): Playbook {
  const isMeant = matcher(name);
  const [first, ...later] = dropUntil(playbook.plays, (play) => playFrom(play, isMeant));
  if (first === undefined) {
    const names = playbook.plays.flatMap(({ sections }) => leaves(sections).map(writtenTitle));
    throw noSuchTask(name, [...new Set(names)]);
  }
  return { ...playbook, plays: [first, ...later] };
}

type IsMeant = (name: string) => boolean;

function matcher(name: string): IsMeant {
  const source = name.replace(/[^a-zA-Z0-9]/gu, (sign) =>
    sign === '*' ? '.*' : sign === '?' ? '.' : `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`,
  );
  const glob = new RegExp(`^${source}$`, 'su');
  return (candidate) => candidate === name || glob.test(candidate);
}

function playFrom(play: Play, isMeant: IsMeant): Play | undefined {
  const sections = dropUntil(play.sections, (section): Section | undefined => {
    const nodes = nodesFrom(section.nodes, isMeant);
    return nodes.length === 0 ? undefined : { ...section, nodes };
  });
  return sections.length === 0 ? undefined : { ...play, sections };
}

const nodesFrom = (nodes: readonly TaskNode[], isMeant: IsMeant): readonly TaskNode[] =>
  dropUntil(nodes, (node) => nodeFrom(node, isMeant));

function nodeFrom(node: TaskNode, isMeant: IsMeant): TaskNode | undefined {
  if (node.kind === 'task' || node.kind === 'include')
    return isMeant(node.name.value) || isMeant(writtenTitle(node)) ? node : undefined;
  const nodes = nodesFrom(node.nodes, isMeant);
  return nodes.length === 0 ? undefined : { ...node, nodes };
}

/** From the first item on that `cut` finds something in, which is cut too. */
function dropUntil<T>(items: readonly T[], cut: (item: T) => T | undefined): readonly T[] {
  for (const [index, item] of items.entries()) {
    const rest = cut(item);
    if (rest !== undefined) return [rest, ...items.slice(index + 1)];
  }
  return [];
}
