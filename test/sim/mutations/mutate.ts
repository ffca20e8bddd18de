// Breaks the sources as node loads them: `node … --import ./test/sim/mutations/mutate.ts …`, with the edits as JSON in ADFPUSH_SIM_EDITS.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { edited, type Edit } from './edit.js';

const edits = JSON.parse(process.env['ADFPUSH_SIM_EDITS'] ?? '[]') as readonly Edit[];
if (edits.length === 0) throw new Error('ADFPUSH_SIM_EDITS has no edit');

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    const own = edits.filter(({ file }) => url.endsWith(`/${file}`));
    if (own.length === 0) return loaded;
    const source = readFileSync(fileURLToPath(url), 'utf8');
    return { ...loaded, source: own.reduce((text, edit) => edited(text, edit), source) };
  },
});
