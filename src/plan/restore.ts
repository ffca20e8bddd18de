import { label, samePolicy, type ObservedContainer, type RestartPolicy } from '../model/container.js';
import type { HealthProbe } from '../model/health.js';
import type { ContainerHold, HeldContainer, Hold, RegistrationHold } from '../model/hold.js';
import type { ContainerId, ContainerName } from '../model/ids.js';
import { isDrained, registrationKey, type Registration, type TargetHealth } from '../model/registration.js';

/** What a host is really like at the moment its restoring is planned. */
export interface RestoreObservation {
  /** Undefined when the host cannot be asked; then only registrations of untouched containers can be planned. */
  readonly containers: readonly ObservedContainer[] | undefined;
  /** Held containers that are gone, and that can be made again as they were. */
  readonly remakable?: ReadonlySet<ContainerId>;
  /** The state of every registration that is held, and of every other one that the host has. */
  readonly registrations: readonly TargetHealth[];
}

export type RestoreStep =
  | { readonly do: 'drain'; readonly registrations: readonly Registration[] }
  | { readonly do: 'remove_container'; readonly container: ContainerId; readonly name: ContainerName }
  /** Made again for a held container that is gone, and started if that one ran. */
  | { readonly do: 'remake_container'; readonly container: ContainerId; readonly name: ContainerName }
  | { readonly do: 'rename_container'; readonly container: ContainerId; readonly name: ContainerName }
  | { readonly do: 'set_restart_policy'; readonly container: ContainerId; readonly policy: RestartPolicy }
  | { readonly do: 'start_container'; readonly container: ContainerId; readonly name: ContainerName }
  /** Not required of a host that was not healthy before: it is tried, and decides how the host is registered. */
  | { readonly do: 'prove_health'; readonly probe: HealthProbe; readonly required: boolean }
  /** `await` is `healthy`, or `registered` for one that was not healthy when it was taken. */
  | {
      readonly do: 'register';
      readonly registrations: readonly Registration[];
      readonly await: 'healthy' | 'registered';
    }
  /** What cannot be brought back: the rest of the plan is what still can be done. */
  | { readonly do: 'give_up'; readonly reason: string };

/**
 * Plans how one host is made to match its holds again, from whatever state it is in: a pure function that serves a failed
 * turn, a rollback and an interrupted run alike. Planning again after its steps succeeded gives no steps.
 */
export function planRestore(holds: readonly Hold[], observed: RestoreObservation): readonly RestoreStep[] {
  const containerHolds = holds.filter((hold) => hold.kind === 'container');
  const registrationHolds = holds.filter((hold) => hold.kind === 'registration');
  if (containerHolds.length === 0) return planRegistrations(registrationHolds, observed.registrations, []);
  if (observed.containers === undefined) {
    return [{ do: 'give_up', reason: 'the host cannot be reached, and its container was touched' }];
  }

  const foreign = containerHolds.flatMap((hold) => foreignInPlaceOf(hold, observed.containers ?? []) ?? []);
  const [stranger] = foreign;
  if (stranger !== undefined) {
    return [{ do: 'give_up', reason: whyLeft(stranger, registrationHolds, observed.registrations) }];
  }
  const containers = planContainers(containerHolds, observed.containers, observed.remakable ?? new Set());
  const lost = containers.find((step) => step.do === 'give_up');
  if (lost !== undefined) return [lost];
  // One that is draining still has requests in flight: it has to be waited for as well.
  const reached = observed.registrations.filter(({ state }) => state !== 'unused');
  const drains = containers.length > 0 && reached.length > 0;
  const drain: readonly RestoreStep[] = drains
    ? [{ do: 'drain', registrations: reached.map(({ registration }) => registration) }]
    : [];
  const registrations = planRegistrations(
    registrationHolds,
    observed.registrations,
    drains ? reached.filter(({ state }) => state !== 'draining').map(({ registration }) => registration) : [],
    runsNothing(holds),
  );
  return [...drain, ...containers, ...planProof(containerHolds, containers, registrations), ...registrations];
}

