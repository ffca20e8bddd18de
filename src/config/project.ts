import { basename } from 'node:path';
import { twoFiles, unknownEnvironment, variablesFolder } from '../errors/config.js';
import type { Host } from '../model/host.js';
import type { Lookups } from '../model/lookups.js';
import type { ProjectFiles } from '../ports/project-files.js';
import { endpointsName, readEndpointsFile, type EndpointsFile } from './endpoints-file.js';
import { readEnvironmentFile, variablesOf, type EnvironmentFile } from './environment-file.js';
import { projectFile, readProjectConfig, type ProjectConfig } from './project-config.js';
import type { SecretSources } from './secrets.js';
import { SettingWords } from './setting-words.js';
import { readVariablesFile, type VariablesFile } from './variables-file.js';
import { parseYaml, type YamlDocument } from './yaml.js';

/** A project on disk: DESIGN section 3. Each file is read once. */
export interface Project {
  /** Its root, for people; all paths are relative to it. */
  readonly directory: string;
  readonly config: ProjectConfig;
  /** The names of all environments, sorted. */
  readonly environments: readonly string[];
  /** Throws `config.unknown_environment`, and all that is wrong with the file. */
  readonly environment: (name: string) => Promise<EnvironmentFile>;
  /** `inventory/endpoints.yml`; undefined when there is none. Throws all that is wrong with it. */
  readonly endpoints: () => Promise<EndpointsFile | undefined>;
  /** `inventory/group_vars/<group>.yml`; undefined when there is none. */
  readonly groupVars: (group: string) => Promise<VariablesFile | undefined>;
  /** `inventory/host_vars/<id or name>.yml`; undefined when there is neither. */
  readonly hostVars: (host: Pick<Host, 'id' | 'name'>) => Promise<VariablesFile | undefined>;
}

/**
 * Reads `adfpush.yml`, if there is one, and looks at what else there is. Other files are read when they are asked for. `words` judges all
 * variables that are read.
 */
export async function loadProject(
  files: ProjectFiles,
  directory: string,
  secrets: SecretSources,
  lookups?: Lookups,
  words = new SettingWords(files),
): Promise<Project> {
  const [config, inventory, groupFiles, hostFiles] = await Promise.all([
    readConfig(files, directory, secrets, lookups),
    yamlFiles(files, 'inventory'),
    yamlFiles(files, 'inventory/group_vars'),
    yamlFiles(files, 'inventory/host_vars'),
  ]);
  await words.check(config.vars);
  const environments = inventory.names.filter((name) => name !== endpointsName);
  return {
    directory,
    config,
    environments,
    environment: remembered(async (name) => {
      const file = environments.includes(name) ? inventory.path(name) : undefined;
      if (file === undefined) throw unknownEnvironment(name, environments);
      const read = readEnvironmentFile(name, file, await readYaml(files, file));
      for (const variables of variablesOf(read)) await words.check(variables);
      return read;
    }),
    endpoints: async () => {
      const file = inventory.path(endpointsName);
      return file === undefined
        ? undefined
        : readEndpointsFile(file, await readYaml(files, file), environments);
    },
    groupVars: remembered((group) => readVariables(files, words, groupFiles, 'group_vars', group)),
    hostVars: async ({ id, name }) => {
      const [byId, byName] = [hostFiles.path(id), hostFiles.path(name)];
      if (byId !== undefined && byName !== undefined && byId !== byName) throw twoFiles([byId, byName]);
      return readVariables(files, words, hostFiles, 'host_vars', byId === undefined ? name : id);
    },
  };
}

async function readConfig(
  files: ProjectFiles,
  directory: string,
  secrets: SecretSources,
  lookups: Lookups | undefined,
): Promise<ProjectConfig> {
  const document = parseYaml(projectFile, (await files.read(projectFile)) ?? '');
  return readProjectConfig(document, basename(directory), secrets, lookups);
}

async function readVariables(
  files: ProjectFiles,
  words: SettingWords,
  folder: YamlFolder,
  label: string,
  name: string,
): Promise<VariablesFile | undefined> {
  const path = folder.path(name);
  if (path === undefined) return undefined;
  const variables = readVariablesFile(`${label}/${name}`, await readYaml(files, path));
  await words.check(variables);
  return variables;
}

async function readYaml(files: ProjectFiles, path: string): Promise<YamlDocument> {
  return parseYaml(path, (await files.read(path)) ?? '');
}

/** The `*.yml` and `*.yaml` of a folder, by name without ending. */
interface YamlFolder {
  readonly names: readonly string[];
  /** Throws `config.two_files` for a name with both endings, `config.variables_folder` for a folder of that name. */
  readonly path: (name: string) => string | undefined;
}

async function yamlFiles(files: ProjectFiles, folder: string): Promise<YamlFolder> {
  const listed = await files.list(folder);
  const paths = Map.groupBy(
    listed.filter((entry) => /^[^.].*\.ya?ml$/.test(entry)).map((entry) => `${folder}/${entry}`),
    (path) => basename(path).replace(/\.ya?ml$/, ''),
  );
  const names = [...paths.keys()].sort();
  return {
    names,
    path: (name) => {
      const [path, ...others] = paths.get(name) ?? [];
      if (path !== undefined && others.length > 0) throw twoFiles([path, ...others]);
      if (path === undefined && folder !== 'inventory' && listed.includes(name)) {
        throw variablesFolder(`${folder}/${name}`);
      }
      return path;
    },
  };
}

function remembered<T>(read: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (name) => {
    const promise = known.get(name) ?? read(name);
    known.set(name, promise);
    return promise;
  };
}
