import { NodeProjectFiles } from '../config/node-project-files.js';
import { projectFile } from '../config/project-config.js';
import { modules as packaged } from '../modules/catalogue.js';
import type { ModulesByName } from '../modules/module.js';
import { modulesOf } from '../world/own-modules.js';

/**
 * The modules that tasks of a project can name: those of adfpush, and its own. In a folder that is no project, a folder `modules` belongs to
 * another program, and is left alone. Throws `module.*` when one of its own is wrong.
 */
export async function projectModules(directory: string): Promise<ModulesByName> {
  const files = new NodeProjectFiles(directory);
  const marks = await Promise.all([files.stat(projectFile), files.stat('inventory')]);
  return marks.every((mark) => mark === undefined) ? packaged : modulesOf(directory, files);
}
