import { posix } from 'node:path';
import { readVariablesFile } from '../config/variables-file.js';
import type { ErrorPlace } from '../errors/adf-error.js';
import { roleFileNotFound, roleNotFound } from '../errors/roles.js';
import { checkTemplates } from '../expression/templates.js';
import { within, type Import, type OpenFile } from './files.js';
import type { Raw, RoleScope, VariableTexts } from './playbook.js';
import type { Reading } from './reading.js';

/** The folders of a role that hold YAML. */
export type RolePart = 'tasks' | 'handlers' | 'vars' | 'defaults' | 'meta';

/**
 * The folder of a role: in `roles/` beside the playbook, beside the role that names it, and in the project's `roles/`. A name with a `/` is a
 * path from there. Throws `role.not_found`, which names where it was looked for.
 */
export async function findRole(
  name: string,
  around: RoleScope | undefined,
  { files, playbook }: Reading,
  place: ErrorPlace,
): Promise<string> {
  const beside = posix.dirname(playbook);
  const homes = [
    posix.join(beside, 'roles'),
    ...(around === undefined ? [] : [posix.dirname(around.path)]),
    'roles',
  ];
  const paths = name.includes('/') ? [within(beside, name), within('.', name)] : [];
  const looked = [...new Set([...paths, ...homes.map((home) => within(home, name))])];
  for (const path of looked) {
    const found = await files.stat(path);
    if (found?.kind === 'directory') return path;
  }
  const known = await Promise.all([...new Set(homes)].map((home) => files.list(home)));
  throw roleNotFound(name, known.flat(), looked, place);
}

/** Opens the files of one role. */
export class RoleFolder {
  constructor(
    private readonly name: string,
    readonly path: string,
    private readonly reading: Reading,
    /** Where the role is named. */
    private readonly from: Import,
  ) {}

  /**
   * A file of the role: `main`, or the one that was asked for instead, with or without its ending. Undefined when there is no `main`. Throws
   * `role.file_not_found` for one that was asked for, and what is wrong with its YAML.
   */
  async open(part: RolePart, asked?: string): Promise<OpenFile | undefined> {
    const paths = this.#paths(part, asked);
    const file = await this.reading.graph.openFirst(paths, this.from);
    if (file === undefined && asked !== undefined) await this.#refuse(part, asked, paths);
    return file;
  }

  /** The variables in a file, or in all files of a folder of its name, the lowest first. Throws as `open` does. */
  async variables(part: 'vars' | 'defaults', asked?: string): Promise<readonly Raw<VariableTexts>[]> {
    const { graph, files } = this.reading;
    const paths = this.#paths(part, asked);
    const file = await graph.openFirst(paths, this.from);
    if (file !== undefined) return [this.#read(file)];
    const folder = `${this.path}/${part}/${asked ?? 'main'}`;
    const names = (await files.list(folder)).filter((name) => /\.ya?ml$/.test(name));
    if (names.length === 0 && asked !== undefined) await this.#refuse(part, asked, paths);
    const variables: Raw<VariableTexts>[] = [];
    for (const name of names) {
      const one = await graph.openFirst([`${folder}/${name}`], this.from);
      if (one !== undefined) variables.push(this.#read(one));
    }
    return variables;
  }

  #read({ document }: OpenFile): Raw<VariableTexts> {
    const { values, locate } = readVariablesFile(document.file, document);
    this.reading.diagnostics.collect(() => checkTemplates(values, locate));
    return { value: values, locate };
  }

  #paths(part: RolePart, asked = 'main'): readonly string[] {
    const path = `${this.path}/${part}/${asked}`;
    return /\.ya?ml$/.test(asked) ? [path] : [`${path}.yml`, `${path}.yaml`];
  }

  async #refuse(part: RolePart, asked: string, looked: readonly string[]): Promise<never> {
    const known = await this.reading.files.list(`${this.path}/${part}`);
    throw roleFileNotFound(this.name, part, asked, known, looked, this.from.place);
  }
}
