import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Plugin } from 'rolldown';

/** How a build's files are named, so that files of several builds can lie in one folder: only what is started by its path keeps its name. */
export const fileNames = { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' } as const;

/** Of so many builds the files are kept, the newest among them. */
const keptBuilds = 5;

/** Which files belong to which build, newest first. */
const listFile = 'builds.json';

/**
 * Moves what was built into the program's folder, where a program that was built before may be running: it loads some of its files only when
 * it needs them. So the files of the last builds stay, each file is replaced as a whole, and what a start begins with comes last.
 */
export const publishTo = (folder: string): Plugin => ({
  name: 'publish',
  writeBundle: ({ dir }) => {
    if (dir !== undefined) publish(dir, folder);
  },
});

/** `built` is on the same file system as `folder`, and is gone afterwards. Listed first: who builds at the same time removes what is not. */
function publish(built: string, folder: string): void {
  const files = filesIn(built);
  mkdirSync(folder, { recursive: true });
  list(files, folder);
  const shared = files.filter(isShared);
  const started = files.filter((file) => !isShared(file));
  for (const file of [...shared, ...started]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    renameSync(join(built, file), join(folder, file));
  }
  rmSync(built, { recursive: true });
  const needed = new Set([...files, ...buildsIn(folder).flat()]);
  const others = filesIn(folder).filter((file) => !needed.has(file) && !file.startsWith(listFile));
  for (const file of others) rmSync(join(folder, file), { force: true });
}

function list(files: readonly string[], folder: string): void {
  const older = buildsIn(folder).filter((build) => build.join() !== files.join());
  const whole = join(folder, `${listFile}.${process.pid}`);
  writeFileSync(whole, JSON.stringify([files, ...older].slice(0, keptBuilds)));
  renameSync(whole, join(folder, listFile));
}

/** It has a hash in its name: `world-B2nq0zKy.js`. */
const isShared = (file: string): boolean => /-[\w-]{8}\.js(\.map)?$/.test(file);

function buildsIn(folder: string): readonly (readonly string[])[] {
  try {
    return JSON.parse(readFileSync(join(folder, listFile), 'utf8')) as readonly (readonly string[])[];
  } catch {
    // No build so far, or one from before there was a list.
    return [];
  }
}

/** Paths within the folder, sorted. */
const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    .map((path) => relative(folder, path))
    .sort();
