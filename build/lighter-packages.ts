import { fileURLToPath } from 'node:url';
import type { Plugin } from 'rolldown';

/**
 * Packages that dependencies try to load and do without when they are missing: the compiled parts of ssh2, which npm does not build here
 * either, the TypeScript compiler, with which oclif would load commands from their sources, and what Handlebars needs to make source maps.
 */
const optional = (id: string): boolean =>
  ['cpu-features', 'typescript', 'source-map'].includes(id) || id.endsWith('.node');

/** Stands in for a package, as the text of a module. */
const missing = `throw new Error('not a part of this program')`;

/** oclif asks on every start, and only uses the answer on Windows. */
const wsl = `export const isWsl = false;`;

/** ssh2 offers agents for HTTPS, which this program does not use: they load TLS, which takes 17 ms. */
const nothing = `export {};`;

/**
 * Measures plain text by itself, and loads the package only for other text: its regular expressions over Unicode's tables take 10 ms to
 * compile. `file` is the package's module.
 */
const width = (file: string): string => `
const plain = /^[ -~…]*$/;
const width = (text, options) =>
  options === undefined && plain.test(text) ? text.length : require(${JSON.stringify(file)}).default(text, options);
export { width as default, width as 'module.exports' };`;

const replaced = (name: string): string => `\0lighter:${name}`;

/** Leaves out of the bundle what dependencies bring and this program does without, and what is slow to load. */
export const lighterPackages: Plugin = {
  name: 'lighter packages',
  async resolveId(id, importer, { kind }) {
    if (optional(id)) return replaced('missing');
    if (id === 'wsl-utils') return replaced('wsl');
    if (id === './http-agents.js' && importer?.includes('/ssh2/')) return replaced('nothing');
    if (id !== 'string-width') return null;
    // oclif brings an old major, whose regular expression for emoji takes 12 ms to compile: the same package serves all that require it.
    const found = await this.resolve(id, kind === 'require-call' ? thisFile : importer, { skipSelf: true });
    return found === null ? null : replaced(`width:${found.id}`);
  },
  load(id) {
    if (id === replaced('missing')) return missing;
    if (id === replaced('wsl')) return wsl;
    if (id === replaced('nothing')) return nothing;
    const [, file] = id.split(replaced('width:'));
    return file === undefined ? null : width(file);
  },
};

const thisFile = fileURLToPath(import.meta.url);
