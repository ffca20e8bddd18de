import { z } from 'zod';
import { bindSourceGone } from '../errors/engine.js';
import { containerOfOtherGroup, foreignContainerAppeared } from '../errors/modules.js';
import {
  label,
  type ContainerSpec,
  type ContainerTemplate,
  type ObservedContainer,
} from '../model/container.js';
import { defined } from '../model/defined.js';
import type { Taking } from '../model/hold.js';
import { containerName, shortDigest, type ContainerName } from '../model/ids.js';
import { containerSchema } from '../model/schema/container.js';
import { specHash } from '../model/spec-hash.js';
import { bindMounts } from '../model/volume.js';
import type { Change, Module, ModuleHost } from './module.js';

const schema = z
  .strictObject({
    /** For containers that name none of their own. */
    image: z.string().optional(),
    container: containerSchema.optional(),
    /** In start order. */
    containers: z.array(containerSchema).optional(),
  })
  .refine(({ container, containers }) => (container === undefined) !== (containers === undefined), {
    message: 'write either container or containers',
  });

/** One container to be replaced, and what stands in its place. */
interface Replacement {
  readonly spec: ContainerSpec;
  readonly current: ObservedContainer | undefined;
  /** A container of another name whose place is taken over. */
  readonly adopted: ObservedContainer | undefined;
}

/**
 * Makes the host run these containers. What ran before is renamed, its restart policy set to `no` (dockerd would start it again
 * otherwise), stopped, and kept; then the new ones are created and started, in their order.
 */
export const dockerContainer: Module<z.infer<typeof schema>, readonly Replacement[]> = {
  name: 'docker_container',
  effect: 'restorable',
  takesHostOut: true,
  schema,

  async check({ image, container, containers }, host) {
    const templates = containers ?? (container === undefined ? [] : [container]);
    const specs = await host.containerSpecs(templates, image);
    const observed = await host.containers.list();
    const replacements = specs.flatMap(
      (spec, index) => replacement(spec, templates[index], observed, host) ?? [],
    );
    if (replacements.length === 0) return unchanged(specs);
    return {
      changes: true,
      summary: replacements.map(summarize).join('; '),
      diff: replacements.map(summarize).join('\n'),
      takes: replacements.flatMap((one) => takings(one, host)),
      details: replacements,
    };
  },

  async apply(_args, replacements, host) {
    await requireSources(replacements, host);
    for (const { current, adopted } of replacements.toReversed()) {
      for (const old of [current, adopted]) if (old !== undefined) await putAside(old, replacements, host);
    }
    for (const { spec } of replacements) await bringUp(spec, host);
    return {
      changed: true,
      message: replacements.map(summarize).join('; '),
      diff: replacements.map(summarize).join('\n'),
      values: { containers: replacements.map(({ spec }) => spec.name) },
    };
  },
};

function unchanged(specs: readonly ContainerSpec[]): Change<readonly Replacement[]> {
  return {
    changes: false,
    result: {
      changed: false,
      message: `${specs.map(({ name }) => name).join(', ')} as planned`,
      values: { containers: specs.map(({ name }) => name) },
    },
  };
}

/** Without a health check of the group, a container that Docker's own check finds unhealthy is replaced: the plan says so, too. */
function replacement(
  spec: ContainerSpec,
  template: ContainerTemplate | undefined,
  observed: readonly ObservedContainer[],
  { host, group, probe }: ModuleHost,
): Replacement | undefined {
  const current = observed.find(({ name }) => name === spec.name);
  const mayAdopt = template?.adopt;
  if (current !== undefined && mayAdopt !== current.name) {
    const owner = current.labels[label.group];
    if (owner === undefined) throw foreignContainerAppeared(host, current.name);
    if (group !== undefined && owner !== group) throw containerOfOtherGroup(host, current.name, owner);
  }
  const adopted = observed.find(({ name, running }) => name === mayAdopt && name !== spec.name && running);
  const isSick = group !== undefined && probe === undefined && current?.health === 'unhealthy';
  if (adopted === undefined && current !== undefined && !isSick && isAsPlanned(current, spec))
    return undefined;
  return { spec, current, adopted };
}

const isAsPlanned = (container: ObservedContainer, spec: ContainerSpec): boolean =>
  container.running &&
  container.digest === spec.image.digest &&
  container.labels[label.specHash] === specHash(spec);

/** The first hold carries the probe: one proof of health is for the host as a whole. */
function takings({ spec, current, adopted }: Replacement, { probe }: ModuleHost): readonly Taking[] {
  const { stopTimeout } = spec;
  const base = { kind: 'container', stopTimeout, ...defined({ probe }) } as const;
  const held = (container: ObservedContainer): Taking => {
    const { [label.release]: version, [label.specHash]: hash, [label.run]: run } = container.labels;
    return {
      ...base,
      name: container.name,
      previous: {
        id: container.id,
        // One that waits for its restart is up again in a moment, and is brought back as one that runs.
        running: container.running || container.restarting === true,
        restartPolicy: container.restartPolicy,
        ...defined({ digest: container.digest, version }),
        ...(hash === undefined || run === undefined ? {} : { image: container.image, specHash: hash, run }),
      },
    };
  };
  const own: Taking = current === undefined ? { ...base, name: spec.name } : held(current);
  return adopted === undefined ? [own] : [own, held(adopted)];
}

async function putAside(
  container: ObservedContainer,
  replacements: readonly Replacement[],
  { containers }: ModuleHost,
): Promise<void> {
  const spec = replacements.find(({ spec: { name } }) => name === container.name)?.spec;
  await containers.rename(container.id, asideName(container));
  await containers.setRestartPolicy(container.id, { name: 'no' });
  await containers.stop(container.id, spec?.stopTimeout ?? defaultStopTimeout);
}

/** Docker's own default between SIGTERM and SIGKILL. */
const defaultStopTimeout = 10_000;

/** The name a kept predecessor goes by: unique, and still telling what it was. */
export const asideName = ({ name, id }: Pick<ObservedContainer, 'name' | 'id'>): ContainerName =>
  containerName(`${name}.kept-${id.slice(0, 12)}`);

/** Before anything is stopped: the Engine would refuse the new container, or make an empty folder for it. */
async function requireSources(
  replacements: readonly Replacement[],
  { containers, host }: ModuleHost,
): Promise<void> {
  for (const { spec } of replacements) {
    const sources = bindMounts(spec.volumes).flatMap(({ create, source }) => (create ? [] : [source]));
    const kinds = sources.length === 0 ? [] : await containers.sources(sources);
    const missing = sources.filter((_, index) => kinds[index] === 'missing');
    if (missing.length > 0) throw bindSourceGone(host, spec.name, missing);
  }
}

async function bringUp(spec: ContainerSpec, host: ModuleHost): Promise<void> {
  for (const network of spec.networks) await host.containers.ensureNetwork(network);
  host.progress(`creating ${spec.name}`);
  const id = await host.containers.create(spec, host.labelsFor(spec), (warning) =>
    host.warn(`container ${spec.name}: ${warning}`),
  );
  await host.containers.start(id);
}

function summarize({ spec, current, adopted }: Replacement): string {
  const old = adopted ?? current;
  const to = `${spec.name} ${shortDigest(spec.image.digest)}`;
  if (old === undefined) return `start ${to}`;
  const from = old.digest === undefined ? old.image : shortDigest(old.digest);
  return `replace ${old.name} ${from} by ${to}`;
}
