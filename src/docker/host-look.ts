import { defined } from '../model/defined.js';
/** The variable by which `hostLookScript` is told the folder of the Engine's data. */
export const dataFolderVariable = 'ADFPUSH_DOCKER_ROOT';

/**
 * Tells of a host what its Engine does not: the room where the Engine keeps its data, and where the login user's own `docker` goes, in the
 * order in which Docker's client decides it (docker/cli, cli/command/cli.go, resolveContextName). Of a context it prints the name and the
 * endpoint only: the rest of Docker's configuration may be secret.
 */
export const hostLookScript = `
[ -z "$${dataFolderVariable}" ] || df -Pk "$${dataFolderVariable}" 2>/dev/null
config=\${DOCKER_CONFIG:-$HOME/.docker}
field() { sed -n "s/.*\\"$1\\"[[:space:]]*:[[:space:]]*\\"\\([^\\"]*\\)\\".*/\\1/p" "$2" 2>/dev/null | head -n 1; }
if [ -n "$DOCKER_HOST" ]; then
  echo "DOCKER_HOST=$DOCKER_HOST"
else
  context=\${DOCKER_CONTEXT:-$(field currentContext "$config/config.json")}
  if [ -n "$context" ] && [ "$context" != default ]; then
    echo "context=$context"
    id=$(printf %s "$context" | sha256sum 2>/dev/null | cut -d ' ' -f 1)
    echo "endpoint=$(field Host "$config/contexts/meta/$id/meta.json")"
  fi
fi
exit 0
`;

/** What `hostLookScript` printed. */
export interface HostLook {
  /** Undefined when the host does not tell. */
  readonly freeBytes?: number;
  /** Where the login user's own `docker` goes, when something says so. */
  readonly login?: LoginEngine;
}

/** The Engine that the login user's `docker` uses. */
export interface LoginEngine {
  /** What says so: `DOCKER_HOST`, or `docker context "rootless"`. */
  readonly by: string;
  /** `unix:///run/user/1000/docker.sock`. Undefined for a context whose endpoint could not be read. */
  readonly address?: string;
}

export function readHostLook(printed: string): HostLook {
  // POSIX: a header, then `filesystem 1024-blocks used available capacity mountpoint`.
  const available = /^\S.*?\s(\d+)\s+(\d+)\s+(\d+)\s+\d+%\s/m.exec(printed)?.[3];
  const login = loginEngine(printed);
  return {
    ...(available === undefined ? {} : { freeBytes: Number(available) * 1_024 }),
    ...defined({ login }),
  };
}

function loginEngine(printed: string): LoginEngine | undefined {
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}=(.+)$`, 'm').exec(printed)?.[1]?.trim();
  const host = field('DOCKER_HOST');
  if (host !== undefined) return { by: 'DOCKER_HOST', address: host };
  const context = field('context');
  if (context === undefined) return undefined;
  const address = field('endpoint');
  return { by: `docker context "${context}"`, ...defined({ address }) };
}
