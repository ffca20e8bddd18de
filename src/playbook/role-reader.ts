import { wrongKeywordValue } from '../errors/playbook.js';
import { roleCycle, roleParameter, templateInRole } from '../errors/roles.js';
import { describeValue, isMapping } from '../expression/describe.js';
import { mayBeTemplate } from '../expression/templates.js';
import { defined } from '../model/defined.js';
import type { ValuePath } from '../model/source.js';
import type { Import, OpenFile } from './files.js';
import { hintForKeyword } from './ansible-keywords.js';
import { inheritedBelow } from './inherited.js';
import { roleEntryKeywords } from './keywords.js';
import { MappingReader } from './mapping-reader.js';
import type {
  Inherited,
  Raw,
  RoleNode,
  RoleScope,
  RoleVariables,
  TaskNode,
  VariableTexts,
} from './playbook.js';
import { withinInclude } from './reading.js';
import { readRoleArguments, roleFiles, type RoleFiles } from './role-arguments.js';
import { findRole, RoleFolder } from './role-files.js';
import { readRoleMeta } from './role-meta.js';
import type { TreeReader } from './tree-reader.js';

/** A role as a play, a task or another role uses it. */
export interface RoleUse extends Omit<Import, 'by'> {
  readonly files: RoleFiles;
  /** What its tasks inherit from around it. */
  readonly inherited: Inherited;
  /** The `vars` of an entry in `roles` or in `dependencies`. */
  readonly vars?: Raw<VariableTexts>;
  /** What tells this use of the role from others, beside its files. */
  readonly own: unknown;
  /** It runs also where the same role ran already; when it is absent, the role itself says so. */
  readonly mayRepeat?: boolean;
}

/** A role whose folder was found. */
export interface OpenRole {
  readonly folder: RoleFolder;
  /** Absent when it has none. */
  readonly tasks?: OpenFile;
}

/** What a role comes to: its tasks after those of its dependencies, and its variables with theirs below them. */
export interface ReadRole {
  readonly nodes: readonly TaskNode[];
  readonly variables: RoleVariables;
}

/** The `roles` of a play. */
export const readRoles = (
  play: MappingReader,
  inherited: Inherited,
  tree: TreeReader,
): Promise<readonly TaskNode[]> => readEntries(play, 'roles', inherited, tree, []).then(nodesOf);

/** The tasks of `import_role`. Throws what is wrong with the role. */
export async function importRole(
  node: MappingReader,
  inherited: Inherited,
  tree: TreeReader,
): Promise<readonly TaskNode[]> {
  const args = readRoleArguments('import_role', node);
  if (args === undefined) return [];
  const { value } = args.source;
  const template = Object.keys(value).find((key) => mayBeTemplate(String(value[key])));
  const reader = node.within('import_role');
  if (template !== undefined) throw templateInRole(template, 'import_role', reader.placeOf(template));
  const use: RoleUse = {
    files: roleFiles(value),
    place: reader.placeOf('name'),
    inherited,
    own: args.own,
    mayRepeat: args.mayRepeat,
  };
  const { nodes, variables } = await readRole(await openRole(use, tree), use, tree);
  return args.isPublic ? nodes.map((one) => publishing(one, variables)) : nodes;
}

const publishing = (node: TaskNode, publishes: RoleVariables): TaskNode =>
  node.kind === 'role' ? { ...node, publishes } : node;

/** Finds a role and its tasks. Throws `role.*`, and what is wrong with the file's YAML. */
export async function openRole(use: RoleUse, { file, reading }: TreeReader): Promise<OpenRole> {
  const { files, inherited, ...from } = use;
  const { name } = files;
  const path = await findRole(name, inherited.role, reading, from.place);
  const folder = new RoleFolder(name, path, reading, { ...from, by: file });
  const tasks = await folder.open('tasks', files.tasks);
  return { folder, ...defined({ tasks }) };
}

