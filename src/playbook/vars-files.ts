import { readVariablesFile, type VariablesFile } from '../config/variables-file.js';
import { parseYaml } from '../config/yaml.js';
import { Diagnostics } from '../errors/diagnostics.js';
import { varsFileMissing, varsFilesNotTexts } from '../errors/playbook.js';
import type { Layer } from '../expression/scope.js';
import type { ProjectFiles } from '../ports/project-files.js';
import { mayBeTemplate } from '../expression/templates.js';
import type { SettingWords } from '../config/setting-words.js';
import type { Playbook, Raw } from './playbook.js';

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

/**
 * Throws what `words` says against the variables of plays: their `vars`, those of their imports, and of the `vars_files` that are there and
 * whose paths hold no template.
 */
export async function checkWords(
  { plays }: Playbook,
  words: SettingWords,
  files: ProjectFiles,
): Promise<void> {
  const diagnostics = new Diagnostics();
  for (const { vars, importVars = [], varsFiles } of plays) {
    for (const { value: values, locate } of [vars, ...importVars])
      await diagnostics.collectAsync(() => words.check({ values, locate }));
    for (const path of varsFiles.value) {
      if (mayBeTemplate(path) || (await files.stat(path)) === undefined) continue;
      await diagnostics.collectAsync(async () => words.check(await readVarsFile(files, path)));
    }
  }
  diagnostics.refuse();
}
