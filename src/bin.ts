#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Package } from './cli/program.js';

const root = join(import.meta.dirname, '..');

/** From this program's own package.json, which npm checks. */
const readPackage = (): Package => {
  const { name, version }: Package = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Package;
  return { name, version };
};

const argv = process.argv.slice(2);
// Asked for by scripts, so it loads nothing else.
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === 'version')) {
  process.stdout.write(`${readPackage().version}\n`);
} else {
  const { main } = await import('./cli/program.js');
  await main(argv, root, readPackage());
}