/** A host that goes back to running nothing cannot have been healthy where it is registered, and need not be again. */
export const runsNothing = (holds: readonly Hold[]): boolean =>
  holds.some(({ kind }) => kind === 'container') &&
  holds.every((hold) => hold.kind !== 'container' || hold.previous?.running !== true);

/**
 * What of these the host really lacks: a registration that is not there, or not healthy where it was; a container that is not as it was held.
 * What is written down before it is taken need not have been taken.
 */
export const lackingOf = (holds: readonly Hold[], observed: RestoreObservation): readonly Hold[] =>
  holds.filter((hold) =>
    hold.kind === 'registration'
      ? lacksRegistration(hold, observed.registrations)
      : observed.containers === undefined ||
        foreignInPlaceOf(hold, observed.containers) !== undefined ||
        planContainers([hold], observed.containers, new Set()).length > 0,
  );

function lacksRegistration(
  { registration, state }: RegistrationHold,
  targets: readonly TargetHealth[],
): boolean {
  const key = registrationKey(registration);
  const target = targets.find((one) => registrationKey(one.registration) === key);
  const isThere = target !== undefined && !isDrained(target) && target.state !== 'draining';
  if (state === 'absent') return isThere;
  return state === 'healthy' ? target?.state !== 'healthy' : !isThere;
}

/** The containers of the host, each hold on its own: what took the name goes first, then what had it comes back. */
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
  return [...down, ...up];
}

/**
 * What stands under the name of a held container and is not ours to remove: somebody started it by hand, or for another group. What
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
  holds: readonly RegistrationHold[],
  targets: readonly TargetHealth[],
): string {
  const serves =
    running &&
    holds.length > 0 &&
    holds.every(({ registration }) =>
      targets.some(
        (target) =>
          target.state === 'healthy' &&
          registrationKey(target.registration) === registrationKey(registration),
      ),
    );
  const short = id.slice(0, 12);
  const seen = serves ? ', and it is in service, healthy' : running ? ', and it runs' : '';
  return (
    `the container "${name}" (${short}) was not started by this group's deploys${seen}: it is left as it is. ` +
    `To have the old one back: docker rename ${short} ${name}-by-hand and docker stop ${short}, then recover again`
  );
}

/** The held container itself, or the one that was made again for it after somebody had removed it. */
export const isPrevious = (
  { previous }: { readonly previous?: Pick<HeldContainer, 'id'> },
  { id, labels }: Pick<ObservedContainer, 'id' | 'labels'>,
): boolean => previous !== undefined && (id === previous.id || labels[label.remakes] === previous.id);

/** The held containers that are not on the host any more: `docker container prune` removes what is stopped. */
export const lostPredecessors = (
  holds: readonly Hold[],
  containers: readonly ObservedContainer[],
): readonly ContainerHold[] =>
  holds.filter(
    (hold): hold is ContainerHold =>
      hold.kind === 'container' &&
      hold.previous !== undefined &&
      !containers.some((container) => isPrevious(hold, container)),
  );

/** Containers that the run started, that stand under their own names, and of which nothing is held any more. */
export const settledBeside = (
  held: readonly Hold[],
  containers: readonly ObservedContainer[],
  run: string,
  group: string | undefined,
): readonly ObservedContainer[] =>
  containers.filter(
    ({ name, labels }) =>
      labels[label.run] === run &&
      labels[label.group] === group &&
      labels[label.container] === name &&
      !held.some((hold) => hold.kind === 'container' && hold.name === name),
  );

/** Under the name of each held container runs one that this run started. */
export const runsThePlanned = (
  holds: readonly Hold[],
  containers: readonly ObservedContainer[],
  run: string,
): boolean =>
  holds.every(
    (hold) =>
      hold.kind !== 'container' ||
      containers.some(
        ({ name, running, labels }) => name === hold.name && running && labels[label.run] === run,
      ),
  );

