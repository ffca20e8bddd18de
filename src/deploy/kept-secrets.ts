import { label, type ObservedContainer } from '../model/container.js';
import type { Secret } from '../model/secret.js';
import { changedSecrets, keyNameOf, readSecretsLabel, type FoundSecrets } from '../model/secret-hashes.js';
import type { KeptSecrets } from '../plan/observation.js';
import { containerOfRelease } from '../plan/previous-release.js';
import type { GroupSessions } from '../run/group-sessions.js';
import type { ObservedGroup } from '../check/preflight.js';
import { keysOf, secretsOf } from './group-key.js';

/** A container that a host has of the release, and the secrets that it would get today. */
interface Compared {
  readonly before: ObservedContainer;
  readonly today: FoundSecrets;
}

/**
 * Compares the secrets of the containers that hosts have of the release with today's, by the hashes in their labels: for the plan of a
 * rollback. Changes nothing, and asks for keys only where something is compared.
 */
export async function compareKeptSecrets(
  observed: ObservedGroup,
  opened: GroupSessions,
): Promise<ObservedGroup> {
  const { run, group, release, sessions } = opened;
  const owner = { environment: run.environment, group };
  const compared = observed.observation.hosts.map((seen) => {
    const session = sessions.find(({ host }) => host.id === seen.host.id);
    return seen.to.containers.flatMap((spec): readonly Compared[] => {
      const before = containerOfRelease(seen.containers, owner, release.image.digest, spec.name);
      const today = session && secretsOf(session, spec);
      return before === undefined || today === undefined || today.size === 0 ? [] : [{ before, today }];
    });
  });
  if (compared.every((one) => one.length === 0)) return observed;
  const found = await keysOf(
    observed.observation.hosts.map(({ host }) => host),
    opened,
  );
  const keys = new Map(found.flatMap(({ key }) => (key === undefined ? [] : [[keyNameOf(key), key]])));
  const hosts = observed.observation.hosts.map((seen, index) => {
    const pairs = compared[index] ?? [];
    return pairs.length === 0 ? seen : { ...seen, keptSecrets: compare(pairs, keys) };
  });
  return { ...observed, observation: { ...observed.observation, hosts } };
}

function compare(pairs: readonly Compared[], keys: ReadonlyMap<string, Secret>): KeptSecrets {
  const changed = new Set<string>();
  let areKnown = true;
  for (const { before, today } of pairs) {
    const hashed = readSecretsLabel(before.labels[label.secrets]);
    const key = hashed && keys.get(hashed.key);
    if (hashed === undefined || key === undefined) areKnown = false;
    else for (const name of changedSecrets(hashed, today, key)) changed.add(name);
  }
  return { changed: [...changed].sort(), areKnown };
}
