import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { endedWithTest } from './processes.js';

/** Lets a plain node process import this project's sources: `.js` means `.ts`, and types are taken out. */
const hooks = `
import { registerHooks } from 'node:module';
import { readFileSync } from 'node:fs';
import typescript from ${JSON.stringify(import.meta.resolve('typescript'))};
registerHooks({
  resolve: (name, context, next) => {
    try { return next(name, context); } catch (error) {
      if (!name.startsWith('.')) throw error;
      return next(name.replace(/\\.js$/, '.ts'), context);
    }
  },
  load: (url, context, next) => {
    if (!url.endsWith('.ts')) return next(url, context);
    const { outputText } = typescript.transpileModule(readFileSync(new URL(url), 'utf8'), {
      compilerOptions: { target: 'es2024', module: 'esnext', verbatimModuleSyntax: true },
    });
    return { format: 'module', source: outputText, shortCircuit: true };
  },
});`;

/** Starts a TypeScript file, by its path within test/, in a process of its own, one that can be killed. */
export function runTypeScript(file: string, args: readonly string[]): ChildProcessWithoutNullStreams {
  const program = fileURLToPath(new URL(`../${file}`, import.meta.url));
  const prelude = `data:text/javascript,${encodeURIComponent(hooks)}`;
  return endedWithTest(spawn(process.execPath, ['--import', prelude, program, ...args]));
}
