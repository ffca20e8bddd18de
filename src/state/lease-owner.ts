import type { LeaseOwner } from '../ports/lease-store.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Who runs this, to be shown to other runs that meet the lock: `jenkins@build-7` and the build's page. Under Jenkins with its
 * "build user vars" plugin (BUILD_USER_ID) it is the person who pressed the button.
 */
export function ownerFromEnvironment(
  env: Environment,
  user: string,
  hostname: string,
): Pick<LeaseOwner, 'who' | 'link'> {
  const builder = env['BUILD_USER_ID'] ?? '';
  const who = `${builder.trim() === '' ? user : builder}@${hostname}`;
  const link = env['BUILD_URL'];
  return link !== undefined && /^https?:\/\//.test(link) ? { who, link } : { who };
}
