import { homedir, hostname, userInfo } from 'node:os';
import type { Local } from './own/read.js';

/**
 * This machine and its user as OpenSSH sees them: the home is that of the passwd entry, whatever HOME says. Where there is none (a container
 * with a made-up user id), OpenSSH refuses to run, and `homeDirectory` is as good as any.
 */
export function localFacts(homeDirectory = homedir()): Local {
  const rest = {
    localUid: process.getuid?.() ?? 0,
    localHost: hostname(),
    environment: process.env,
    systemDirectory: '/etc/ssh',
  };
  try {
    const { username, homedir: home } = userInfo();
    return { ...rest, homeDirectory: home, localUser: username };
  } catch {
    return { ...rest, homeDirectory, localUser: process.env['USER'] ?? 'nobody' };
  }
}
