import { extname, join } from 'node:path';

/**
 * The folder of the package, with its package.json and playbooks. This file is in `src`, and all shared chunks of the built program are
 * in `dist` itself, so it is the folder above in both.
 */
export const packageFolder = join(import.meta.dirname, '..');

/**
 * The file of a part that is started by its path: a process of its own, or what oclif loads. Named as in `src`, without its ending; each
 * one is an entry of the bundle (rolldown.config.ts).
 */
export const programFile = (name: string): string =>
  join(import.meta.dirname, `${name}${extname(import.meta.filename)}`);
