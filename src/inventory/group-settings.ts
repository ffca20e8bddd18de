import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { placeOf } from '../config/located.js';
import { validate } from '../config/validate.js';
import { AdfError, type ErrorPlace } from '../errors/adf-error.js';
import {
  missingSetting,
  nameTwice,
  noContainers,
  portTwice,
  twoContainerSettings,
} from '../errors/config.js';
import { Diagnostics } from '../errors/diagnostics.js';
import { describePort, portsClash, type ContainerTemplate, type PortMapping } from '../model/container.js';
import { defined } from '../model/defined.js';
import type { HealthProbe } from '../model/health.js';
import { containerSchema } from '../model/schema/container.js';
import { healthSchema } from '../model/schema/health.js';
import { repositorySchema, versionSchema } from '../model/schema/image.js';
import { promoteSchema } from '../model/schema/promote.js';
import { rolloutSchema } from '../model/schema/rollout.js';
import { targetGroupsSchema } from '../model/schema/target-groups.js';
import type { GroupSettings, RolloutSettings, TargetGroupChoice } from '../model/settings.js';
import { locateWithin, type Locate } from '../model/source.js';

/** A rendered variable of one host. */
interface RenderedVariable {
  readonly value: unknown;
  /** Locates by the path from the value: `[]` is the value itself. Absent for what stands in no file. */
  readonly locate?: Locate | undefined;
}

/** Gives the rendered value of a variable, or undefined when there is none of that name. */
export type ReadVariable = (name: string) => RenderedVariable | undefined;

/**
 * What a group is, from the variables of one of its hosts: `image`, `version`, `container` or `containers`, `health`,
 * `target_groups`, `rollout`. All that is wrong is told at once.
 * Throws `config.*` and `group.*` errors, and what rendering throws.
 */
export function readGroupSettings(read: ReadVariable): GroupSettings {
  const diagnostics = new Diagnostics();
  const image = diagnostics.collect(() => readOptional(read, 'image', repositorySchema));
  const version = diagnostics.collect(() => readOptional(read, 'version', versionSchema));
  const containers = diagnostics.collect(() => readContainers(read));
  const targetGroups = diagnostics.collect(() => readTargetGroups(read));
  const health = diagnostics.collect(() => readHealth(read, targetGroups));
  const rollout = diagnostics.collect(() => readRollout(read));
  const promote = diagnostics.collect(() => readOptional(read, 'promote', promoteSchema));
  diagnostics.collect(() => refuseMissingImage(read, containers ?? []));
  const locateContainers = locateOf(read);
  diagnostics.refuse();
  return {
    ...defined({ locateContainers, image, version }),
    containers: containers ?? [],
    ...defined({ health }),
    targetGroups: targetGroups ?? { kind: 'none' },
    rollout: rollout ?? readRollout(() => undefined),
    ...defined({ promote }),
  };
}

/**
 * The same for who operates hosts and deploys nothing: a group may be without containers, target groups and health check, and then has none. Throws
 * what is wrong in what it has.
 */
export function readOperatedSettings(read: ReadVariable): GroupSettings {
  const diagnostics = new Diagnostics();
  const has = (name: string): boolean => read(name) !== undefined;
  const hasContainers = has('container') || readSeveral(read, true) !== undefined;
  const containers = hasContainers ? diagnostics.collect(() => readContainers(read)) : [];
  const targetGroups = has('target_groups') ? diagnostics.collect(() => readTargetGroups(read)) : undefined;
  const health = diagnostics.collect(() => readHealth(read, { kind: 'none' }));
  const rollout = diagnostics.collect(() => readRollout(read));
  diagnostics.refuse();
  return {
    containers: containers ?? [],
    ...defined({ health }),
    targetGroups: targetGroups ?? { kind: 'none' },
    rollout: rollout ?? readRollout(() => undefined),
  };
}

const readRollout = (read: ReadVariable): RolloutSettings =>
  validate(rolloutSchema, read('rollout') ?? { value: {} }, ['rollout']);

const readOptional = <T>(read: ReadVariable, name: string, schema: z.ZodType<T>): T | undefined => {
  const variable = read(name);
  return variable === undefined ? undefined : validate(schema, variable, [name]);
};

