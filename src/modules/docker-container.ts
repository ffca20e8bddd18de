import { z } from 'zod';
import { bindSourceGone } from '../errors/engine.js';
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
import { containerDiff } from './container-diff.js';
import type { Change, Module, ModuleHost, ModuleResult } from './module.js';
import { requireOurs, takingOf } from './our-containers.js';
import { restartContainers, restartsOf, summarizeRestart, type Restart } from './restart-containers.js';

const schema = z
  .strictObject({
    state: z
      .enum(['started', 'restarted'])
      .default('started')
      .describe(
        '`restarted` stops and starts the containers of these names as they are, and replaces none; their image and settings say nothing then',
      ),
    image: z.string().optional().describe('the image of containers that name none of their own'),
    container: containerSchema.optional().describe('the container, as in the settings of a group'),
    containers: z
      .array(containerSchema)
      .optional()
      .describe('instead of `container`: several, in start order'),
  })
  .refine(({ container, containers }) => (container === undefined) !== (containers === undefined), {
    message: 'write either container or containers',
  });

type Details =
  | { readonly kind: 'replace'; readonly replacements: readonly Replacement[] }
  | { readonly kind: 'restart'; readonly restarts: readonly Restart[] };

/** One container to be replaced, and what stands in its place. */
interface Replacement {
  readonly spec: ContainerSpec;
  readonly current: ObservedContainer | undefined;
  /** A container of another name whose place is taken over. */
  readonly adopted: ObservedContainer | undefined;
  /** In which settings the new one differs, a line each. */
  readonly differences: readonly string[];
}

/**
 * Makes the host run these containers. What ran before is renamed, its restart policy set to `no` (dockerd would start it again
 * otherwise), stopped, and kept; then the new ones are created and started, in their order.
 */
export const dockerContainer: Module<z.infer<typeof schema>, Details> = {
  name: 'docker_container',
  docs: {
    summary:
      'Makes the host run these containers. What ran before is stopped and kept, so that a failure or a rollback brings it back.',
    examples: [
      `- name: replace the containers
  docker_container:
    image: "{{ release.image }}"
    containers: "{{ containers }}"`,
      `- name: a cache beside the app
  docker_container:
    container:
      name: cache
      image: redis:7
      ports: ['127.0.0.1:6379:6379']
      restart: always`,
      `- name: restart them as they are
  docker_container:
    state: restarted
    containers: "{{ containers }}"`,
    ],
  },
  refusedArguments: {
    restart: 'Write state: restarted; the restart policy is said in the container.',
    recreate:
      'Leave it out: a container that is not as asked for is replaced, and state: restarted restarts the others.',
  },
  effect: 'restorable',
  takesHostOut: true,
  schema,

  async check({ state, image, container, containers }, host) {
    const templates = containers ?? (container === undefined ? [] : [container]);
    if (state === 'restarted') return checkRestart(await restartsOf(templates, host), host);
    const specs = await host.containerSpecs(templates, image);
    const observed = await host.containers.list();
    const found = specs.flatMap((spec, index) => replacement(spec, templates[index], observed, host) ?? []);
    const replacements = await Promise.all(found.map((one) => withDifferences(one, host)));
    if (replacements.length === 0) return unchanged(specs);
    return {
      changes: true,
      summary: replacements.map(summarize).join('; '),
      diff: replacements.flatMap(diffOf).join('\n'),
      takes: replacements.flatMap((one) => takings(one, host)),
      details: { kind: 'replace', replacements },
    };
  },

  async apply(_args, details, host) {
    if (details.kind === 'restart') return applyRestart(details.restarts, host);
    const { replacements } = details;
    await requireSources(replacements, host);
    for (const { current, adopted } of replacements.toReversed()) {
      for (const old of [current, adopted]) if (old !== undefined) await putAside(old, replacements, host);
    }
    for (const { spec } of replacements) await bringUp(spec, host);
    return {
      changed: true,
      message: replacements.map(summarize).join('; '),
      diff: replacements.flatMap(diffOf).join('\n'),
      values: { containers: replacements.map(({ spec }) => spec.name) },
    };
  },
};

const checkRestart = (restarts: readonly Restart[], host: ModuleHost): Change<Details> => ({
  changes: true,
  summary: restarts.map(summarizeRestart).join('; '),
  diff: restarts.map(summarizeRestart).join('\n'),
  takes: restarts.map(({ container, stopTimeout }) => takingOf(container, stopTimeout, host)),
  details: { kind: 'restart', restarts },
});

async function applyRestart(restarts: readonly Restart[], host: ModuleHost): Promise<ModuleResult> {
  await restartContainers(restarts, host);
  return {
    changed: true,
    message: restarts.map(summarizeRestart).join('; '),
    diff: restarts.map(summarizeRestart).join('\n'),
    values: { containers: restarts.map(({ container }) => container.name) },
  };
}

function unchanged(specs: readonly ContainerSpec[]): Change<Details> {
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
  host: ModuleHost,
): Omit<Replacement, 'differences'> | undefined {
  const { group, probe } = host;
  const current = observed.find(({ name }) => name === spec.name);
  const mayAdopt = template?.adopt;
  if (current !== undefined && mayAdopt !== current.name) requireOurs(current, host);
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
function takings({ spec, current, adopted }: Replacement, host: ModuleHost): readonly Taking[] {
  const { stopTimeout, name } = spec;
  const none: Taking = { kind: 'container', stopTimeout, ...defined({ probe: host.probe }), name };
  const own = current === undefined ? none : takingOf(current, stopTimeout, host);
  return adopted === undefined ? [own] : [own, takingOf(adopted, stopTimeout, host)];
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

async function withDifferences(
  { spec, current, adopted }: Omit<Replacement, 'differences'>,
  { containers }: ModuleHost,
): Promise<Replacement> {
  const differences = current === undefined ? [] : await containerDiff(current, spec, containers);
  return { spec, current, adopted, differences };
}

const diffOf = (replacement: Replacement): readonly string[] => [
  summarize(replacement),
  ...replacement.differences,
];

function summarize({ spec, current, adopted }: Pick<Replacement, 'spec' | 'current' | 'adopted'>): string {
  const old = adopted ?? current;
  const to = `${spec.name} ${shortDigest(spec.image.digest)}`;
  if (old === undefined) return `start ${to}`;
  const from = old.digest === undefined ? old.image : shortDigest(old.digest);
  return `replace ${old.name} ${from} by ${to}`;
}
