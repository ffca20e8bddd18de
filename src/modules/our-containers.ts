import { containerOfOtherGroup, foreignContainerAppeared } from '../errors/modules.js';
import { label, type ObservedContainer } from '../model/container.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import type { Taking } from '../model/hold.js';
import type { ModuleHost } from './module.js';

/** Throws `container.foreign` for a container that adfpush did not start, and `container.other_group` for one of another group. */
export function requireOurs({ name, labels }: ObservedContainer, { host, group }: ModuleHost): void {
  const owner = labels[label.group];
  if (owner === undefined) throw foreignContainerAppeared(host, name);
  if (group !== undefined && owner !== group) throw containerOfOtherGroup(host, name, owner);
}

/** What a host has in a container, as it is held. */
export function takingOf(
  container: ObservedContainer,
  stopTimeout: Milliseconds | undefined,
  { probe }: ModuleHost,
): Taking {
  const { [label.release]: version, [label.specHash]: hash, [label.run]: run } = container.labels;
  return {
    kind: 'container',
    ...defined({ stopTimeout, probe }),
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
}