function bringBack(
  hold: ContainerHold,
  containers: readonly ObservedContainer[],
  remakable: ReadonlySet<ContainerId>,
): readonly RestoreStep[] {
  const { previous, name } = hold;
  if (previous === undefined) return [];
  const now = containers.find((container) => isPrevious(hold, container));
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

function whyLost(name: ContainerName, { id, version, image, specHash }: HeldContainer): string {
  const gone = `the container "${name}" (${id.slice(0, 12)}) it had is gone`;
  if (image === undefined || specHash === undefined) return gone;
  return (
    `${gone}, and it cannot be made again: the image ${image} is not to be had, or the project's settings are not those that ` +
    `${version ?? 'it'} was started with. Check out the project as it was then, and run adfpush recover`
  );
}

/** What was healthy must prove it again; what was not may: it could have been a passing fault. */
function planProof(
  holds: readonly ContainerHold[],
  containers: readonly RestoreStep[],
  registrations: readonly RestoreStep[],
): readonly RestoreStep[] {
  const probe = holds.find((hold) => hold.probe !== undefined && hold.previous?.running === true)?.probe;
  const needed = containers.length > 0 || registrations.some((step) => step.do === 'register');
  if (probe === undefined || !needed) return [];
  const required = !registrations.some((step) => step.do === 'register' && step.await === 'registered');
  return [{ do: 'prove_health', probe, required }];
}

function planRegistrations(
  holds: readonly RegistrationHold[],
  targets: readonly TargetHealth[],
  drainedOnTheWay: readonly Registration[],
  idle = false,
): readonly RestoreStep[] {
  const drained = new Set(drainedOnTheWay.map(registrationKey));
  const present = (hold: RegistrationHold): boolean => {
    const key = registrationKey(hold.registration);
    const target = targets.find(({ registration }) => registrationKey(registration) === key);
    return target !== undefined && !isDrained(target) && target.state !== 'draining' && !drained.has(key);
  };
  const had = holds.filter(({ state }) => state !== 'absent');
  const missing = had.filter((hold) => !present(hold));
  // One that was on its way into service, or out of it, was healthy there unless nothing ran.
  const healthy = missing.filter(
    ({ state }) => state === 'healthy' || (!idle && (state === 'initial' || state === 'draining')),
  );
  const others = missing.filter((hold) => !healthy.includes(hold));
  const superfluous = holds.filter((hold) => hold.state === 'absent' && present(hold));
  // Registered while on their way before, such as after a drain above: nothing held them, so they go back as they were.
  const unheld = drainedOnTheWay.filter(
    (registration) =>
      !holds.some((hold) => registrationKey(hold.registration) === registrationKey(registration)),
  );
  const steps: RestoreStep[] = [];
  if (superfluous.length > 0) {
    steps.push({ do: 'drain', registrations: superfluous.map(({ registration }) => registration) });
  }
  const back = [...healthy.map(({ registration }) => registration), ...(idle ? [] : unheld)];
  const asFound = [...others.map(({ registration }) => registration), ...(idle ? unheld : [])];
  if (back.length > 0) steps.push({ do: 'register', registrations: back, await: 'healthy' });
  if (asFound.length > 0) steps.push({ do: 'register', registrations: asFound, await: 'registered' });
  return steps;
}

/** A step as people read it. */
export function describeStep(step: RestoreStep): string {
  switch (step.do) {
    case 'drain':
      return `drain ${step.registrations.length === 1 ? 'its registration' : `${step.registrations.length} registrations`}`;
    case 'remove_container':
      return `remove the new container "${step.name}"`;
    case 'remake_container':
      return `make the old container "${step.name}" again, since somebody removed it`;
    case 'rename_container':
      return `give the old container its name "${step.name}" back`;
    case 'set_restart_policy':
      return `give the old container its restart policy "${step.policy.name}" back`;
    case 'start_container':
      return `start the old container "${step.name}"`;
    case 'prove_health':
      return 'prove it healthy';
    case 'register':
      return step.await === 'healthy' ? 'put it back in service' : 'register it as it was found';
    case 'give_up':
      return step.reason;
  }
}
