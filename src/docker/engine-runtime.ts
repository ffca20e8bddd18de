import type { Host } from '../model/host.js';
import type { HostId } from '../model/ids.js';
import type { Clock } from '../ports/clock.js';
import type { ContainerRuntime, HostContainers } from '../ports/container-runtime.js';
import type { Transport } from '../ports/transport.js';
import { HostEngine } from './host-engine.js';

/**
 * The Docker Engines of the fleet, spoken to through their own API (1.41 of Docker 20.10 and newer): HTTP over
 * `docker system dial-stdio` on the host's connection, or over the Engine's socket by stream-local forwarding.
 * One engine a host, so that all who ask share its open streams.
 */
export class EngineRuntime implements ContainerRuntime {
  readonly #engines = new Map<HostId, { readonly host: Host; readonly engine: HostEngine }>();

  constructor(
    private readonly transport: Transport,
    private readonly clock: Clock,
  ) {}

  on(host: Host): HostContainers {
    const known = this.#engines.get(host.id);
    if (known?.host === host) return known.engine;
    const engine = new HostEngine(host, this.transport, this.clock);
    this.#engines.set(host.id, { host, engine });
    return engine;
  }
}