/** Reads a role with its dependencies. `parents` are the folders of the roles that depend on it. Throws what is wrong with it. */
export async function readRole(
  { folder, tasks }: OpenRole,
  { files, inherited, vars, own, mayRepeat }: RoleUse,
  tree: TreeReader,
  parents: readonly string[] = [],
): Promise<ReadRole> {
  const { reading } = tree;
  const { path } = folder;
  const meta = readRoleMeta(await folder.open('meta'));
  const variables: RoleVariables = {
    defaults: await folder.variables('defaults', files.defaults),
    vars: [...(vars === undefined ? [] : [vars]), ...(await folder.variables('vars', files.vars))],
  };
  const around = inherited.role ?? nothing;
  const key = JSON.stringify([path, files, own]);
  const scope: RoleScope = {
    key,
    name: files.name.split('/').at(-1) ?? files.name,
    path,
    ...joined(around, variables),
  };
  const folders = [...new Set([path, ...inherited.folders])];
  const { dependencies: entries, file = tree.file } = meta;
  const dependencies =
    entries === undefined
      ? []
      : await readEntries(entries, 'dependencies', { ...inherited, folders, role: scope }, tree.of(file), [
          ...parents,
          path,
        ]);
  const below = dependencies.map((one) => one.variables).reduce(joined, nothing);
  // A role sees what the roles that depend on it set, and above these what its own dependencies do.
  const role: RoleScope = {
    ...scope,
    defaults: [...below.defaults, ...scope.defaults],
    vars: [...around.vars, ...below.vars, ...variables.vars],
  };
  const given = { ...inherited, folders, role };
  await reading.handlers.add(key, async () => {
    const handlers = await folder.open('handlers', files.handlers);
    const above = { ...given, isRescued: false, notify: [] };
    return handlers === undefined ? [] : tree.of(handlers, withinInclude(reading)).allHandlers(above);
  });
  const node: RoleNode = {
    kind: 'role',
    key,
    mayRepeat: mayRepeat ?? meta.mayRepeat,
    nodes: tasks === undefined ? [] : await tree.of(tasks).all(given),
  };
  return { nodes: [...nodesOf(dependencies), node], variables: joined(below, variables) };
}

const nothing: RoleVariables = { defaults: [], vars: [] };

const joined = (below: RoleVariables, above: RoleVariables): RoleVariables => ({
  defaults: [...below.defaults, ...above.defaults],
  vars: [...below.vars, ...above.vars],
});

const nodesOf = (roles: readonly ReadRole[]): readonly TaskNode[] => roles.flatMap(({ nodes }) => nodes);

/** The roles that a list names. What is wrong is reported. */
async function readEntries(
  owner: MappingReader,
  key: 'roles' | 'dependencies',
  inherited: Inherited,
  tree: TreeReader,
  parents: readonly string[],
): Promise<readonly ReadRole[]> {
  const list = owner.read(key, 'a list of roles', (value): readonly unknown[] | undefined =>
    Array.isArray(value) ? value : undefined,
  );
  const roles: ReadRole[] = [];
  for (const [index, item] of (list ?? []).entries()) {
    const role = await tree.reading.diagnostics.collectAsync(() => {
      const use = readEntry(item, [...owner.pathOf(key), index], inherited, tree);
      return readEntryRole(use, tree, parents);
    });
    if (role !== undefined) roles.push(role);
  }
  return roles;
}

async function readEntryRole(use: RoleUse, tree: TreeReader, parents: readonly string[]): Promise<ReadRole> {
  const role = await openRole(use, tree);
  const { path } = role.folder;
  if (parents.includes(path)) throw roleCycle([...parents.slice(parents.indexOf(path)), path], use.place);
  return readRole(role, use, tree, parents);
}

/** `name`, or a mapping with `role` and what its tasks inherit. Throws when it names no role. */
function readEntry(item: unknown, path: ValuePath, above: Inherited, { file }: TreeReader): RoleUse {
  const { document } = file;
  const entry = new MappingReader(document, isMapping(item) ? item : {}, path);
  const name: unknown = isMapping(item) ? (item['role'] ?? item['name']) : item;
  const place = isMapping(item)
    ? entry.placeOf(item['role'] === undefined ? 'name' : 'role')
    : document.placeOf(path);
  if (typeof name !== 'string' || name === '') {
    const hint = 'Write "- nginx", or "- { role: nginx, vars: … }".';
    throw wrongKeywordValue('role', 'the name of a role', describeValue(name), place, hint);
  }
  if (mayBeTemplate(name)) throw templateInRole('name', 'a list of roles', place);
  for (const key of entry.keys.filter((one) => !roleEntryKeywords.includes(one))) {
    document.diagnostics.report(
      roleParameter(key, name, roleEntryKeywords, entry.placeOfKey(key), hintForKeyword(key, 'block')),
    );
  }
  const { vars: _vars, ...inherited } = inheritedBelow(entry, above);
  return {
    files: { name },
    place,
    inherited: { ...inherited, vars: above.vars },
    vars: entry.variables('vars'),
    own: [entry.value('vars'), entry.value('when'), entry.value('tags')],
  };
}
