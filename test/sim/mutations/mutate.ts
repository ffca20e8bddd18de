// Breaks one line of the sources as node loads them: `node … --import ./test/sim/mutations/mutate.ts …`, with the index of the mutation in
// ADFPUSH_SIM_MUTATION. A line that is not there any more is an error: the table has to follow the code.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { mutations } from './mutations.js';

const mutation = mutations[Number(process.env['ADFPUSH_SIM_MUTATION'])];
if (mutation === undefined) throw new Error('ADFPUSH_SIM_MUTATION names no mutation');
const { file, line, replacement } = mutation;

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
