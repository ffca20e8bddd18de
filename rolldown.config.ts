import { join } from 'node:path';
import { defineConfig } from 'rolldown';
import { ascii } from './build/ascii.js';
import { entries } from './build/entries.js';
import { licences } from './build/licences.js';
import { lighterPackages } from './build/lighter-packages.js';
import { fileNames, publishTo } from './build/publish.js';
import { quickBuiltins } from './build/quick-builtins.js';

/** What is loaded together, the first needed first. */
const groups = [
  // What every start needs, `--version` too.
  { name: 'start', test: /src\/cli\/(closed-outputs|compile-cache)\.ts$/ },
  // The flags and help of all commands, with oclif.
  { name: 'cli', test: /src\/(cli|commands)\// },
  // What commands run.
  { name: 'world', test: /src\/(deploy|recovery|run|check|world)\// },
  // What only some of them need: see the dynamic imports in src.
  { name: 'aws', test: /src\/aws\/access\.ts$/ },
  { name: 'ssh', test: /src\/transport\/ssh\/ssh-transport\.ts$/ },
];

/** How `npm run build` makes the program. docs/architecture.md says why it is one bundle. */
export default defineConfig({
  input: Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
  platform: 'node',
  // The modules of a package that are written as ES modules: what is not used of them is left out.
  resolve: { mainFields: ['module', 'main'] },
  transform: {
    target: 'node22',
    define: {
      // Of CommonJS packages that ask where they are.
      __dirname: 'import.meta.dirname',
      __filename: 'import.meta.filename',
      // src/bin.ts checks the version of Node itself.
      'process.env.OCLIF_DISABLE_ENGINE_WARNING': '"true"',
    },
    inject: { 'Intl.Segmenter': [join(import.meta.dirname, 'build/lazy-segmenter.ts'), 'LazySegmenter'] },
  },
  plugins: [
    lighterPackages,
    quickBuiltins('bin.js'),
    ascii,
    licences('THIRD-PARTY-LICENCES.txt'),
    publishTo('dist'),
  ],
  logLevel: 'warn',
  output: {
    // Beside `dist`, to which it is moved when it is complete.
    dir: `.dist-${process.pid}`,
    format: 'esm',
    // Positions only: the sources are in the repository.
    sourcemap: true,
    sourcemapExcludeSources: true,
    comments: { legal: true, annotation: false, jsdoc: false },
    // Files of the program find its folder from their own place (src/program-files.ts), so all shared files are in one folder.
    ...fileNames,
    // Every file costs a millisecond of the start, so what is loaded together is one file. A group holds all that its modules import, except
    // what a group before it holds.
    codeSplitting: { groups: groups.map((group, index) => ({ ...group, priority: groups.length - index })) },
  },
});
