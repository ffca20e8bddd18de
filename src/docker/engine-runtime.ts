import type { Host } from '../model/host.js';
import type { HostId } from '../model/ids.js';
import type { Clock } from '../ports/clock.js';
import type { ContainerLogs } from '../ports/container-logs.js';
import type { ContainerRuntime } from '../ports/container-runtime.js';
import type { HoldKeepers } from '../ports/host-holds.js';
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

  /** The holds that these Engines keep. */
  readonly holds: HoldKeepers = { on: (host) => this.on(host).holds };

  /** What their containers print. */
  readonly logs: ContainerLogs = { on: (host) => this.on(host).printed };

  on(host: Host): HostEngine {
    const known = this.#engines.get(host.id);
    if (known?.host === host) return known.engine;
    const engine = new HostEngine(host, this.transport, this.clock);
    this.#engines.set(host.id, { host, engine });
    return engine;
  }
}
