import { variablesOfSession, type HostSession, type Run } from '../engine/index.js';
import { keptSecretMissing } from '../errors/rollback.js';
import type { ContainerSpec, ObservedContainer } from '../model/container.js';
import type { Release } from '../model/release.js';
import { Secret } from '../model/secret.js';
import type { FoundSecrets } from '../model/secret-hashes.js';
import { containerOfRelease } from '../plan/previous-release.js';
import type { SecretKeeper } from '../ports/secret-keeper.js';

/** Planned containers with secrets of before, and the names of the secrets that are others today. */
export interface TakenSecrets {
  readonly containers: readonly ContainerSpec[];
  readonly taken: readonly string[];
}

/** What a planned container is given the secrets of. */
interface Donor {
  readonly session: HostSession;
  readonly keeper: SecretKeeper;
  readonly version: string;
  readonly spec: ContainerSpec;
}

/**
 * The planned containers with the secrets of those that the host has of the release, current or kept, instead of today's: `--secrets kept`.
 * All else stays as planned. What is taken is kept from being shown. Throws `rollback.kept_secret` where a secret cannot be told from what
 * the container was given, and what keeps the host from being asked.
 */
export async function takeKeptSecrets(
  planned: readonly ContainerSpec[],
  found: readonly ObservedContainer[],
  session: HostSession,
  { run, release }: { readonly run: Run; readonly release: Release },
): Promise<TakenSecrets> {
  const keeper = variablesOfSession(session).secretKeeper;
  if (keeper === undefined || session.group === undefined) return { containers: planned, taken: [] };
  const owner = { environment: run.environment, group: session.group.name };
  const taken = new Set<string>();
  const containers = await Promise.all(
    planned.map(async (spec): Promise<ContainerSpec> => {
      const { env, image: _image, ...rest } = spec;
      const donor = { session, keeper, version: release.version, spec };
      for (const name of keeper.secretsIn(rest).keys())
        throw missing(donor, `"${name}" is not in its environment`);
      const secrets = Object.entries(env).filter(([, value]) => keeper.secretsIn(value).size > 0);
      if (secrets.length === 0) return spec;
      const kept = containerOfRelease(found, owner, release.image.digest, spec.name);
      if (kept === undefined) throw missing(donor, 'the host keeps no such container');
      const before = await session.target.containers.environment(kept.id);
      const old = secrets.map(([variable, value]) => {
        const names = take(variable, value, before, donor);
        for (const name of names) taken.add(name);
        return [variable, before[variable] ?? value] as const;
      });
      return { ...spec, env: { ...env, ...Object.fromEntries(old) } };
    }),
  );
  return { containers, taken: [...taken].sort() };
}

/**
 * Tells the secret from what stands around it today: then only it is taken, and what it is goes by its own name. The names of what it is
 * today, where that differs.
 */
function take(
  variable: string,
  today: string,
  before: Readonly<Record<string, string>>,
  donor: Donor,
): readonly string[] {
  const kept = Object.hasOwn(before, variable) ? before[variable] : undefined;
  if (kept === undefined) throw missing(donor, `the container that is kept has no variable "${variable}"`);
  if (kept === today) return [];
  const found = donor.keeper.secretsIn(today);
  const secret = onlySecretOf(today, found);
  const [start = '', end = ''] = secret === undefined ? [] : today.split(secret);
  const isLong = kept.length >= start.length + end.length;
  if (secret === undefined || !isLong || !kept.startsWith(start) || !kept.endsWith(end))
    throw missing(donor, `"${variable}" was written otherwise then, or holds more than one secret`);
  const names = [...found.keys()];
  const old = new Secret(kept.slice(start.length, kept.length - end.length));
  for (const name of names) donor.keeper.add(old, name);
  return names;
}

/** The secret that is there as it is, once, and has all others within; undefined where there is no such one. */
function onlySecretOf(text: string, found: FoundSecrets): string | undefined {
  const [longest, ...others] = [...new Set([...found.values()].flat())].sort((a, b) => b.length - a.length);
  if (longest === undefined || others.some((other) => !longest.includes(other))) return undefined;
  return text.split(longest).length === 2 ? longest : undefined;
}

const missing = ({ session, version, spec }: Donor, why: string): Error =>
  keptSecretMissing(session.host, spec.name, version, why);
