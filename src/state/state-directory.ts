import { isAbsolute, join } from 'node:path';

/**
 * Where adfpush keeps what must outlive a run, by the XDG base directory specification: `$XDG_STATE_HOME/adfpush`, else
 * `~/.local/state/adfpush`. A relative XDG_STATE_HOME is ignored, as that specification demands.
 */
export function stateDirectory(env: Readonly<Record<string, string | undefined>>, home: string): string {
  const base = env['XDG_STATE_HOME'];
  return base !== undefined && isAbsolute(base)
    ? join(base, 'adfpush')
    : join(home, '.local', 'state', 'adfpush');
}
