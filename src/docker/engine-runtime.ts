import { dockerUnreachable } from '../errors/docker.js';
import type { Host } from '../model/host.js';
import type { Clock } from '../ports/clock.js';
import type { ContainerRuntime, HostContainers } from '../ports/container-runtime.js';
import type { Transport } from '../ports/transport.js';

/** The Docker Engines of the fleet, over their Engine API. */
export class EngineRuntime implements ContainerRuntime {
  constructor(
    readonly transport: Transport,
    readonly clock: Clock,
  ) {}

  on(host: Host): HostContainers {
    throw dockerUnreachable(host, 'the Engine API is not there yet');
  }
}
