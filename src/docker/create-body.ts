import type { ContainerHealthcheck, ContainerSpec, RestartPolicy } from '../model/container.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import { formatPinnedImage } from '../model/release.js';
import { parseVolume, volumeOptions, type BindMount, type Volume } from '../model/volume.js';

/** The body of `POST /containers/create` for a specification (Docker Engine API, ContainerCreate). */
export function createBody(spec: ContainerSpec, labels: Readonly<Record<string, string>>): object {
  const [network] = spec.networks;
  const volumes = spec.volumes.map(parseVolume);
  const anonymous = volumes.filter((volume) => volume.kind === 'anonymous');
  const mounts = volumes.filter((volume) => volume.kind === 'bind').filter(isMount);
  const { limits } = spec;
  return {
    Image: formatPinnedImage(spec.image),
    ...defined({ Cmd: spec.command, Entrypoint: spec.entrypoint, User: spec.user, Hostname: spec.hostname }),
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    Labels: { ...spec.labels, ...labels },
    StopTimeout: seconds(spec.stopTimeout),
    ExposedPorts: Object.fromEntries(spec.ports.map((port) => [portKey(port), {}])),
    Volumes: Object.fromEntries(anonymous.map(({ target }) => [target, {}])),
    ...(spec.healthcheck === undefined ? {} : { Healthcheck: healthcheckBody(spec.healthcheck) }),
    HostConfig: {
      Binds: volumes.flatMap(bindOf),
      ...(mounts.length === 0 ? {} : { Mounts: mounts.map(mountOf) }),
      PortBindings: portBindings(spec),
      RestartPolicy: restartPolicyBody(spec.restart),
      ...defined({ NetworkMode: network, Memory: limits.memoryBytes }),
      ...(limits.cpus === undefined ? {} : { NanoCpus: Math.round(limits.cpus * 1e9) }),
      ...defined({ PidsLimit: limits.pids }),
      ...(spec.logging === undefined
        ? {}
        : { LogConfig: { Type: spec.logging.driver, Config: spec.logging.options } }),
      ExtraHosts: spec.extraHosts,
    },
    ...(network === undefined
      ? {}
      : { NetworkingConfig: { EndpointsConfig: { [network]: endpointBody(spec, network) } } }),
  };
}

/**
 * `Mounts` never makes up a source that is missing, and refuses it at creation and at each start; `Binds` makes an empty folder of root's.
 * Only `Binds` knows the labels of SELinux: their sources are looked for before the Engine is asked.
 */
const isMount = ({ create, options }: BindMount): boolean =>
  !create && !options.some((word) => selinux.includes(word));

const selinux: readonly string[] = volumeOptions.selinux;
const propagation: readonly string[] = volumeOptions.propagation;

function bindOf(volume: Volume): readonly string[] {
  if (volume.kind === 'named') return [volume.text];
  if (volume.kind === 'anonymous' || isMount(volume)) return [];
  const { source, target, options } = volume;
  return [[source, target, ...(options.length === 0 ? [] : [options.join(',')])].join(':')];
}

function mountOf({ source, target, options }: BindMount): object {
  const Propagation = options.find((word) => propagation.includes(word));
  return {
    Type: 'bind',
    Source: source,
    Target: target,
    ReadOnly: options.includes('ro'),
    ...(Propagation === undefined ? {} : { BindOptions: { Propagation } }),
  };
}

/** The container is found in a network under the name it is specified with, even while another still has that name. */
export const endpointBody = (spec: ContainerSpec, network: string): object =>
  builtIn.has(network) ? {} : { Aliases: [spec.name] };

/** These know no aliases. */
const builtIn = new Set(['bridge', 'host', 'none', 'default']);

export const restartPolicyBody = (policy: RestartPolicy): object =>
  policy.name === 'on-failure'
    ? { Name: policy.name, MaximumRetryCount: policy.maximumRetries }
    : { Name: policy.name };

/** Docker counts whole seconds here; rounded up, so that nothing is killed early. */
export const seconds = (duration: Milliseconds): number => Math.ceil(duration / 1_000);

const portKey = ({ containerPort, protocol }: ContainerSpec['ports'][number]): string =>
  `${containerPort}/${protocol}`;

function portBindings(spec: ContainerSpec): Record<string, object[]> {
  const bindings: Record<string, object[]> = {};
  for (const port of spec.ports) {
    (bindings[portKey(port)] ??= []).push({
      HostIp: port.hostAddress ?? '',
      HostPort: String(port.hostPort),
    });
  }
  return bindings;
}

const nanoseconds = (duration: Milliseconds): number => Math.round(duration * 1e6);

const healthcheckBody = ({
  test,
  interval,
  timeout,
  retries,
  startPeriod,
}: ContainerHealthcheck): object => ({
  Test: test,
  ...(interval === undefined ? {} : { Interval: nanoseconds(interval) }),
  ...(timeout === undefined ? {} : { Timeout: nanoseconds(timeout) }),
  ...defined({ Retries: retries }),
  ...(startPeriod === undefined ? {} : { StartPeriod: nanoseconds(startPeriod) }),
});
