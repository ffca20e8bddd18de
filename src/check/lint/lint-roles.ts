import type { ModulesByName } from '../../modules/module.js';
import { loadPlaybook } from '../../playbook/load.js';
import { includesOf, tasksOf, type Play, type Playbook } from '../../playbook/playbook.js';
import type { ProjectFiles } from '../../ports/project-files.js';
import type { LintFindings } from './lint-findings.js';
import type { RoleFiles } from './project-layout.js';

/**
 * A playbook around each role of which these playbooks do not read all tasks, so that they are checked too. What is wrong with the files of the
 * roles is reported.
 */
export async function playbooksAroundRoles(
  roles: readonly RoleFiles[],
  playbooks: readonly Playbook[],
  files: ProjectFiles,
  modules: ModulesByName,
  findings: LintFindings,
): Promise<readonly Playbook[]> {
  const read = new Set(playbooks.flatMap(({ plays }) => plays).flatMap(filesOfTasks));
  const around: Playbook[] = [];
  for (const role of roles) {
    const isUsed = role.tasks.some((file) => read.has(file));
    const unread = role.tasks.filter((file) => !read.has(file));
    if (isUsed ? unread.length === 0 : role.tasks.length + role.others.length === 0) continue;
    const path = `a playbook around ${role.path}`;
    const text = JSON.stringify(playsAround(role, unread));
    const playbook = await findings.collectAsync(role.path, () =>
      loadPlaybook(withFile(files, path, text), path, modules),
    );
    if (playbook !== undefined) around.push(playbook);
  }
  return around;
}

const filesOfTasks = (play: Play): readonly string[] =>
  [...tasksOf(play), ...includesOf([...play.sections, ...play.handlers])].map(({ at }) => at.file);

/** Before the role comes another one that is not known: it may set any variable, and have any handler. */
const anything = [{ command: 'true', register: 'before' }, { include_role: { name: '{{ before.stdout }}' } }];

function playsAround({ path, tasks }: RoleFiles, unread: readonly string[]): readonly object[] {
  const isMain = (file: string): boolean => /^main\.ya?ml$/.test(file.slice(`${path}/tasks/`.length));
  const others = unread
    .filter((file) => !isMain(file))
    .map((file) => ({ import_role: { name: path, tasks_from: file.slice(`${path}/tasks/`.length) } }));
  const usesMain = tasks.every((file) => unread.includes(file)) || unread.some(isMain);
  return [
    { hosts: 'all', pre_tasks: anything, ...(usesMain ? { roles: [path] } : {}) },
    ...others.map((task) => ({ hosts: 'all', pre_tasks: anything, tasks: [task] })),
  ];
}

/** The files of a project, and one that is not there. */
const withFile = (files: ProjectFiles, path: string, text: string): ProjectFiles => ({
  read: (asked) => (asked === path ? Promise.resolve(text) : files.read(asked)),
  list: (folder) => files.list(folder),
  stat: (asked) => files.stat(asked),
  stream: (asked) => files.stream(asked),
  digest: (asked) => files.digest(asked),
  create: (asked) => files.create(asked),
});
