import { nothingToRetry } from '../errors/ad-hoc.js';
import { environmentName } from '../model/ids.js';
import type { CommonOptions } from '../world/context.js';
import type { World } from '../world/world.js';

/** `@retry` are the hosts that failed in the last playbook of the environment. Throws `ad_hoc.nothing_to_retry`. */
export async function limitOf(
  { limit, environment }: Pick<CommonOptions, 'limit' | 'environment'>,
  { retry }: Pick<World, 'retry'>,
): Promise<string | undefined> {
  if (limit !== '@retry') return limit;
  const failed = await retry.last(environmentName(environment));
  if (failed === undefined || failed.length === 0) throw nothingToRetry(environment, failed !== undefined);
  return failed.join(',');
}
