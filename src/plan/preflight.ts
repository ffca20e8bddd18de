import type { AdfError } from '../errors/adf-error.js';
import {
  diskFull,
  foreignContainer,
  mountIsFolder,
  mountMissing,
  otherContainer,
  wrongPlatform,
} from '../errors/preflight.js';
import { label, portsClash, type ContainerSpec, type ObservedContainer } from '../model/container.js';
import { describeHost } from '../model/host.js';
import { formatPinnedImage } from '../model/release.js';
import { formatPlace } from '../model/source.js';
import type { GroupObservation, HostObservation } from './observation.js';
import { Places } from './places.js';
import { refusalsOfFloor } from './refuse-floor.js';
import { refusalsOfRegistrations } from './refuse-registrations.js';

/** Sources that some host of the group has as a file. */
const filesAmong = (hosts: readonly HostObservation[]): ReadonlySet<string> =>
  new Set(
    hosts.flatMap(({ mounts = [] }) =>
      mounts.flatMap(({ kind, source }) => (kind === 'file' ? [source] : [])),
    ),
  );

/**
 * A bind mount whose source is not there, or is a folder where another host has a file: the folder was created by an Engine. What a task may
 * still put there is not refused.
 */
const refusalsOfMounts = (
  { host, mounts = [] }: HostObservation,
  files: ReadonlySet<string>,
): readonly AdfError[] =>
  mounts.flatMap((mount) => {
    if (mount.madeBy !== undefined) return [];
    if (mount.kind === 'missing') return [mountMissing(host, mount)];
    return mount.kind === 'folder' && files.has(mount.source) ? [mountIsFolder(host, mount)] : [];
  });

/** Sources of which nothing can be said before the roll, in sentences. */
export const unknownMounts = ({ hosts }: Pick<GroupObservation, 'hosts'>): readonly string[] =>
  hosts.flatMap(({ host, mounts = [] }) =>
    mounts.flatMap(({ kind, source, madeBy }) => {
      if (kind === 'unknown') {
        return [
          `Whether ${source} is there on ${describeHost(host)} is unknown: the login user may not look.`,
        ];
      }
      if (kind !== 'missing' || madeBy === undefined) return [];
      return [
        `Whether ${source} is there on ${describeHost(host)} is unknown until the task "${madeBy.task}" (${formatPlace(madeBy.at)}) has run, before the swap.`,
      ];
    }),
  );

/** A pull of anything needs at least this: below it the Engine itself starts to fail. */
export const neededBytes = 100 * 1_048_576;

/** All reasons against rolling this group; none means that it may be rolled. */
export const findRefusals = (group: GroupObservation): readonly AdfError[] => [
  ...refusalsPerHost(group).flatMap(({ refusals }) => refusals),
  ...refusalsOfFloor(group),
];

/** The reasons against rolling each host, were it alone. */
export function refusalsPerHost(
  group: GroupObservation,
): readonly { readonly observation: HostObservation; readonly refusals: readonly AdfError[] }[] {
  const places = group.targetGroups.map((observed) => ({
    ...observed,
    places: new Places(observed, group.peers),
  }));
  const files = filesAmong(group.hosts);
  return group.hosts.map((observation) => ({
    observation,
    refusals: [
      ...refusalsOfHost(observation, group),
      ...refusalsOfMounts(observation, files),
      ...refusalsOfRegistrations(observation, isFresh(observation, group.group), places),
    ],
  }));
}

/** A host that has never run this group's containers: it cannot have been left out of anything. */
export const isFresh = ({ containers, to }: HostObservation, group: string): boolean =>
  !containers.some(
    (container) =>
      container.labels[label.group] === group || to.containers.some(({ name }) => name === container.name),
  );

function refusalsOfHost(observation: HostObservation, group: GroupObservation): readonly AdfError[] {
  const { host, runtime } = observation;
  const refusals: AdfError[] = [];
  if (runtime.freeBytes !== undefined && runtime.freeBytes < neededBytes) {
    refusals.push(diskFull(host, runtime.freeBytes, neededBytes));
  }
  const platform = `${runtime.os}/${runtime.architecture}`;
  const available = group.platforms.map(({ os, architecture }) => `${os}/${architecture}`);
  if (available.length > 0 && !available.includes(platform)) {
    refusals.push(wrongPlatform(host, platform, formatPinnedImage(group.release.image), available));
  }
  return [...refusals, ...refusalsOfContainers(observation, group.group)];
}

/** Names and ports that the planned containers need, and who has them. */
function refusalsOfContainers(
  { host, containers, to, adopt }: HostObservation,
  group: string,
): readonly AdfError[] {
  return containers.flatMap((container) => {
    const why = conflict(container, to.containers, group);
    if (why === undefined) return [];
    if (container.managedBy !== undefined) {
      return [
        foreignContainer(host, container.name, `${why} and is managed by ${container.managedBy}`, false),
      ];
    }
    if (adopt.has(container.name)) return [];
    const owner = container.labels[label.group];
    return owner === undefined
      ? [foreignContainer(host, container.name, why, true)]
      : [otherContainer(host, container.name, owner, why)];
  });
}

function conflict(
  container: ObservedContainer,
  specs: readonly ContainerSpec[],
  group: string,
): string | undefined {
  const isOfGroup = container.labels[label.group] === group;
  if (!isOfGroup && specs.some(({ name }) => name === container.name)) return 'has the name';
  // It is what the deploy replaces.
  if (isOfGroup && specs.some(({ name }) => name === container.labels[label.container])) return undefined;
  if (!container.running) return undefined;
  const port = specs
    .flatMap(({ ports }) => ports)
    .find((wanted) => container.ports.some((taken) => portsClash(wanted, taken)));
  return port === undefined ? undefined : `publishes port ${port.hostPort}`;
}
