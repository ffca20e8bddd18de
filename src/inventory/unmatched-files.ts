import { endpointsName } from '../config/endpoints-file.js';
import { readEnvironmentFile, type EnvironmentFile } from '../config/environment-file.js';
import { placeOf } from '../config/located.js';
import { parseYaml } from '../config/yaml.js';
import type { AdfError, ErrorPlace } from '../errors/adf-error.js';
import { unmatchedGroup, unmatchedHost } from '../errors/inventory.js';
import { nearest } from '../errors/nearest.js';
import type { ProjectFiles } from '../ports/project-files.js';
import type { Inventory } from './inventory.js';

/** An environment whose hosts are known. */
interface ListedEnvironment {
  readonly file: EnvironmentFile;
  readonly inventory: Pick<Inventory, 'hosts' | 'groupNames'>;
}

/** The names in all environments, as far as they are known. */
interface KnownNames {
  readonly groups: Set<string>;
  readonly hosts: Set<string>;
  /** Some environment is in the cloud and not listed, or cannot be read, or a playbook adds hosts. */
  mayBeMore: boolean;
}

/**
 * Warnings for the files in `group_vars` and `host_vars` that belong to no group or host, and for groups in the file of an environment that
 * none of its hosts is in. Of environments other than `listed` only their files tell. Where there may be more groups than are known, only a
 * name that looks misspelt is warned of.
 */
export async function unmatchedFiles(
  files: ProjectFiles,
  listed?: ListedEnvironment,
): Promise<readonly AdfError[]> {
  const known: KnownNames = { groups: new Set(['all']), hosts: new Set(), mayBeMore: false };
  if (listed !== undefined) {
    for (const name of listed.inventory.groupNames) known.groups.add(name);
    for (const { id, name } of listed.inventory.hosts) known.hosts.add(id).add(name);
  }
  const [ofGroups, ofHosts] = await Promise.all([
    namedFiles('inventory/group_vars', files),
    namedFiles('inventory/host_vars', files),
  ]);
  const keys = listed === undefined ? [] : groupKeys(listed.file, new Set(listed.inventory.groupNames));
  const isAllKnown =
    keys.length === 0 &&
    ofGroups.every(({ name }) => known.groups.has(name)) &&
    ofHosts.every(({ name }) => known.hosts.has(name));
  // The usual case costs no reading of other files.
  if (listed !== undefined && isAllKnown) return [];
  for (const environment of await otherEnvironments(files, listed?.file.name)) {
    if (environment?.source !== 'static') known.mayBeMore = true;
    for (const name of environment?.groupVars.keys() ?? [])
      if (environment?.source === 'aws_ec2') known.groups.add(name);
    if (environment?.source !== 'static') continue;
    const groups = new Set(environment.hosts.flatMap((host) => host.groups));
    for (const name of groups) known.groups.add(name);
    for (const { name } of environment.hosts) known.hosts.add(name);
    keys.push(...groupKeys(environment, groups));
  }
  known.mayBeMore ||= await addsHosts(files);
  return [
    ...[...ofGroups, ...keys].flatMap((one) => warningOfGroup(one, known)),
    ...(known.mayBeMore ? [] : ofHosts)
      .filter(({ name }) => !known.hosts.has(name))
      .map(({ name, place }) => unmatchedHost(name, nearest(name, known.hosts), place)),
  ];
}

/** A name of a group or host, and where it is written. */
interface Named {
  readonly name: string;
  readonly place: ErrorPlace;
  /** The groups that it has to be one of; all that are known when absent. */
  readonly among?: ReadonlySet<string>;
}

function warningOfGroup(
  { name, place, among }: Named,
  { groups, mayBeMore }: KnownNames,
): readonly AdfError[] {
  const known = among ?? groups;
  if (known.has(name)) return [];
  const near = nearest(name, known);
  // `web1` beside `web2` is no misspelling.
  const isAnother = near === undefined || withoutDigits(near) === withoutDigits(name);
  return mayBeMore && isAnother ? [] : [unmatchedGroup(name, near, mayBeMore, place)];
}

const withoutDigits = (name: string): string => name.replace(/\d+/g, '');

/** The groups that the file of an environment gives variables to, where none of its hosts is in them. */
const groupKeys = ({ groupVars, locate }: EnvironmentFile, groups: ReadonlySet<string>): Named[] =>
  [...groupVars.keys()]
    .filter((name) => name !== 'all' && !groups.has(name))
    .map((name) => ({ name, place: placeOf(locate, ['groups', name], 'key'), among: groups }));

/** Undefined for one that cannot be read: what is wrong with it is told where it is used. */
async function otherEnvironments(
  files: ProjectFiles,
  listed: string | undefined,
): Promise<readonly (EnvironmentFile | undefined)[]> {
  const others = (await namedFiles('inventory', files)).filter(
    ({ name }) => name !== endpointsName && name !== listed,
  );
  return Promise.all(
    others.map(async ({ name, file }) => {
      try {
        return readEnvironmentFile(name, file, parseYaml(file, (await files.read(file)) ?? ''));
      } catch {
        return undefined;
      }
    }),
  );
}

/** Whether some playbook or role adds hosts, to groups that only it may know. */
async function addsHosts(files: ProjectFiles, folders = ['playbooks', 'roles']): Promise<boolean> {
  for (const folder of folders) {
    for (const name of await files.list(folder)) {
      const path = `${folder}/${name}`;
      const kind = (await files.stat(path))?.kind;
      if (kind === 'directory' && (await addsHosts(files, [path]))) return true;
      const text = kind === 'file' && /\.ya?ml$/.test(name) ? files.read(path) : undefined;
      if ((await text?.catch(() => undefined))?.includes('add_host') === true) return true;
    }
  }
  return false;
}

/** The YAML files of a folder, by their names without the ending. */
async function namedFiles(
  folder: string,
  files: ProjectFiles,
): Promise<readonly (Named & { readonly file: string })[]> {
  const names = (await files.list(folder)).filter((name) => /^[^.].*\.ya?ml$/.test(name));
  return names.map((name) => {
    const file = `${folder}/${name}`;
    return { name: name.replace(/\.ya?ml$/, ''), file, place: { at: { file, line: 1, column: 1 } } };
  });
}
