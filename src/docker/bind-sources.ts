import type { SourceKind } from '../ports/container-runtime.js';

/**
 * Says of each path, a line each, what is there. That something is missing is said only where the folder that would have it may be searched:
 * the Engine, which is root, may see more than the login user.
 */
export const bindSourcesScript = (paths: readonly string[]): string =>
  `${look}\n${paths.map((path) => `look ${quoted(path)}`).join('\n')}\n`;

const look = `look() {
  if [ -d "$1" ]; then echo folder; return; fi
  if [ -e "$1" ]; then echo file; return; fi
  above=\${1%/}
  while [ -n "$above" ]; do
    above=\${above%/*}
    if [ -d "$above/" ]; then
      if [ -x "$above/" ]; then echo missing; else echo unknown; fi
      return
    fi
    if [ -e "$above" ]; then echo missing; return; fi
  done
  echo unknown
}`;

/** For sh, whatever it holds. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const kinds: readonly SourceKind[] = ['file', 'folder', 'missing', 'unknown'];

/** What the script said; `unknown` for what it did not. */
export function bindSourcesFrom(output: string, paths: readonly string[]): readonly SourceKind[] {
  const lines = output.split('\n');
  return paths.map((_, index) => kinds.find((kind) => kind === lines[index]) ?? 'unknown');
}
