import type { ContainerHealthcheck, ContainerSpec, RestartPolicy } from '../model/container.js';
import type { Milliseconds } from '../model/duration.js';
import { formatPinnedImage } from '../model/release.js';

/** The body of `POST /containers/create` for a specification (Docker Engine API, ContainerCreate). */
export function createBody(spec: ContainerSpec, labels: Readonly<Record<string, string>>): object {
  const [network] = spec.networks;
  const mounted = spec.volumes.filter((volume) => volume.includes(':'));
  const anonymous = spec.volumes.filter((volume) => !volume.includes(':'));
  const { limits } = spec;
  return {
    Image: formatPinnedImage(spec.image),
    ...(spec.command === undefined ? {} : { Cmd: spec.command }),
    ...(spec.entrypoint === undefined ? {} : { Entrypoint: spec.entrypoint }),
    ...(spec.user === undefined ? {} : { User: spec.user }),
    ...(spec.hostname === undefined ? {} : { Hostname: spec.hostname }),
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    Labels: { ...spec.labels, ...labels },
    StopTimeout: seconds(spec.stopTimeout),
    ExposedPorts: Object.fromEntries(spec.ports.map((port) => [portKey(port), {}])),
    Volumes: Object.fromEntries(anonymous.map((path) => [path, {}])),
    ...(spec.healthcheck === undefined ? {} : { Healthcheck: healthcheckBody(spec.healthcheck) }),
    HostConfig: {
      Binds: mounted,
      PortBindings: portBindings(spec),
      RestartPolicy: restartPolicyBody(spec.restart),
      ...(network === undefined ? {} : { NetworkMode: network }),
      ...(limits.memoryBytes === undefined ? {} : { Memory: limits.memoryBytes }),
      ...(limits.cpus === undefined ? {} : { NanoCpus: Math.round(limits.cpus * 1e9) }),
      ...(limits.pids === undefined ? {} : { PidsLimit: limits.pids }),
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
  ...(retries === undefined ? {} : { Retries: retries }),
  ...(startPeriod === undefined ? {} : { StartPeriod: nanoseconds(startPeriod) }),
});
