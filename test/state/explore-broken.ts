// Explores the lease with one line of the sources broken, and prints what goes wrong then: `node … explore-broken.ts <JSON of the change>`.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Bounds } from './explore-lease.js';

interface Broken {
  readonly file: string;
  readonly line: string;
  readonly replacement: string;
  readonly bounds: Bounds;
}

const { file, line, replacement, bounds } = JSON.parse(process.argv[2] ?? '') as Broken;

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith(`/${file}`)) return loaded;
    const lines = readFileSync(fileURLToPath(url), 'utf8').split('\n');
    const index = lines.findIndex((one) => one.trim() === line);
    if (index === -1) throw new Error(`${file} has no line "${line}" any more`);
    return { ...loaded, source: lines.with(index, replacement).join('\n') };
  },
});
const { explore } = await import('./explore-lease.js');
console.log(explore(bounds).wrong?.what ?? 'nothing');
