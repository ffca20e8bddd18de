import { proxyJumpInvalid } from '../../errors/ssh.js';
import { defined } from '../../model/defined.js';
import { jumpForm, type Host } from '../../model/host.js';
import { hostId } from '../../model/ids.js';

/** One host of a ProxyJump. */
export interface Jump {
  /** A name or address, brackets taken off. */
  readonly name: string;
  readonly user?: string;
  readonly port?: number;
}

export interface Jumps {
  /** The way to the last one, the nearest to us first. */
  readonly before: readonly Jump[];
  /** The one that reaches the host itself. */
  readonly last: Jump;
}

/** The hosts of a ProxyJump as ssh_config(5) writes them. Throws `ssh.proxy_jump`. */
export function parseJumps(host: Host, proxyJump: string): Jumps {
  const jumps = proxyJump.split(',').map((one) => {
    const [, user, bracketed, port] = jumpForm.exec(one.trim()) ?? [];
    const name = bracketed?.replace(/^\[|\]$/g, '');
    if (name === undefined || Number(port ?? 22) > 65_535 || Number(port ?? 22) < 1)
      throw proxyJumpInvalid(host, one.trim());
    return {
      name,
      ...defined({ user }),
      ...(port === undefined ? {} : { port: Number(port) }),
    };
  });
  const last = jumps.pop();
  if (last === undefined) throw proxyJumpInvalid(host, proxyJump);
  return { before: jumps, last };
}

/** As `parseJumps` reads it. */
export const formatJump = ({ name, user, port }: Jump): string => {
  const address = name.includes(':') ? `[${name}]` : name;
  return `${user === undefined ? '' : `${user}@`}${address}${port === undefined ? '' : `:${port}`}`;
};

/**
 * The last of the jumps as a host of its own, behind the ones before it; so that each is connected to, authenticated and reconnected as
 * any other host. As with `ssh -J`, what OpenSSH's configuration says of its name applies to it, and only the first follows a ProxyJump
 * of that configuration.
 */
export function bastionOf(host: Host, { before, last }: Jumps): Host {
  const name = `bastion ${formatJump(last)}`;
  const { configFile, strictHostKeyChecking } = host.ssh;
  const way = before.length === 0 ? '' : ` via ${before.map(formatJump).join(',')}`;
  return {
    id: hostId(`${name}${way}`),
    name,
    environment: host.environment,
    groups: [],
    address: last.name,
    targetIds: [],
    ssh: {
      ...defined({ user: last.user, port: last.port }),
      ...(before.length === 0 ? {} : { proxyJump: before.map(formatJump).join(',') }),
      ...defined({ configFile }),
      // Stricter is handed on; `accept-new` was said of the host behind it.
      ...(strictHostKeyChecking === 'yes' ? { strictHostKeyChecking } : {}),
    },
    docker: {},
    facts: {},
  };
}
