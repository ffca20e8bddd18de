import { z } from 'zod';
import { noVariablesFile, notVariablesPath } from '../errors/include-vars.js';
import { textSchema } from '../model/schema/text.js';
import { variableNameSchema } from '../model/schema/variables.js';
import type { ProjectFiles } from '../ports/project-files.js';
import type { IncludedVariables, ReadingModule } from './module.js';
import { findSource, lastName, type SourcePlace } from './source-files.js';

const schema = z
  .strictObject({
    file: textSchema
      .optional()
      .describe(
        'A file of the project with variables, in YAML or JSON; relative to `vars` beside the playbook, to the playbook, or to the project.',
      ),
    dir: textSchema
      .optional()
      .describe('A folder of such files, read in the order of their names, those of folders in it included.'),
    name: variableNameSchema
      .optional()
      .describe(
        'The variable that all of them go into, as a mapping; by default each is a variable of its own.',
      ),
    extensions: z
      .array(textSchema)
      .default(['yaml', 'yml', 'json'])
      .describe('The endings of the names that are read in a folder.'),
    ignore_files: z.array(textSchema).default([]).describe('Names in a folder that are not read.'),
  })
  .refine(({ file, dir }) => (file === undefined) !== (dir === undefined), {
    message: 'write either file or dir',
  });

type Args = z.infer<typeof schema>;

/** Reads variables from files of the project, when its turn comes: what is set later wins. */
export const includeVars: ReadingModule<Args> = {
  name: 'include_vars',
  freeform: 'file',
  schema,
  docs: {
    summary:
      'Reads variables from files of the project. Of `include_vars`, `set_fact` and `register`, the one that ran last wins.',
    examples: ['- include_vars: "{{ env }}.yml"', '- include_vars: { dir: limits, name: limits }'],
  },

  async read(args, host) {
    const paths = await includedFiles(args, host.project, host.playbook);
    const files = await Promise.all(paths.map((one) => host.readVariables(one)));
    const { name } = args;
    const included = name === undefined ? files : [within(name, files)];
    const count = new Set(files.flatMap(({ values }) => Object.keys(values))).size;
    const message = `${count} variables from ${paths.join(', ')}`;
    return { changed: false, message, values: { ansible_included_var_files: paths }, included };
  },
};

/** The files that are read, the lowest first. Throws `file.source_missing` and `include_vars.*`. */
async function includedFiles(
  { file, dir, extensions, ignore_files }: Args,
  project: ProjectFiles,
  from: SourcePlace,
): Promise<readonly string[]> {
  const { path, kind } = await findSource(project, from, 'vars', file ?? dir ?? '');
  if (file !== undefined) {
    if (kind !== 'file') throw notVariablesPath(path, 'file');
    return [path];
  }
  if (kind !== 'directory') throw notVariablesPath(path, 'folder');
  const endings = extensions.map((one) => `.${one.replace(/^\./, '')}`);
  const paths = (await below(path, project)).filter(
    (one) => endings.some((ending) => one.endsWith(ending)) && !ignore_files.includes(lastName(one)),
  );
  if (paths.length === 0) throw noVariablesFile(path, endings);
  return paths;
}

/** The names of the variables that a task with these rendered arguments brings. Throws as the task would. */
export async function namesIncludedBy(
  given: unknown,
  project: ProjectFiles,
  from: SourcePlace,
  read: (path: string) => Promise<IncludedVariables>,
): Promise<readonly string[]> {
  const args = schema.parse(given);
  if (args.name !== undefined) return [args.name];
  const files = await Promise.all((await includedFiles(args, project, from)).map(read));
  return [...new Set(files.flatMap(({ values }) => Object.keys(values)))];
}

/** One variable that has all of them. */
function within(name: string, files: readonly IncludedVariables[]): IncludedVariables {
  const values = Object.assign({}, ...files.map((one) => one.values)) as Readonly<Record<string, unknown>>;
  return {
    name: `${name} of include_vars`,
    values: { [name]: values },
    locate: (path) => {
      const [, ...inside] = path;
      const owner = files.findLast((one) => inside[0] !== undefined && Object.hasOwn(one.values, inside[0]));
      return owner?.locate(inside);
    },
  };
}

async function below(folder: string, project: ProjectFiles): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of await project.list(folder)) {
    const path = `${folder}/${name}`;
    const entry = await project.stat(path);
    if (entry?.kind === 'directory') found.push(...(await below(path, project)));
    else if (entry?.kind === 'file') found.push(path);
  }
  return found;
}
