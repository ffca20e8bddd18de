import type { Plugin } from 'rolldown';

/**
 * Packages that dependencies try to load and do without when they are missing: the compiled parts of ssh2, which npm does not build here
 * either, and the TypeScript compiler, with which oclif would load commands from their sources.
 */
const optional = (id: string): boolean =>
  id === 'cpu-features' || id === 'typescript' || id.endsWith('.node');

const missing = '\0missing';

/** Leaves optional parts of dependencies out of the bundle: to load one fails, as if it were not installed. */
export const leftOut: Plugin = {
  name: 'optional parts are left out',
  resolveId: (id) => (optional(id) ? missing : null),
  load: (id) => (id === missing ? `throw new Error('not a part of this program')` : null),
};
