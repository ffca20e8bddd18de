import { posix } from 'node:path';
import { loopOnImport, tasksNotFound, unknownKeyword, wrongKeywordValue } from '../errors/playbook.js';
import { describeValue, isMapping } from '../expression/describe.js';
import { mayBeTemplate } from '../expression/templates.js';
import { beside, within, type Import, type OpenFile } from './files.js';
import { hintForKeyword } from './ansible-keywords.js';
import { inheritedBelow } from './inherited.js';
import { importKeywords, isOldLoop } from './keywords.js';
import type { MappingReader } from './mapping-reader.js';
import type { Inherited, TaskNode } from './playbook.js';
import { importRole } from './role-reader.js';
import type { TreeReader } from './tree-reader.js';

/** What brings tasks in while the playbook is read. */
export const importKinds = ['import_tasks', 'import_role'] as const;
type ImportKind = (typeof importKinds)[number];

/** The tasks that take the place of an import. They inherit its keywords. */
export async function readImport(
  kind: ImportKind,
  node: MappingReader,
  above: Inherited,
  tree: TreeReader,
): Promise<readonly TaskNode[]> {
  refuseOtherKeywords(kind, node);
  const inherited = inheritedBelow(node, above);
  const nodes = await tree.reading.diagnostics.collectAsync(async () =>
    kind === 'import_role' ? importRole(node, inherited, tree) : importTasks(node, inherited, tree),
  );
  return nodes ?? [];
}

async function importTasks(
  node: MappingReader,
  inherited: Inherited,
  tree: TreeReader,
): Promise<readonly TaskNode[]> {
  const given = node.value('import_tasks');
  const path = isMapping(given) ? given['file'] : given;
  const place = isMapping(given) ? node.within('import_tasks').placeOf('file') : node.placeOf('import_tasks');
  if (typeof path !== 'string' || path === '' || mayBeTemplate(path)) {
    const isTemplate = typeof path === 'string' && path !== '';
    const hint = isTemplate ? 'It is read before there are variables: use include_tasks.' : undefined;
    throw wrongKeywordValue('import_tasks', 'the path of a file of tasks', describeValue(path), place, hint);
  }
  return tree.of(await openTasks(path, inherited, tree, { place })).all(inherited);
}

/**
 * Opens a file of tasks: beside the file that names it, among the tasks of its role, or beside the playbook. Throws
 * `playbook.tasks_not_found`, `playbook.import_cycle`, and what is wrong with its YAML.
 */
export async function openTasks(
  path: string,
  { role }: Inherited,
  { file: by, reading }: TreeReader,
  from: Omit<Import, 'by'>,
): Promise<OpenFile> {
  const paths = [
    beside(by, path),
    ...(role === undefined ? [] : [within(`${role.path}/tasks`, path)]),
    within(posix.dirname(reading.playbook), path),
  ];
  const looked = [...new Set(paths)];
  const file = await reading.graph.openFirst(looked, { ...from, by });
  if (file !== undefined) return file;
  const others = await reading.files.list(posix.dirname(looked[0] ?? path));
  const known = others.filter((name) => /\.ya?ml$/.test(name));
  throw tasksNotFound(path, looked, known, from.place);
}

function refuseOtherKeywords(kind: ImportKind, node: MappingReader): void {
  for (const key of node.keys) {
    if (key === kind || importKeywords.includes(key)) continue;
    const place = node.placeOfKey(key);
    const isLoop = key === 'loop' || key === 'loop_control' || isOldLoop(key);
    node.report(
      isLoop
        ? loopOnImport(key, kind, kind.replace('import', 'include'), place)
        : unknownKeyword(key, kind, importKeywords, place, hintFor(key, kind)),
    );
  }
}

/** Words of a task that runs. */
const hintFor = (key: string, kind: ImportKind): string | undefined =>
  ['register', 'until', 'retries', 'delay', 'failed_when', 'changed_when'].includes(key)
    ? `${kind} does not run itself: write ${key} on the tasks that it imports.`
    : hintForKeyword(key, 'block');