function readContainers(read: ReadVariable): readonly ContainerTemplate[] {
  const single = read('container');
  const several = readSeveral(read, single === undefined);
  if (single !== undefined) {
    // The packaged default of `containers` is the list of just this one.
    if (several !== undefined && !isDeepStrictEqual(several.value, [single.value])) {
      throw twoContainerSettings(placeOf(several.locate ?? single.locate, [], 'key'));
    }
    return [validate(containerSchema, single, ['container'])];
  }
  if (several === undefined) {
    throw missingSetting('container', fileOf(read), 'Describe it: container: { name: …, ports: […] }.');
  }
  return validateSeveral(several);
}

/** Where the containers stand, whichever of the two words they are written under. */
function locateOf(read: ReadVariable): Locate | undefined {
  const single = read('container');
  if (single === undefined) return readSeveral(read, true)?.locate;
  const { locate } = single;
  return locate && ((path, part) => locate(path.slice(1), part));
}

/** Without a `container`, the packaged default of `containers` has nothing to render; a user's own error has a place. */
function readSeveral(read: ReadVariable, mayBeMissing: boolean): RenderedVariable | undefined {
  try {
    return read('containers');
  } catch (error) {
    const isMissing =
      error instanceof AdfError && error.code === 'expression.unknown_variable' && error.at === undefined;
    if (mayBeMissing && isMissing) return undefined;
    throw error;
  }
}

function validateSeveral({ value, locate }: RenderedVariable): readonly ContainerTemplate[] {
  if (!Array.isArray(value) || value.length === 0) throw noContainers(placeOf(locate));
  const diagnostics = new Diagnostics();
  const containers = value.flatMap((item: unknown, index) => {
    const part = { value: item, locate: locate && locateWithin(locate, [index]) };
    return diagnostics.collect(() => [validate(containerSchema, part, ['containers', index])]) ?? [];
  });
  diagnostics.refuse();
  refuseClashes(containers, (index) => placeOf(locate, [index]));
  return containers;
}

function refuseClashes(
  containers: readonly ContainerTemplate[],
  placeOfItem: (index: number) => ErrorPlace,
): void {
  const names = new Set<string>();
  const taken: { readonly port: PortMapping; readonly owner: string }[] = [];
  for (const [index, { name, ports }] of containers.entries()) {
    if (names.has(name)) throw nameTwice(name, placeOfItem(index));
    names.add(name);
    for (const port of ports) {
      const other = taken.find((one) => portsClash(one.port, port));
      if (other !== undefined) throw portTwice(describePort(port), [other.owner, name], placeOfItem(index));
    }
    taken.push(...ports.map((port) => ({ port, owner: name })));
  }
}

function readTargetGroups(read: ReadVariable): TargetGroupChoice {
  const variable = read('target_groups');
  if (variable !== undefined) return validate(targetGroupsSchema, variable, ['target_groups']);
  throw missingSetting(
    'target_groups',
    fileOf(read),
    'Write target_groups: [name], or none for hosts behind no load balancer, or auto.',
  );
}

function readHealth(
  read: ReadVariable,
  targetGroups: TargetGroupChoice | undefined,
): HealthProbe | undefined {
  const variable = read('health');
  if (variable !== undefined && variable.value !== 'none')
    return validate(healthSchema, variable, ['health']);
  const saidNone = variable?.locate !== undefined;
  if (saidNone || targetGroups === undefined || targetGroups.kind === 'none') return undefined;
  throw missingSetting(
    'health',
    fileOf(read),
    'Write health: { port: …, path: … }, so that a host is proven healthy before it goes into service; or health: none.',
  );
}

function refuseMissingImage(read: ReadVariable, containers: readonly ContainerTemplate[]): void {
  const without = containers.find(({ image }) => image === undefined);
  if (without === undefined || read('image') !== undefined) return;
  throw missingSetting(
    'image',
    fileOf(read),
    `The container "${without.name}" needs one: image: registry/name.`,
  );
}

/** The file that describes the group, for what is missing in it. */
function fileOf(read: ReadVariable): ErrorPlace {
  for (const name of ['image', 'container', 'target_groups', 'health', 'rollout']) {
    const { at } = placeOf(read(name)?.locate);
    if (at !== undefined) return { at: { file: at.file, line: 1, column: 1 } };
  }
  return {};
}
