import { execa } from 'execa';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, recipeKey } from '../engine/cache.js';

const source = new URL('../app/app.c', import.meta.url);
const flags = ['-O2', '-Wall', '-Wextra', '-static', '-s', '-pthread'];

/** The application of the fleet as one static binary, compiled once per version of its source. */
export async function appBinary(): Promise<Buffer> {
  const built = join(cacheFolder(), `app-${recipeKey(readFileSync(source, 'utf8'), ...flags)}`);
  if (!existsSync(built)) {
    const output = `${built}.${String(process.pid)}`;
    await execa('gcc', [...flags, '-o', output, source.pathname]);
    renameSync(output, built);
  }
  return readFileSync(built);
}
