import { describePort, label, type ContainerSpec, type ObservedContainer } from '../model/container.js';
import { formatDuration } from '../model/duration.js';
import { partsThatDiffer } from '../model/spec-hash.js';
import type { HostContainers } from '../ports/container-runtime.js';

/**
 * What a container that takes the place of another one has otherwise, a line each, for `--diff`. Of environment variables the names alone: what one
 * held before may be a secret that no file of the project knows any more. Nothing for a container that adfpush did not start.
 */
export async function containerDiff(
  current: ObservedContainer,
  spec: ContainerSpec,
  containers: Pick<HostContainers, 'environment' | 'image'>,
): Promise<readonly string[]> {
  if (current.labels[label.specParts] === undefined) return [];
  const lines: string[] = [];
  for (const part of partsThatDiffer(current.labels, spec)) {
    if (part === 'env') lines.push(...(await environmentDiff(current, spec, containers)));
    else lines.push(partDiff(part, current, spec));
  }
  return lines.map((line) => `  ${line}`);
}

/** A variable that the old image itself sets was not given to the container, so it is not taken away either. */
async function environmentDiff(
  current: ObservedContainer,
  { env }: ContainerSpec,
  containers: Pick<HostContainers, 'environment' | 'image'>,
): Promise<readonly string[]> {
  const before = await containers.environment(current.id);
  const [repository = ''] = current.image.split('@');
  const image = current.digest && (await containers.image({ repository, digest: current.digest }));
  const ofImage = new Set(image?.variables);
  const names = [...new Set([...Object.keys(before), ...Object.keys(env)])].toSorted();
  return names.flatMap((name) => {
    if (!Object.hasOwn(env, name))
      return image === undefined || ofImage.has(name) ? [] : [`- environment variable ${name}`];
    if (!Object.hasOwn(before, name)) return [`+ environment variable ${name}`];
    return before[name] === env[name] ? [] : [`~ environment variable ${name}`];
  });
}

/** What is known of the old one is its ports, networks and restart policy; of the others the new value is told. */
function partDiff(part: string, current: ObservedContainer, spec: ContainerSpec): string {
  switch (part) {
    case 'ports':
      return `~ ports: ${listed(current.ports.map(portOf))} -> ${listed(spec.ports.map(portOf))}`;
    case 'networks':
      return `~ networks: ${listed(current.networks)} -> ${listed(spec.networks)}`;
    case 'restart':
      return `~ restart: ${current.restartPolicy.name} -> ${spec.restart.name}`;
    case 'stopTimeout':
      return `~ stop timeout: ${formatDuration(spec.stopTimeout)}`;
    default:
      return `~ ${words[part] ?? part}: ${textOf(spec[part as keyof ContainerSpec])}`;
  }
}

const words: Readonly<Record<string, string>> = { extraHosts: 'extra hosts' };

const portOf = (port: ContainerSpec['ports'][number]): string =>
  `${describePort(port).split('/')[0] ?? ''}:${port.containerPort}/${port.protocol}`;

const listed = (values: readonly string[]): string => (values.length === 0 ? 'none' : values.join(', '));

function textOf(value: unknown): string {
  if (value === undefined) return 'none';
  if (Array.isArray(value)) return listed(value.map(String));
  return typeof value === 'string' ? value : JSON.stringify(value);
}
