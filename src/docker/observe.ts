import { z } from 'zod';
import { label, type ObservedContainer, type PortMapping, type RestartPolicy } from '../model/container.js';
import { defined } from '../model/defined.js';
import { containerId, containerName, isDigest } from '../model/ids.js';
import { bindMounts } from '../model/volume.js';
import type { ContainerAnswer } from './answers.js';
import { parseJson } from './json.js';

/** A container as the Engine describes it, in our words. `inUnitFile` tells whether a systemd unit starts this name. */
export function observedContainer(
  answer: ContainerAnswer,
  inUnitFile: (name: string) => boolean,
): ObservedContainer {
  const { State: state, Config: config, HostConfig: hostConfig } = answer;
  const name = answer.Name.replace(/^\//, '');
  const labels = config.Labels ?? {};
  const digest = labels[label.digest];
  const running = state.Running && !state.Restarting && !state.Paused && !state.Dead;
  const startedAt = moment(state.StartedAt);
  const finishedAt = state.Running ? undefined : moment(state.FinishedAt);
  const sources = bindSourcesOf(answer, labels);
  const health = healthOf(state.Health?.Status);
  const managedBy = managerOf(answer, labels, () => inUnitFile(name));
  return {
    id: containerId(answer.Id),
    name: containerName(name),
    image: config.Image,
    ...(digest !== undefined && isDigest(digest) ? { digest } : {}),
    labels,
    running,
    ...(state.Restarting ? { restarting: true } : {}),
    ...(state.Running ? {} : { exitCode: state.ExitCode }),
    restartCount: answer.RestartCount,
    restartPolicy: restartPolicyOf(hostConfig.RestartPolicy),
    createdAt: moment(answer.Created) ?? 0,
    ...defined({ startedAt, finishedAt }),
    ports: portsOf(answer),
    networks: Object.keys(answer.NetworkSettings?.Networks ?? {}),
    ...(sources.length === 0 ? {} : { bindSources: sources }),
    ...defined({ health, managedBy }),
  };
}

/** What it mounts of the host, but for what it may make itself. */
function bindSourcesOf(
  { HostConfig }: ContainerAnswer,
  labels: Readonly<Record<string, string>>,
): readonly string[] {
  const mounts = (HostConfig.Mounts ?? []).flatMap(({ Type, Source }) =>
    Type === 'bind' ? (Source ?? []) : [],
  );
  const sources = [...bindMounts(HostConfig.Binds ?? []).map(({ source }) => source), ...mounts];
  const made = z.array(z.string()).safeParse(parseJson(labels[label.creates] ?? '[]')).data ?? [];
  return [...new Set(sources)].filter((source) => !made.includes(source));
}

/** Docker writes a moment that never was as the year 1. */
function moment(text: string | null | undefined): number | undefined {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) || at <= 0 ? undefined : at;
}

const healthOf = (status: string | undefined): ObservedContainer['health'] =>
  status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : undefined;

function restartPolicyOf(policy: ContainerAnswer['HostConfig']['RestartPolicy']): RestartPolicy {
  switch (policy?.Name) {
    case 'always':
    case 'unless-stopped':
      return { name: policy.Name };
    case 'on-failure':
      return { name: 'on-failure', maximumRetries: policy.MaximumRetryCount };
    default:
      return { name: 'no' };
  }
}

/**
 * Who else looks after a container. Docker itself knows of compose and `--rm`. A systemd unit shows in podman's label, in a cgroup
 * of its own, or in a unit file that starts the name; one that finds its container by other means is not seen.
 */
function managerOf(
  { HostConfig: { AutoRemove, CgroupParent } }: ContainerAnswer,
  labels: Readonly<Record<string, string>>,
  inUnitFile: () => boolean,
): ObservedContainer['managedBy'] {
  if (AutoRemove) return 'auto-remove';
  if (labels['com.docker.compose.project'] !== undefined) return 'compose';
  if (labels['PODMAN_SYSTEMD_UNIT'] !== undefined || CgroupParent?.endsWith('.service') === true)
    return 'systemd';
  return labels[label.container] === undefined && inUnitFile() ? 'systemd' : undefined;
}

function portsOf({ HostConfig, NetworkSettings }: ContainerAnswer): PortMapping[] {
  const configured = HostConfig.PortBindings ?? {};
  const actual = NetworkSettings?.Ports ?? {};
  const ports: PortMapping[] = [];
  for (const key of new Set([...Object.keys(configured), ...Object.keys(actual)])) {
    const [port, protocol = 'tcp'] = key.split('/');
    if (protocol !== 'tcp' && protocol !== 'udp') continue;
    const exact = (configured[key] ?? []).filter(({ HostPort }) => isPort(HostPort));
    // Ports that Docker chose (or chose from a range, or published all of) are known only while it runs. It lists a
    // binding to every address once for IPv4 and once for IPv6.
    for (const { HostIp, HostPort } of exact.length > 0 ? exact : (actual[key] ?? [])) {
      if (!isPort(HostPort)) continue;
      const everywhere = HostIp === '' || HostIp === '0.0.0.0' || HostIp === '::';
      const mapping: PortMapping = {
        ...(everywhere || HostIp === null || HostIp === undefined ? {} : { hostAddress: HostIp }),
        hostPort: Number(HostPort),
        containerPort: Number(port),
        protocol,
      };
      if (!ports.some((known) => JSON.stringify(known) === JSON.stringify(mapping))) ports.push(mapping);
    }
  }
  return ports;
}

const isPort = (text: string | null | undefined): text is string => /^[1-9]\d*$/.test(text ?? '');
