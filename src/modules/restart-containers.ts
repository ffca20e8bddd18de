import { noSuchContainer } from '../errors/engine-objects.js';
import type { ContainerTemplate, ObservedContainer } from '../model/container.js';
import type { Milliseconds } from '../model/duration.js';
import type { ModuleHost } from './module.js';
import { requireOurs } from './our-containers.js';

/** A container that is stopped and started again as it is. */
export interface Restart {
  readonly container: ObservedContainer;
  /** Between SIGTERM and SIGKILL. */
  readonly stopTimeout: Milliseconds;
}

/** The containers of these names, in their order. Throws `docker.no_container`, and as `requireOurs`. */
export async function restartsOf(
  templates: readonly ContainerTemplate[],
  host: ModuleHost,
): Promise<readonly Restart[]> {
  const observed = await host.containers.list();
  return templates.map(({ name, adopt, stopTimeout }) => {
    const container = observed.find((one) => one.name === name);
    if (container === undefined)
      throw noSuchContainer(
        host.host,
        name,
        observed.map((one) => one.name),
      );
    if (adopt !== container.name) requireOurs(container, host);
    return { container, stopTimeout };
  });
}

/** Stops them, the last first, and starts them in their order. One that did not run is started, too. */
export async function restartContainers(restarts: readonly Restart[], host: ModuleHost): Promise<void> {
  for (const { container, stopTimeout } of restarts.toReversed()) {
    if (!container.running && container.restarting !== true) continue;
    host.progress(`stopping ${container.name}`);
    await host.containers.stop(container.id, stopTimeout);
  }
  for (const { container } of restarts) {
    host.progress(`starting ${container.name}`);
    await host.containers.start(container.id);
  }
}

export const summarizeRestart = ({ container: { name, running } }: Restart): string =>
  `${running ? 'restart' : 'start'} ${name}`;
