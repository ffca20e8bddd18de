import type { HostSession } from '../engine/index.js';
import type { AdfError } from '../errors/adf-error.js';
import { neverReturned, swappedInService } from '../errors/playbook.js';
import { isMapping } from '../model/schema/parsed.js';
import { targetGroupsSchema } from '../model/schema/target-groups.js';
import type { TargetGroupChoice } from '../model/settings.js';
import type { Place } from '../model/source.js';
import { UnknownValue } from '../model/unknown.js';
import { dockerContainer } from '../modules/docker-container.js';
import { elbTarget } from '../modules/elb-target.js';
import type { Task } from '../playbook/playbook.js';

/** What a task does to the service of its host. */
export type Step = {
  readonly at: Place;
  /** It is not known to be skipped, and no failure has to come first. */
  readonly isSure: boolean;
} & (
  | { readonly kind: 'drained' | 'in_service'; readonly targetGroups: TargetGroupChoice }
  /** `containers` are names; the group's own where they are not known. */
  | { readonly kind: 'swap'; readonly containers: readonly string[] | undefined }
);

/** What a task with these rendered arguments does to the service of its host; undefined when nothing. */
export function stepOf(
  { module, at, args: { value: written } }: Task,
  args: unknown,
  isSure: boolean,
): Step | undefined {
  if (module === elbTarget.name) {
    if (!isMapping(args)) return undefined;
    const { state, target_groups: groups } = args;
    const targetGroups = targetGroupsSchema.safeParse(groups).data;
    if (targetGroups === undefined || (state !== 'drained' && state !== 'in_service')) return undefined;
    return { kind: state, targetGroups, at, isSure };
  }
  if (module !== dockerContainer.name) return undefined;
  if (isMapping(args)) {
    const all: readonly unknown[] = Array.isArray(args['containers'])
      ? args['containers']
      : [args['container']];
    const containers = all.map((one) => (isMapping(one) ? String(one['name']) : ''));
    return { kind: 'swap', containers, at, isSure };
  }
  // Which release it is may not be known yet.
  const isOwn =
    args instanceof UnknownValue &&
    isMapping(written) &&
    [written['container'], written['containers']].some((text) =>
      /^\{\{\s*containers?\s*\}\}$/.test(String(text)),
    );
  return isOwn ? { kind: 'swap', containers: undefined, at, isSure } : undefined;
}

/** In which order the tasks of a deploy take hosts out of service, replace their containers, and put them back. */
export class RollOrder {
  readonly #steps = new Map<HostSession, Step[]>();
  readonly #open = new Set<HostSession>();

  add(session: HostSession, steps: readonly Step[]): void {
    const all = this.#steps.get(session) ?? [];
    all.push(...steps);
    this.#steps.set(session, all);
  }

  /** It is not known which tasks the host comes to. */
  isOpen(session: HostSession): void {
    this.#open.add(session);
  }

  /** What the run would refuse of each host, or fail with, whatever the host does. */
  *faults(): Generator<readonly [HostSession, AdfError]> {
    for (const [session, steps] of this.#steps) {
      if (this.#open.has(session)) continue;
      for (const fault of faultsOf(session, steps)) yield [session, fault];
    }
  }
}

function faultsOf({ group }: HostSession, steps: readonly Step[]): readonly AdfError[] {
  if (group === undefined || group.settings.targetGroups.kind === 'none') return [];
  const { targetGroups, containers } = group.settings;
  const own = new Set<string>(containers.map(({ name }) => name));
  const places = targetGroups.kind === 'named' ? targetGroups.names : ['its target groups'];
  const ofStep = (choice: TargetGroupChoice): readonly string[] =>
    choice.kind === 'none'
      ? []
      : targetGroups.kind === 'named' && choice.kind === 'named'
        ? places.filter((name) => choice.names.includes(name))
        : places;
  const errors: AdfError[] = [];
  const mayBeOut = new Set<string>();
  const returnedAt = new Map<string, Place>();
  const drainedAt = new Map<string, Place>();
  // A host that is only drained is given back at the end of the run.
  const swappedOut = new Map<string, Place>();
  for (const step of steps) {
    if (step.kind === 'swap') {
      const isOwn = step.containers?.some((name) => own.has(name)) ?? true;
      const serving = places.find((name) => !mayBeOut.has(name));
      if (step.isSure && isOwn && serving !== undefined)
        errors.push(swappedInService(serving, returnedAt.get(serving), { at: step.at }));
      if (isOwn) for (const [place, at] of drainedAt) swappedOut.set(place, at);
      continue;
    }
    for (const place of ofStep(step.targetGroups)) {
      if (step.kind === 'drained') {
        mayBeOut.add(place);
        drainedAt.set(place, step.at);
      } else {
        if (step.isSure) mayBeOut.delete(place);
        returnedAt.set(place, step.at);
        drainedAt.delete(place);
        swappedOut.delete(place);
      }
    }
  }
  for (const [place, at] of swappedOut) errors.push(neverReturned(place, { at }));
  return errors;
}
