import pLimit from 'p-limit';
import { isStopping, variablesOfSession, type HostSession } from '../engine/index.js';
import { errorsOf, type AdfError } from '../errors/adf-error.js';
import { groupKeyUnreadableCode } from '../errors/lease.js';
import { describeHost, type Host } from '../model/host.js';
import type { ContainerSpec } from '../model/container.js';
import type { Secret } from '../model/secret.js';
import { agreedKey, hashSecrets, keyNameOf, secretParts, type FoundSecrets } from '../model/secret-hashes.js';
import type { GroupSessions } from '../run/group-sessions.js';

/** What one host said when it was asked for the group's key. */
interface KeyOfHost {
  readonly host: Host;
  /** Absent where it has none. */
  readonly key?: Secret;
  /** Why it could not be asked. */
  readonly error?: AdfError;
}

/** The secrets of a container as it would be started now. */
export const secretsOf = (session: HostSession, spec: ContainerSpec): FoundSecrets =>
  variablesOfSession(session).secretKeeper?.secretsIn(secretParts(spec)) ?? new Map<string, string[]>();

/** The keys that these hosts keep. Never throws: a host that cannot be asked tells why. */
export async function keysOf(
  hosts: readonly Host[],
  { run, group, sessions }: GroupSessions,
): Promise<readonly KeyOfHost[]> {
  const { groupKeys } = run.ports;
  const limit = pLimit(Math.max(1, run.forks));
  const ask = async (host: Host): Promise<KeyOfHost> => {
    try {
      const read = async () => groupKeys?.read(host, { environment: run.environment, group });
      const target = sessions.find((session) => session.host.id === host.id)?.target;
      const key = await (target === undefined ? read() : target.outlast(read));
      return key === undefined ? { host } : { host, key };
    } catch (error) {
      return { host, error: errorsOf(error)[0] };
    }
  };
  return Promise.all(hosts.map((host) => limit(() => ask(host))));
}

/**
 * Has the containers of a roll labelled with hashes of their secrets, where they have any. All hosts of a group get one key: the one that
 * most of them have, or a new one. To be called under the lease, once the plan of each host is known. Never throws: a host that cannot keep
 * the key is a warning, and so is a group without one, whose containers then get no hashes.
 */
export async function agreeOnKey(opened: GroupSessions): Promise<void> {
  const { run, sessions } = opened;
  const planned = sessions.flatMap((session) =>
    (session.known.planned?.containers ?? []).map((spec) => secretsOf(session, spec)),
  );
  if (
    run.checkMode ||
    isStopping(run) ||
    run.ports.groupKeys === undefined ||
    planned.every(({ size }) => size === 0)
  )
    return;
  const key = await chooseKey(opened);
  if (key === undefined) return;
  for (const session of sessions) {
    session.known.hashSecrets = (spec) => {
      const found = secretsOf(session, spec);
      return found.size === 0 ? undefined : hashSecrets(found, key);
    };
  }
}

async function chooseKey(opened: GroupSessions): Promise<Secret | undefined> {
  const { run, sessions, hosts } = opened;
  const own = await keysOf(
    sessions.map(({ host }) => host),
    opened,
  );
  // A host that is new, or the only one of a limit, gets what the others have.
  const asked = new Set(own.map(({ host }) => host.id));
  const others = own.some(({ key }) => key !== undefined) ? [] : hosts.filter(({ id }) => !asked.has(id));
  const all = [...own, ...(await keysOf(others, opened))];
  const known = agreedKey(all.flatMap(({ key }) => key ?? []));
  const refusal = all.find(({ error }) => error?.code === groupKeyUnreadableCode)?.error;
  if (known === undefined && refusal !== undefined) {
    const message = `${refusal.message}. The containers get no hashes of their secrets: a rollback to them cannot tell which have changed.`;
    run.bus.emit({ type: 'warning', message });
    run.tally.warn(message);
    return undefined;
  }
  const key = known ?? run.ports.groupKeys?.make();
  if (key === undefined) return undefined;
  await Promise.all(own.map((one) => keep(key, one, opened)));
  return key;
}

async function keep(
  key: Secret,
  { host, key: kept, error }: KeyOfHost,
  opened: GroupSessions,
): Promise<void> {
  const { run, group } = opened;
  const { groupKeys } = run.ports;
  if (kept !== undefined && keyNameOf(kept) === keyNameOf(key)) return;
  try {
    if (error !== undefined) throw error;
    const change = { where: 'host', host, what: 'keep the key of the group', isHarmless: true } as const;
    const write = async () => groupKeys?.write(host, { environment: run.environment, group }, key);
    const session = opened.sessions.find((one) => one.host.id === host.id);
    await session?.target.outlast(() => run.gate.perform(change, run.stop.signal, write));
  } catch (failure) {
    const message = `it does not keep the key that secrets are hashed with: ${errorsOf(failure)[0].message}`;
    run.bus.emit({ type: 'warning', host: { id: host.id, name: host.name }, message });
    run.tally.warn(message, describeHost(host));
  }
}
