import type { Container } from './container.js';
import type { Binding } from './config.js';
import type { Image } from './image-store.js';
import type { Network } from './networks.js';

/** Docker's zero of time. */
const never = '0001-01-01T00:00:00Z';

const iso = (date: Date | undefined): string => date?.toISOString() ?? never;

const listOf = (command: readonly string[] | string | null | undefined): readonly string[] =>
  typeof command === 'string' ? [command] : (command ?? []);

/** An entry of `GET /containers/json`. */
export const summaryOf = (container: Container) => ({
  Id: container.id,
  Names: [`/${container.name}`],
  Image: container.config.Image,
  ImageID: container.image.id,
  Command: commandOf(container).join(' '),
  Created: Math.floor(container.created.getTime() / 1_000),
  Ports: container.bindings.map(({ hostPort, containerPort, protocol }) =>
    container.running
      ? { IP: '0.0.0.0', PrivatePort: containerPort, PublicPort: hostPort, Type: protocol }
      : { PrivatePort: containerPort, Type: protocol },
  ),
  Labels: labelsOf(container),
  State: container.state.status,
  Status: statusText(container),
  HostConfig: { NetworkMode: [...container.networks][0] ?? 'bridge' },
  NetworkSettings: { Networks: networksOf(container) },
  Mounts: [],
});

/** `GET /containers/{id}/json`. */
export const inspectionOf = (container: Container) => {
  const [path = '', ...args] = commandOf(container);
  const { state, config, restartPolicy } = container;
  return {
    Id: container.id,
    Created: iso(container.created),
    Path: path,
    Args: args,
    State: {
      Status: state.status,
      Running: container.running,
      Paused: false,
      Restarting: state.status === 'restarting',
      OOMKilled: false,
      Dead: false,
      Pid: container.pid,
      ExitCode: state.exitCode,
      Error: state.error,
      StartedAt: iso(state.startedAt),
      FinishedAt: iso(state.finishedAt),
    },
    Image: container.image.id,
    Name: `/${container.name}`,
    RestartCount: container.restartCount,
    Driver: 'overlay2',
    Platform: 'linux',
    HostConfig: {
      LogConfig: { Type: 'json-file', Config: {} },
      ...config.HostConfig,
      PortBindings: config.HostConfig?.PortBindings ?? {},
      NetworkMode: config.HostConfig?.NetworkMode ?? 'bridge',
      AutoRemove: config.HostConfig?.AutoRemove ?? false,
      RestartPolicy: {
        Name: restartPolicy.name,
        MaximumRetryCount: restartPolicy.maximumRetries,
      },
    },
    Mounts: [],
    Config: {
      Hostname: container.id.slice(0, 12),
      User: '',
      ...configOf(container),
    },
    NetworkSettings: {
      Ports: container.running ? publishedPorts(container.bindings) : {},
      Networks: networksOf(container),
    },
  };
};

/** `GET /images/{name}/json`. */
export const imageInspectionOf = (image: Image) => ({
  Id: image.id,
  RepoTags: [...image.tags],
  RepoDigests: [...image.digests],
  Created: image.created.toISOString(),
  Architecture: image.architecture,
  Os: image.os,
  Size: image.size,
  Config: {
    Env: image.env,
    Cmd: image.command,
    Labels: image.labels,
    ExposedPorts: Object.fromEntries(image.exposedPorts.map((port) => [port, {}])),
  },
  RootFS: { Type: 'layers', Layers: image.layers },
});

/** An entry of `GET /images/json`. */
export const imageSummaryOf = (image: Image) => ({
  Id: image.id,
  ParentId: '',
  RepoTags: [...image.tags],
  RepoDigests: [...image.digests],
  Created: Math.floor(image.created.getTime() / 1_000),
  Size: image.size,
  SharedSize: -1,
  Labels: image.labels,
  Containers: -1,
});

export const networkOf = (network: Network, containers: readonly Container[]) => ({
  Name: network.name,
  Id: network.id,
  Created: network.created.toISOString(),
  Scope: 'local',
  Driver: network.driver,
  EnableIPv6: false,
  Internal: false,
  Attachable: false,
  Ingress: false,
  Options: {},
  Labels: network.labels,
  IPAM: { Driver: 'default', Config: [] },
  Containers: Object.fromEntries(
    containers
      .filter((container) => container.running && container.networks.has(network.name))
      .map(({ id, name }) => [id, { Name: name, EndpointID: id, IPv4Address: '' }]),
  ),
});

const configOf = ({ image, config }: Container) => {
  const { HostConfig: _host, NetworkingConfig: _network, ...given } = config;
  return {
    ...given,
    Env: [...image.env, ...(config.Env ?? [])],
    Cmd: config.Cmd ?? image.command,
    Entrypoint: config.Entrypoint ?? null,
    Labels: { ...image.labels, ...config.Labels },
    ExposedPorts: config.ExposedPorts ?? {},
  };
};

const labelsOf = ({ image, config }: Container) => ({ ...image.labels, ...config.Labels });

const commandOf = ({ image, config }: Container): readonly string[] => {
  const command = listOf(config.Cmd);
  return [...listOf(config.Entrypoint), ...(command.length > 0 ? command : image.command)];
};

const networksOf = (container: Container) =>
  Object.fromEntries(
    [...container.networks].map((name) => [
      name,
      { NetworkID: name, EndpointID: container.running ? container.id : '', IPAddress: '', Aliases: [] },
    ]),
  );

const publishedPorts = (bindings: readonly Binding[]) => {
  const ports: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const { containerPort, protocol, hostPort, hostAddress } of bindings) {
    const at = { HostIp: hostAddress === '' ? '0.0.0.0' : hostAddress, HostPort: String(hostPort) };
    (ports[`${containerPort}/${protocol}`] ??= []).push(at);
  }
  return ports;
};

function statusText({ state }: Container): string {
  switch (state.status) {
    case 'created':
      return 'Created';
    case 'running':
      return `Up ${ago(state.startedAt)}`;
    case 'restarting':
      return `Restarting (${state.exitCode}) ${ago(state.finishedAt)} ago`;
    case 'exited':
      return `Exited (${state.exitCode}) ${ago(state.finishedAt)} ago`;
  }
}

const ago = (since: Date | undefined): string =>
  `${Math.floor((Date.now() - (since?.getTime() ?? Date.now())) / 1_000)} seconds`;
