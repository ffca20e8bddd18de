import { readVariablesFile, type VariablesFile } from '../config/variables-file.js';
import { parseYaml } from '../config/yaml.js';
import { varsFileMissing, varsFilesNotTexts } from '../errors/playbook.js';
import type { Layer } from '../expression/scope.js';
import type { ProjectFiles } from '../ports/project-files.js';
import type { Raw } from './playbook.js';

/** The variables of one file that is there. Throws what is wrong in it. */
export async function readVarsFile(
  files: ProjectFiles,
  path: string,
): Promise<Pick<VariablesFile, 'name' | 'values' | 'locate'>> {
  const { name, values, locate } = readVariablesFile(path, parseYaml(path, (await files.read(path)) ?? ''));
  return { name, values, locate };
}

/**
 * The layers of a play's `vars_files`, in their order. `paths` are rendered; `raw` tells where they stand. Throws
 * `playbook.vars_file_missing`, and what is wrong in a file.
 */
export async function loadVarsFiles(
  files: ProjectFiles,
  paths: unknown,
  raw: Raw<readonly string[]>,
): Promise<readonly Layer[]> {
  if (!Array.isArray(paths) || !paths.every((path) => typeof path === 'string')) {
    throw varsFilesNotTexts(raw.locate([]));
  }
  return Promise.all(
    paths.map(async (path, index) => {
      const text = await files.read(path);
      if (text === undefined) throw varsFileMissing(path, raw.locate([index]));
      const { name, values, locate } = readVariablesFile(path, parseYaml(path, text));
      return { name, values, locate };
    }),
  );
}
