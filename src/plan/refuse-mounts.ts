import type { AdfError } from '../errors/adf-error.js';
import { mountIsFolder, mountMissing } from '../errors/preflight.js';
import { describeHost } from '../model/host.js';
import { formatPlace } from '../model/source.js';
import type { GroupObservation, HostObservation } from './observation.js';

/** Sources that some host of the group has as a file. */
export const filesAmong = (hosts: readonly HostObservation[]): ReadonlySet<string> =>
  new Set(
    hosts.flatMap(({ mounts = [] }) =>
      mounts.flatMap(({ kind, source }) => (kind === 'file' ? [source] : [])),
    ),
  );

/**
 * A bind mount whose source is not there, or is a folder where another host has a file: an Engine once made up that folder. What a task may
 * still put there is not refused.
 */
export const refusalsOfMounts = (
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
