import { label, samePolicy, type ObservedContainer, type RestartPolicy } from '../container.js';
import type { Milliseconds } from '../duration.js';
import type { HealthProbe } from '../health.js';
import type { Hold, RestoreStep } from '../hold.js';
import type { ContainerId, ContainerName, Digest } from '../ids.js';
import { registrationKey, type TargetHealth } from '../registration.js';
import type { HoldBase, HostHoldKind, StepWords } from './kind.js';
import { registrationsOf } from './registration.js';

export interface ContainerHold extends HoldBase {
  readonly kind: 'container';
  readonly name: ContainerName;
  /** The container that had the name; absent when there was none, and then restoring leaves none. */
  readonly previous?: HeldContainer;
  /** How the restored host proves its health; absent when the group has no probe. */
  readonly probe?: HealthProbe;
  /** Between SIGTERM and SIGKILL, of the container that stands in its place when it is taken down again. */
  readonly stopTimeout?: Milliseconds;
  /** The names of the target groups that the run had taken the host out of: it is drained from them before this one goes down again. */
  readonly targetGroups?: readonly string[];
}

export interface HeldContainer {
  readonly id: ContainerId;
  readonly running: boolean;
  readonly restartPolicy: RestartPolicy;
  readonly digest?: Digest;
  /** The version label, for people. */
  readonly version?: string;
  /** What it was made from, and by which run, so that it can be made again if it was removed meanwhile: from today's settings, if these have this hash. */
  readonly image?: string;
  readonly specHash?: string;
  readonly run?: string;
}

interface NamedContainer {
  readonly container: ContainerId;
  readonly name: ContainerName;
}

export interface ContainerSteps {
  readonly remove_container: NamedContainer;
  /** Made again for a held container that is gone, and started if that one ran. */
  readonly remake_container: NamedContainer;
  readonly rename_container: NamedContainer;
  readonly set_restart_policy: { readonly container: ContainerId; readonly policy: RestartPolicy };
  readonly start_container: NamedContainer;
  /** Not required of a host that was not healthy before: it is tried, and decides how the host is registered. */
  readonly prove_health: { readonly probe: HealthProbe; readonly required: boolean };
}

/** Docker's own, for a container whose specification is not known. */
export const defaultStopTimeout: Milliseconds = 10_000;

/** A container, or the place of one that there was not. */
export const containerKind: HostHoldKind<ContainerHold> = {
  touchesHost: true,
  key: ({ name }) => name,
  found: ({ previous }) => previous?.id,
  describe({ name, previous }) {
    if (previous === undefined) return `no container "${name}"`;
    const version = previous.version ?? previous.id.slice(0, 12);
    return `its container "${name}" (${version}${previous.running ? '' : ', stopped'})`;
  },
  targetGroups: ({ targetGroups = [] }) => targetGroups,
  account: () => undefined,
  ownTime: ({ stopTimeout = defaultStopTimeout }) => stopTimeout,
  open: (taken, identity, { targetGroups }) => ({
    ...taken,
    ...identity,
    ...(targetGroups.length === 0 ? {} : { targetGroups }),
  }),
  isReplaced: () => true,
  lacks: (hold, { containers }) =>
    containers === undefined ||
    foreignInPlaceOf(hold, containers) !== undefined ||
    planContainers([hold], containers, new Set()).length > 0,
  mend(holds, { containers, remakable = new Set(), registrations }, all) {
    if (holds.length === 0) return [];
    if (containers === undefined) {
      return [{ do: 'give_up', reason: 'the host cannot be reached, and its container was touched' }];
    }
    const [stranger] = holds.flatMap((hold) => foreignInPlaceOf(hold, containers) ?? []);
    return stranger === undefined
      ? planContainers(holds, containers, remakable)
      : [{ do: 'give_up', reason: whyLeft(stranger, all, registrations) }];
  },
};

export const containerWords: StepWords<ContainerSteps> = {
  remove_container: ({ name }) => `remove the new container "${name}"`,
  remake_container: ({ name }) => `make the old container "${name}" again, since it was removed`,
  rename_container: ({ name }) => `give the old container its name "${name}" back`,
  set_restart_policy: ({ policy }) => `give the old container its restart policy "${policy.name}" back`,
  start_container: ({ name }) => `start the old container "${name}"`,
  prove_health: () => 'prove it healthy',
};

export const containerHolds = (holds: readonly Hold[]): readonly ContainerHold[] =>
  holds.filter((hold) => hold.kind === 'container');

/** A host that goes back to running nothing cannot have been healthy where it is registered, and need not be again. */
export function runsNothing(holds: readonly Hold[]): boolean {
  const held = containerHolds(holds);
  return held.length > 0 && held.every(({ previous }) => previous?.running !== true);
}

/** A host without a container could not have been healthy. One of which no container is held runs what it runs. */
export function ranSomething(holds: readonly Hold[]): boolean {
  const held = containerHolds(holds);
  return held.length === 0 || held.some(({ previous }) => previous !== undefined);
}

/** The same holds, with this health check where they have one. */
export const withProbe = (holds: readonly Hold[], probe: HealthProbe): readonly Hold[] =>
  holds.map((hold) => (hold.kind === 'container' && hold.probe !== undefined ? { ...hold, probe } : hold));

/** The held container itself, or the one that was made again for it after it had been removed. */
export const isPrevious = (
  { previous }: { readonly previous?: Pick<HeldContainer, 'id'> },
  { id, labels }: Pick<ObservedContainer, 'id' | 'labels'>,
): boolean => previous !== undefined && (id === previous.id || labels[label.remakes] === previous.id);

