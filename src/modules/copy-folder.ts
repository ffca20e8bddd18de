import { fileProblems } from '../errors/files.js';
import { sourceNotAFile } from '../errors/inventory.js';
import { defined } from '../model/defined.js';
import type { FileLook } from '../ports/host-files.js';
import type { ProjectFiles } from '../ports/project-files.js';
import { compare, makeChange, type FileChange, type WantedFile } from './file-content.js';
import type { Change, ModuleHost, ModuleResult } from './module.js';
import type { FoundSource } from './source-files.js';
import { fileFilling, type Filling } from './text-content.js';

/** A tree on the control side: names relative to its root, folders before what is in them. */
export interface SourceTree {
  readonly folders: readonly string[];
  readonly files: readonly { readonly name: string; readonly filling: Filling }[];
}

export async function readTree(project: ProjectFiles, root: FoundSource): Promise<SourceTree> {
  const folders: string[] = [];
  const files: { name: string; filling: Filling }[] = [];
  const visit = async (name: string): Promise<void> => {
    for (const child of await project.list(`${root.path}${name === '' ? '' : `/${name}`}`)) {
      const inner = name === '' ? child : `${name}/${child}`;
      const path = `${root.path}/${inner}`;
      const found = await project.stat(path);
      if (found?.kind === 'directory') {
        folders.push(inner);
        await visit(inner);
      } else if (found?.kind === 'file') {
        files.push({ name: inner, filling: await fileFilling(project, { path, ...found }) });
      } else {
        throw sourceNotAFile(path, 'Only files and folders, and links to them, can be copied.');
      }
    }
  };
  await visit('');
  return { folders, files };
}

/** What of a tree differs on the host. */
export interface TreeChange {
  readonly root: string;
  readonly folders: readonly string[];
  readonly files: readonly { readonly wanted: WantedFile; readonly change: FileChange }[];
}

/** Diffs of more files than this are not worth reading. */
const mostDiffs = 50;

/** Compares a whole tree in one look. What is on the host and not in the tree is left alone, as Ansible does. */
export async function checkTree(
  root: string,
  tree: SourceTree,
  wantedOf: (dest: string, filling: Filling) => WantedFile,
  host: ModuleHost,
): Promise<Change<TreeChange>> {
  const folders = [root, ...tree.folders.map((name) => `${root}/${name}`)];
  const wanted = tree.files.map(({ name, filling }) => wantedOf(`${root}/${name}`, filling));
  const looks = await host.files.look(
    [...folders, ...wanted.map(({ dest }) => dest)].map((path) => ({ path })),
  );
  const missing = folders.filter((path, index) => !isFolder(path, looks[index], host));
  const files: { wanted: WantedFile; change: FileChange }[] = [];
  for (const [index, one] of wanted.entries()) {
    const look = looks[folders.length + index];
    if (look === undefined) throw fileProblems.unseen(host.host, one.dest, '');
    // Its folder is there, or made before it.
    const change = await compare(one, { ...look, inFolder: true }, host);
    if (change !== undefined) files.push({ wanted: one, change });
  }
  if (missing.length === 0 && files.length === 0) {
    const values = { dest: root, path: root, state: 'directory', files: wanted.length };
    return { changes: false, result: { changed: false, message: `${root} is as wanted`, values } };
  }
  const diffs = [...missing.map((path) => `new folder ${path}`), ...files.map(({ change }) => change.diff)];
  const more = diffs.length - mostDiffs;
  return {
    changes: true,
    summary: `copy ${files.length} of ${wanted.length} files to ${root}`,
    diff: [...diffs.slice(0, mostDiffs), ...(more > 0 ? [`… and ${more} more`] : [])].join('\n'),
    takes: [],
    details: { root, folders: missing, files },
  };
}

/** Throws when something else is in the way. */
function isFolder(path: string, look: FileLook | undefined, { host }: ModuleHost): boolean {
  const kind = look?.stat?.kind;
  if (kind === undefined) return false;
  // A link may lead to one; whatever it leads to, files are written into it or refused.
  if (kind !== 'directory' && kind !== 'link') throw fileProblems.other_kind(host, path, `a ${kind}`);
  return true;
}

export async function applyTree(
  { root, folders, files }: TreeChange,
  attributes: Pick<WantedFile, 'attributes' | 'directoryMode'>,
  host: ModuleHost,
): Promise<ModuleResult> {
  const { mode: _mode, ...owners } = attributes.attributes;
  const { directoryMode: mode } = attributes;
  for (const path of folders) {
    await host.files.shape(path, { kind: 'directory' }, { ...owners, ...defined({ mode }) });
  }
  for (const [index, { wanted, change }] of files.entries()) {
    host.progress(`sending ${change.path}`, index, files.length);
    await makeChange(wanted, change, host);
  }
  return {
    changed: true,
    message: `copied ${files.length} files to ${root}`,
    values: { dest: root, path: root, state: 'directory', files: files.length },
  };
}
