import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin } from 'rolldown';

/** A package that is in the bundle, and its terms: the text of its licence file, or the name of its licence when it has no file. */
interface Licensed {
  /** With its version. */
  readonly name: string;
  readonly text: string;
}

/** Writes the licences of all packages inside the bundle into one file. Fails when a package names no licence. */
export const licences = (fileName: string): Plugin => ({
  name: 'licences',
  generateBundle(_options, bundle) {
    const modules = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
    const folders = new Set(modules.flatMap((id) => packageFolder(id) ?? []));
    const packages = [...folders].map(read);
    this.emitFile({ type: 'asset', fileName, source: document(packages) });
  },
});

/** The folder of the installed package that holds a file, or undefined for a file of this project. */
function packageFolder(file: string): string | undefined {
  if (!file.includes('/node_modules/')) return undefined;
  let folder = dirname(file);
  // A package may hold further package.json files, which only say how its modules are written.
  while (!isPackage(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

const isPackage = (file: string): boolean =>
  existsSync(file) && field(parse(file), 'version') !== undefined && field(parse(file), 'name') !== undefined;

function read(folder: string): Licensed {
  const content = parse(join(folder, 'package.json'));
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)(\.|$)/i.test(entry));
  const licence = field(content, 'license');
  if (file === undefined && licence === undefined) {
    throw new Error(`${folder} has no licence, so it cannot be in the bundle`);
  }
  return {
    name: `${field(content, 'name') ?? ''} ${field(content, 'version') ?? ''}`,
    text: file === undefined ? `License: ${licence ?? ''}` : readFileSync(join(folder, file), 'utf8').trim(),
  };
}

const parse = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

function field(content: unknown, name: string): string | undefined {
  const value: unknown =
    typeof content === 'object' && content !== null
      ? Object.entries(content).find(([key]) => key === name)?.[1]
      : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** Packages with the same text share it. */
function document(packages: readonly Licensed[]): string {
  const byText = Map.groupBy(packages, ({ text }) => text);
  const parts = [...byText].map(([text, members]) => {
    return `${[...new Set(members.map(({ name }) => name))].sort().join('\n')}\n\n${text}\n`;
  });
  return `adfpush contains these packages.\n\n${parts.sort().join(`\n${'-'.repeat(80)}\n\n`)}`;
}