/** The held containers that are not on the host any more: `docker container prune` removes what is stopped. */
export const lostPredecessors = (
  holds: readonly Hold[],
  containers: readonly ObservedContainer[],
): readonly ContainerHold[] =>
  containerHolds(holds).filter(
    (hold) => hold.previous !== undefined && !containers.some((container) => isPrevious(hold, container)),
  );

/** Containers that the run started, that stand under their own names, and of which nothing is held any more. */
export function settledBeside(
  held: readonly Hold[],
  containers: readonly ObservedContainer[],
  run: string,
  group: string | undefined,
): readonly ObservedContainer[] {
  const names = new Set<string>(containerHolds(held).map(({ name }) => name));
  return containers.filter(
    ({ name, labels }) =>
      labels[label.run] === run &&
      labels[label.group] === group &&
      labels[label.container] === name &&
      !names.has(name),
  );
}

/** Under the name of each held container runs one that this run started. */
export const runsThePlanned = (
  holds: readonly Hold[],
  containers: readonly ObservedContainer[],
  run: string,
): boolean =>
  containerHolds(holds).every((hold) =>
    containers.some(
      ({ name, running, labels }) => name === hold.name && running && labels[label.run] === run,
    ),
  );

/** What was healthy must prove it again; what was not may: it could have been a passing fault. */
export function planProof(
  holds: readonly Hold[],
  mending: readonly RestoreStep[],
  registrations: readonly RestoreStep[],
): readonly RestoreStep[] {
  const probe = containerHolds(holds).find(
    (hold) => hold.probe !== undefined && hold.previous?.running === true,
  )?.probe;
  const needed = mending.length > 0 || registrations.some((step) => step.do === 'register');
  if (probe === undefined || !needed) return [];
  const required = !registrations.some((step) => step.do === 'register' && step.await === 'registered');
  return [{ do: 'prove_health', probe, required }];
}

/** Each hold on its own: what took the name goes first, then what had it comes back. */
function planContainers(
  holds: readonly ContainerHold[],
  containers: readonly ObservedContainer[],
  remakable: ReadonlySet<ContainerId>,
): readonly RestoreStep[] {
  // Replaced in start order, so taken down in the reverse of it.
  const down = [...holds].reverse().flatMap((hold): readonly RestoreStep[] => {
    const current = containers.find(({ name }) => name === hold.name);
    if (current === undefined || isPrevious(hold, current)) return [];
    return [{ do: 'remove_container', container: current.id, name: hold.name }];
  });
  const up = holds.flatMap((hold) => bringBack(hold, containers, remakable));
  const lost = up.find((step) => step.do === 'give_up');
  return lost === undefined ? [...down, ...up] : [lost];
}

function bringBack(
  { previous, name }: ContainerHold,
  containers: readonly ObservedContainer[],
  remakable: ReadonlySet<ContainerId>,
): readonly RestoreStep[] {
  if (previous === undefined) return [];
  const now = containers.find((container) => isPrevious({ previous }, container));
  if (now === undefined) {
    return remakable.has(previous.id)
      ? [{ do: 'remake_container', container: previous.id, name }]
      : [{ do: 'give_up', reason: whyLost(name, previous) }];
  }
  const steps: RestoreStep[] = [];
  if (now.name !== name) steps.push({ do: 'rename_container', container: now.id, name });
  if (!samePolicy(now.restartPolicy, previous.restartPolicy)) {
    steps.push({ do: 'set_restart_policy', container: now.id, policy: previous.restartPolicy });
  }
  if (previous.running && !now.running && now.restarting !== true)
    steps.push({ do: 'start_container', container: now.id, name });
  return steps;
}

/**
 * What stands under the name of a held container and is not ours to remove: it was started by hand, or for another group. What
 * the run started carries its labels, and what it found there is the held container itself.
 */
function foreignInPlaceOf(
  hold: ContainerHold,
  containers: readonly ObservedContainer[],
): ObservedContainer | undefined {
  const { name, group } = hold;
  const current = containers.find((container) => container.name === name);
  if (current === undefined || isPrevious(hold, current)) return undefined;
  const isOurs =
    current.labels[label.run] !== undefined && (group === undefined || current.labels[label.group] === group);
  return isOurs ? undefined : current;
}

function whyLeft(
  { name, id, running }: ObservedContainer,
  holds: readonly Hold[],
  targets: readonly TargetHealth[],
): string {
  const healthy = new Set(
    targets
      .filter(({ state }) => state === 'healthy')
      .map(({ registration }) => registrationKey(registration)),
  );
  const held = registrationsOf(holds);
  const serves = running && held.length > 0 && held.every((one) => healthy.has(registrationKey(one)));
  const short = id.slice(0, 12);
  const seen = serves ? ', and it is in service, healthy' : running ? ', and it runs' : '';
  return (
    `the container "${name}" (${short}) was not started by this group's deploys${seen}: it is left as it is. ` +
    `To have the old one back: docker rename ${short} ${name}-by-hand and docker stop ${short}, then recover again`
  );
}

function whyLost(name: ContainerName, { id, version, image, specHash }: HeldContainer): string {
  const gone = `the container "${name}" (${id.slice(0, 12)}) it had is gone`;
  if (image === undefined || specHash === undefined) return gone;
  return (
    `${gone}, and it cannot be made again: the image ${image} is not to be had, or the project's settings are not those that ` +
    `${version ?? 'it'} was started with. Check out the project as it was then, and run adfpush recover`
  );
}
