import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  notAnOwnModule,
  ownModuleName,
  ownModuleNameTaken,
  ownModuleNotLoaded,
  ownModuleTwice,
} from '../errors/own-modules.js';
import { Diagnostics } from '../errors/diagnostics.js';
import type { Place } from '../model/source.js';
import { modules as packaged } from '../modules/catalogue.js';
import type { ModulesByName, RegisteredModule } from '../modules/module.js';
import { OwnModule } from '../modules/own-module.js';
import { isTaskKeyword } from '../playbook/keywords.js';
import type { ProjectFiles } from '../ports/project-files.js';
import { programFile } from '../program-files.js';

const folder = 'modules';

/** `_shared.ts` is no module: it is imported by others. */
const isModuleFile = (name: string): boolean =>
  /\.(ts|mts|js|mjs)$/.test(name) && !/^[._]|\.(d\.ts|test\.\w+)$/.test(name);

/**
 * The modules of adfpush and those of a project, which are the files of its folder `modules`. Loading a file runs what stands in it outside
 * of functions. All that is wrong with them is told at once: `module.name`, `module.name_taken`, `module.twice`, `module.not_loaded`,
 * `module.not_defined`.
 */
export async function modulesOf(directory: string, files: ProjectFiles): Promise<ModulesByName> {
  // All files there count as read: who goes on with a run later must find the same.
  const entry = await files.stat(folder);
  if (entry?.kind !== 'directory') return packaged;
  const own = new Map<string, RegisteredModule>();
  const fileOf = new Map<string, string>();
  const diagnostics = new Diagnostics();
  for (const name of (await files.list(folder)).filter(isModuleFile)) {
    const file = `${folder}/${name}`;
    await diagnostics.collectAsync(async () => {
      const module = nameOf(file, name, fileOf);
      own.set(module, (await load(directory, file, files)).named(module));
    });
  }
  diagnostics.refuse();
  return new Map([...packaged, ...own]);
}

function nameOf(file: string, fileName: string, fileOf: Map<string, string>): string {
  const name = fileName.replace(/\.\w+$/, '');
  if (!/^[a-z][a-z0-9_]*$/.test(name)) throw ownModuleName(file);
  if (packaged.has(name)) throw ownModuleNameTaken(file, name, 'a module of adfpush');
  if (isTaskKeyword(name)) throw ownModuleNameTaken(file, name, 'a keyword of tasks');
  const other = fileOf.get(name);
  if (other !== undefined) throw ownModuleTwice(file, other);
  fileOf.set(name, file);
  return name;
}

async function load(directory: string, file: string, files: ProjectFiles): Promise<OwnModule> {
  const path = join(resolve(directory), file);
  offerInterface();
  let exported: unknown;
  try {
    exported = await import(pathToFileURL(path).href);
  } catch (error) {
    const place = placeIn(error, resolve(directory)) ?? placeOfSyntax((await files.read(file)) ?? '', file);
    throw ownModuleNotLoaded(file, error, place);
  }
  const module = isRecord(exported) ? exported['default'] : undefined;
  if (!(module instanceof OwnModule)) throw notAnOwnModule(file);
  return module;
}

let isOffered = false;

/** `adfpush/module` is this program itself, wherever it is installed: so both know the same version of each other. */
function offerInterface(): void {
  if (isOffered) return;
  isOffered = true;
  const url = pathToFileURL(programFile('module')).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'adfpush/module' ? { url, shortCircuit: true } : next(specifier, context),
  });
}

/** The first line of the stack that is in a module of the project. */
function placeIn(error: unknown, directory: string): Place | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const [, url = '', line, column] of stack.matchAll(
    /(file:\/\/[^\s()]+?):(\d+)(?::(\d+))?(?=[\s)]|$)/g,
  )) {
    const path = fileURLToPath(url);
    if (!path.startsWith(`${directory}/${folder}/`)) continue;
    return { file: path.slice(directory.length + 1), line: Number(line), column: Number(column ?? 1) };
  }
  return undefined;
}

/** Where the syntax is wrong: what loads a file says it in a message for people, the line before a caret. */
function placeOfSyntax(source: string, file: string): Place | undefined {
  try {
    stripTypeScriptTypes(source);
    return undefined;
  } catch (error) {
    const stack = error instanceof Error ? (error.stack ?? '') : '';
    const line = /:(\d+)\n/.exec(stack)?.[1];
    const caret = /^( *)\^/m.exec(stack)?.[1];
    return line === undefined ? undefined : { file, line: Number(line), column: (caret?.length ?? 0) + 1 };
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
