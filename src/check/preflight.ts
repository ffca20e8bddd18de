import pLimit from 'p-limit';
import { variablesOfSession, type HostSession, type Run } from '../engine/index.js';
import { errorsOf, type AdfError } from '../errors/adf-error.js';
import { throwAll } from '../errors/diagnostics.js';
import type { ContainerSpec } from '../model/container.js';
import { defined } from '../model/defined.js';
import { describeHost } from '../model/host.js';
import { formatPinnedImage } from '../model/release.js';
import { parseVolume } from '../model/volume.js';
import { runningHosts } from '../plan/allowance.js';
import type {
  GroupObservation,
  HostObservation,
  ObservedMount,
  ObservedTargetGroup,
} from '../plan/observation.js';
import { findRefusals } from '../plan/preflight.js';
import type { RuntimeInfo } from '../ports/container-runtime.js';
import type { GroupSessions } from '../run/group-sessions.js';
import { takeKeptSecrets } from './take-kept-secrets.js';

/** What the planned containers mount of the host and may not make themselves, and what is there. `specs` are in the order of the settings. */
async function observeMounts(
  session: HostSession,
  specs: readonly ContainerSpec[],
): Promise<readonly ObservedMount[]> {
  const wanted = specs.flatMap((spec, container) =>
    spec.volumes.flatMap((text, index) => {
      const volume = parseVolume(text);
      const path = [container, 'volumes', index];
      return volume.kind === 'bind' && !volume.create
        ? [{ source: volume.source, container: spec.name, path }]
        : [];
    }),
  );
  if (wanted.length === 0) return [];
  const kinds = await session.target.containers.sources(wanted.map(({ source }) => source));
  return wanted.map(({ source, container, path }, index) => {
    const at = session.group?.settings.locateContainers?.(path);
    const madeBy = session.makers.find(({ mayMake }) => mayMake(source));
    return {
      source,
      container,
      kind: kinds[index] ?? 'unknown',
      ...defined({ at }),
      ...(madeBy === undefined ? {} : { madeBy: { task: madeBy.task, at: madeBy.at } }),
    };
  });
}

/** A host that could not be looked at, and why. */
export interface Unobserved {
  readonly session: HostSession;
  readonly error: AdfError;
}

export interface ObservedGroup {
  readonly observation: GroupObservation;
  readonly unobserved: readonly Unobserved[];
}

/** The hosts of a group, those that could be looked at and those that could not. */
export interface ObservedHosts {
  readonly hosts: readonly HostObservation[];
  readonly unobserved: readonly Unobserved[];
}

/** Looks at every host of the group: changes nothing, refuses nothing. */
export async function observeHosts(opened: GroupSessions): Promise<ObservedHosts> {
  const { sessions, run } = opened;
  const limit = pLimit(Math.max(1, run.forks));
  const looked = await Promise.all(
    sessions.map((session) =>
      limit(async () => observeHost(session, opened).catch((error: unknown) => asUnobserved(session, error))),
    ),
  );
  run.stop.signal.throwIfAborted();
  return {
    hosts: looked.flatMap((one) => ('error' in one ? [] : [one])),
    unobserved: looked.flatMap((one) => ('error' in one ? [one] : [])),
  };
}

/** Looks at every host of the group and at its target groups: changes nothing, refuses nothing. */
export async function observeGroup(opened: GroupSessions): Promise<ObservedGroup> {
  const { run } = opened;
  const { hosts, unobserved } = await observeHosts(opened);
  run.floor.knowHosts(opened.group, opened.hosts.length, runningHosts(opened.hosts, hosts));
  const [first] = opened.sessions;
  return {
    observation: {
      environment: run.environment,
      group: opened.group,
      release: opened.release,
      platforms: opened.platforms,
      rollout: opened.settings.rollout,
      targetGroupChoice: opened.settings.targetGroups,
      targetGroups: first === undefined ? [] : await observeTargetGroups(first, run),
      peers: opened.hosts,
      hosts,
    },
    unobserved,
  };
}

/** Refuses the group as a whole when anything speaks against it. Throws AdfErrors of class `refused`. */
export function refuseUnfit({ observation, unobserved }: ObservedGroup): void {
  throwAll([...unobserved.map(({ error }) => error), ...findRefusals(observation)], 'refused');
}

/** Looks at one host. Once its roll has begun, what it is to become is what its plan says. */
export async function observeHost(
  session: HostSession,
  { run, release, secrets }: Pick<GroupSessions, 'run' | 'release' | 'secrets'>,
): Promise<HostObservation> {
  const { host, group, target, known } = session;
  const { containers, traffic, specs } = target;
  const { clock, transport } = run.ports;
  const begun = clock.elapsed();
  await target.outlast(() => transport.connect(host, run.stop.signal));
  if (!known.seen)
    run.bus.emit({ type: 'host.connected', host: session.eventHost, duration: clock.elapsed() - begun });
  known.seen = true;
  const templates = group?.settings.containers ?? [];
  const variables = variablesOfSession(session);
  const groups = group === undefined ? [] : await traffic.groups(group.settings.targetGroups);
  const [runtime, found, rendered, registrations, places] = await Promise.all([
    containers.info(),
    containers.list(),
    known.planned?.containers ?? specs.from(templates, formatPinnedImage(release.image), variables),
    traffic.registrations(groups),
    traffic.planned(groups),
  ]);
  if (runtime.clockZero !== undefined) known.startedAt ??= runtime.clockZero + run.begun;
  tellOtherEngine(session, runtime, run);
  known.engine = runtime;
  const takes = secrets === 'kept' && known.planned === undefined;
  const { containers: wanted, taken } = takes
    ? await takeKeptSecrets(rendered, found, session, { run, release })
    : { containers: rendered, taken: [] };
  const mounts = await observeMounts(session, wanted);
  return {
    host,
    runtime,
    ...defined({ startedAt: known.startedAt }),
    containers: found,
    registrations,
    to: { release, containers: wanted, registrations: places },
    adopt: new Set(templates.flatMap(({ adopt }) => adopt ?? [])),
    probed: group?.settings.health !== undefined,
    ...(mounts.length === 0 ? {} : { mounts }),
    ...(known.keptOut === undefined ? {} : { keptOut: true as const }),
    ...(taken.length === 0 ? {} : { keptSecrets: { taken } }),
  };
}

/** An Engine that was upgraded since the plan was made is gone on with, in the API version that is negotiated anew. */
function tellOtherEngine(
  { known: { engine: before }, eventHost, host }: HostSession,
  { version }: RuntimeInfo,
  run: Run,
): void {
  if (before === undefined || before.version === version) return;
  const message = `its Docker Engine is ${version} now, ${before.version} before.`;
  run.bus.emit({ type: 'warning', host: eventHost, message });
  run.tally.warn(message, describeHost(host));
}

async function observeTargetGroups(
  { group, target: { traffic } }: HostSession,
  run: Run,
): Promise<readonly ObservedTargetGroup[]> {
  if (group === undefined) return [];
  const groups = await traffic.groups(group.settings.targetGroups);
  return Promise.all(
    groups.map(async (targetGroup) => {
      const targets = await run.ports.traffic.fresh(targetGroup.arn);
      run.floor.knowRegistered(targetGroup, targets);
      return { targetGroup, targets };
    }),
  );
}

const asUnobserved = (session: HostSession, error: unknown): Unobserved => ({
  session,
  error: errorsOf(error)[0],
});
