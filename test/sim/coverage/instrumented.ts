// Has the sources tell which branches are taken: `node … --import ./test/sim/coverage/instrumented.ts …`.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { instrument, type Branch } from './branches.js';
import { isCovered } from './covered.js';

/** The branches of one source that was loaded. */
export interface LoadedSource {
  readonly file: string;
  readonly branches: readonly Branch[];
  /** The number of its first branch. */
  readonly first: number;
}

declare global {
  var adfpushTaken: Set<number>;
  var adfpushSources: LoadedSource[];
  var adfpushTake: (branch: number) => void;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));
const taken = new Set<number>();
globalThis.adfpushTaken = taken;
globalThis.adfpushSources = [];
globalThis.adfpushTake = (branch) => void taken.add(branch);
let next = 0;

registerHooks({
  load(url, context, load) {
    const loaded = load(url, context);
    const file = url.startsWith('file:') ? fileURLToPath(url).replace(root, '') : url;
    if (!isCovered(file)) return loaded;
    const { branches, source } = instrument(
      file,
      readFileSync(fileURLToPath(url), 'utf8'),
      next,
      'globalThis.adfpushTake',
    );
    globalThis.adfpushSources.push({ file, branches, first: next });
    next += branches.length;
    return { ...loaded, source };
  },
});
