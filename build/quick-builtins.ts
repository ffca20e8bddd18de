import type { OutputBundle, OutputChunk, Plugin } from 'rolldown';

/**
 * Takes Node's own modules by `process.getBuiltinModule` instead of `import`. An import reads every export once, and some are loaded by being
 * read: `node:http` then loads all of undici, HTTP/2 and TLS, and `node:fs` its streams, about 30 ms of each start.
 *
 * The entry and what it imports stay as they are: they must run in older versions of Node too, to say that those are too old.
 */
export const quickBuiltins = (entry: string): Plugin => ({
  name: 'quick builtins',
  // Line by line and after the source maps were made, so that they stay true.
  generateBundle(_options, bundle) {
    const early = importedBy(entry, bundle);
    for (const chunk of chunksOf(bundle)) {
      if (early.has(chunk.fileName)) continue;
      chunk.code = chunk.code.replace(builtinImport, taken).replace(dynamicImport, takenLater);
    }
  },
});

/** `import a, { b as c } from "node:x";`, as rolldown writes it. */
const builtinImport =
  /^import (?:(?<whole>[\w$]+)|\* as (?<space>[\w$]+)|\{ (?<names>[^}]+) \}|(?<first>[\w$]+), \{ (?<others>[^}]+) \}) from "(?<from>node:[\w/]+)";$/gm;

function taken(...match: readonly unknown[]): string {
  const { whole, space, names, first, others, from } = match.at(-1) as Readonly<
    Record<string, string | undefined>
  >;
  const source = builtin(from ?? '');
  const variables = [whole ?? space ?? first, ...[names ?? others].map((list) => list && destructured(list))];
  return `const ${variables
    .filter((variable) => variable !== undefined)
    .map((variable) => `${variable} = ${source}`)
    .join(', ')};`;
}

/** `import("node:x")`. */
const dynamicImport = /(?<![\w$.])import\("(node:[\w/]+)"\)/g;

/** With the exports as they are, read only when they are asked for, and the default export that an import has. */
const takenLater = (_match: string, from: string): string =>
  `Promise.resolve(${builtin(from)}).then((all) => ({ __proto__: all, default: all }))`;

const builtin = (name: string): string => `globalThis.process.getBuiltinModule("${name}")`;

/** `{ a as b }` of an import as `{ a: b }`. */
const destructured = (list: string): string => `{ ${list.replaceAll(' as ', ': ')} }`;

function importedBy(entry: string, bundle: OutputBundle): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (fileName: string): void => {
    const chunk = bundle[fileName];
    if (chunk?.type !== 'chunk' || found.has(fileName)) return;
    found.add(fileName);
    chunk.imports.forEach(visit);
  };
  visit(entry);
  return found;
}

const chunksOf = (bundle: OutputBundle): readonly OutputChunk[] =>
  Object.values(bundle).filter((file) => file.type === 'chunk');
