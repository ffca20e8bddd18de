import type { Milliseconds } from '../../model/duration.js';
import type { SshLimits } from './limits.js';
import type { Destination } from './settings.js';

/** OpenSSH's default for ServerAliveCountMax. */
const countMaxOfOpenSsh = 3;

/**
 * The signs of life that a host is asked for. Unlike with OpenSSH they cannot be switched off (0 means our own), and are asked for often
 * enough that silence is noticed in time, even when the settings would wait longer: a deploy must not hang on a dead host.
 */
export function serverAlive(
  limits: SshLimits,
  {
    serverAliveInterval,
    serverAliveCountMax,
  }: { readonly serverAliveInterval?: Milliseconds; readonly serverAliveCountMax?: number },
): Pick<Destination, 'serverAliveInterval' | 'serverAliveCountMax'> {
  const { keepaliveInterval, keepaliveCountMax, silence } = limits;
  const own = serverAliveInterval === undefined || serverAliveInterval === 0;
  const wantedCount = serverAliveCountMax ?? (own ? keepaliveCountMax : countMaxOfOpenSsh);
  // One a second at most: more would be noise.
  const count = Math.min(Math.max(wantedCount, 1), Math.floor(silence / 1_000) - 1);
  const interval = own ? keepaliveInterval : serverAliveInterval;
  return {
    serverAliveInterval: Math.min(interval, Math.floor(silence / (count + 1))),
    serverAliveCountMax: count,
  };
}
