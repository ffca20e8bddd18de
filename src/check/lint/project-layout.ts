import { endpointsName } from '../../config/endpoints-file.js';
import { defined } from '../../model/defined.js';
import type { ProjectFiles } from '../../ports/project-files.js';

/** A file that says something of what its name says. */
export interface NamedFile {
  /** The environment, group or host: the name of the file without its ending. */
  readonly name: string;
  readonly file: string;
}

/** The files of a role that hold YAML. */
export interface RoleFiles {
  /** Its folder: `roles/web`. */
  readonly path: string;
  /** Those of its tasks. */
  readonly tasks: readonly string[];
  /** Those of its handlers, variables and `meta`. */
  readonly others: readonly string[];
}

/** The files of a project that `lint` looks at by themselves. What they use is looked at with them. */
export interface ProjectLayout {
  /** Absent when there is no adfpush.yml. */
  readonly config?: string;
  readonly environments: readonly NamedFile[];
  /** The service URLs of the environments; absent when there is no such file. */
  readonly endpoints?: string;
  readonly groupVars: readonly NamedFile[];
  readonly hostVars: readonly NamedFile[];
  /** All YAML files below `playbooks`, but for those of roles: plays, and what plays include. */
  readonly playbooks: readonly string[];
  /** The roles of the project, and those beside its playbooks. */
  readonly roles: readonly RoleFiles[];
  /** The templates of the project and of its roles, by their endings. */
  readonly templates: readonly string[];
}

/** Finds the files of a project. Throws `config.unreadable_file` for a folder that cannot be read. */
export async function projectLayout(files: ProjectFiles, config: string): Promise<ProjectLayout> {
  const roles = await rolesOf(files);
  const [inventory, groupVars, hostVars, playbooks, templates, hasConfig] = await Promise.all([
    namedFiles(files, 'inventory'),
    namedFiles(files, 'inventory/group_vars'),
    namedFiles(files, 'inventory/host_vars'),
    below(files, 'playbooks', isYaml),
    templatesOf(files, roles),
    files.stat(config),
  ]);
  const endpoints = inventory.find(({ name }) => name === endpointsName)?.file;
  return {
    ...(hasConfig?.kind === 'file' ? { config } : {}),
    environments: inventory.filter(({ name }) => name !== endpointsName),
    ...defined({ endpoints }),
    groupVars,
    hostVars,
    playbooks: playbooks.filter((file) => !roles.some(({ path }) => file.startsWith(`${path}/`))),
    roles,
    templates,
  };
}

const isYaml = (name: string): boolean => /^[^.].*\.ya?ml$/.test(name);

async function namedFiles(files: ProjectFiles, folder: string): Promise<readonly NamedFile[]> {
  const names = (await files.list(folder)).filter(isYaml);
  return names.map((name) => ({ name: name.replace(/\.ya?ml$/, ''), file: `${folder}/${name}` }));
}

/** Files with Jinja's endings count too, so that lint says what differs in them. */
const isTemplate = (name: string): boolean => /^[^.].*\.(hbs|j2|jinja2?)$/.test(name);

async function templatesOf(files: ProjectFiles, roles: readonly RoleFiles[]): Promise<readonly string[]> {
  const folders = ['templates', ...roles.map(({ path }) => `${path}/templates`)];
  const found = await Promise.all(folders.map((folder) => below(files, folder, isTemplate)));
  return found.flat();
}

const otherParts = ['handlers', 'defaults', 'vars', 'meta'];

async function rolesOf(files: ProjectFiles): Promise<readonly RoleFiles[]> {
  const homes = ['roles', 'playbooks/roles'];
  const paths = await Promise.all(
    homes.map(async (home) =>
      (await files.list(home)).filter((name) => !name.startsWith('.')).map((name) => `${home}/${name}`),
    ),
  );
  return Promise.all(
    paths.flat().map(async (path) => {
      const [tasks, ...others] = await Promise.all(
        ['tasks', ...otherParts].map((part) => below(files, `${path}/${part}`, isYaml)),
      );
      return { path, tasks: tasks ?? [], others: others.flat() };
    }),
  );
}

async function below(
  files: ProjectFiles,
  folder: string,
  isWanted: (name: string) => boolean,
): Promise<readonly string[]> {
  const found = await Promise.all(
    (await files.list(folder)).map(async (name) => {
      const path = `${folder}/${name}`;
      const entry = await files.stat(path);
      if (entry?.kind === 'directory') return name.startsWith('.') ? [] : below(files, path, isWanted);
      return entry?.kind === 'file' && isWanted(name) ? [path] : [];
    }),
  );
  return found.flat();
}
