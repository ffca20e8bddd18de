#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ignoreClosedOutputs } from './cli/closed-outputs.js';
import { keepCompiledCode } from './cli/compile-cache.js';
import type { Package } from './cli/program.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** This program's own package.json, which npm wrote. */
const readPackage = (): Package => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Package;

/** Whether this Node is at least the version of `engines.node`, `>=22.22.0`. */
function isNewEnough(range: string): boolean {
  const [wanted = [], running = []] = [range.replace('>=', ''), process.versions.node].map((version) =>
    version.split('.').map(Number),
  );
  const differs = wanted.findIndex((part, index) => part !== running[index]);
  return differs < 0 || (running[differs] ?? 0) > (wanted[differs] ?? 0);
}

ignoreClosedOutputs();
const argv = process.argv.slice(2);
const pack = readPackage();
if (argv.length === 1 && argv[0] === '--version') {
  // Asked for by scripts, so nothing else is loaded.
  process.stdout.write(`${pack.version}\n`);
} else if (!isNewEnough(pack.engines.node)) {
  process.stderr.write(
    `adfpush needs Node ${pack.engines.node}, and this is ${process.versions.node} (${process.execPath}).\n`,
  );
  process.exitCode = 2;
} else {
  keepCompiledCode(process.env);
  const { main } = await import('./cli/program.js');
  await main(argv, root, pack);
}
