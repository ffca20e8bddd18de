import { join } from 'node:path';
import { defineConfig } from 'rolldown';
import { entries } from './build/entries.js';
import { licences } from './build/licences.js';
import { lighterPackages } from './build/lighter-packages.js';
import { quickBuiltins } from './build/quick-builtins.js';

/** How `npm run build` makes the program. docs/architecture.md says why it is one bundle. */
export default defineConfig({
  input: Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
  platform: 'node',
  // The modules of a package that are written as ES modules: what is not used of them is left out.
  resolve: { mainFields: ['module', 'main'] },
  transform: {
    define: {
      // Of CommonJS packages that ask where they are.
      __dirname: 'import.meta.dirname',
      __filename: 'import.meta.filename',
      // src/bin.ts checks the version of Node itself.
      'process.env.OCLIF_DISABLE_ENGINE_WARNING': '"true"',
    },
    inject: { 'Intl.Segmenter': [join(import.meta.dirname, 'build/lazy-segmenter.ts'), 'LazySegmenter'] },
  },
  plugins: [lighterPackages, quickBuiltins('bin.js'), licences('THIRD-PARTY-LICENCES.txt')],
  logLevel: 'warn',
  output: {
    dir: 'dist',
    cleanDir: true,
    format: 'esm',
    sourcemap: true,
    // The program's files find the package's folder from theirs (src/program-files.ts), so all shared chunks are in one folder.
    chunkFileNames: '[name].js',
  },
});
