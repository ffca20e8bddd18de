import { createServer } from 'node:http';
import { arch } from 'node:os';
import type { Duplex } from 'node:stream';
import { containerRoutes } from './container-routes.js';
import { Containers, type PublishPort } from './containers.js';
import type { Disk } from './disk.js';
import { hostRoutes } from './host-routes.js';
import { imageRoutes } from './image-routes.js';
import { ImageStore } from './image-store.js';
import { Networks } from './networks.js';
import { dispatch, type Route } from './router.js';
import { volumeRoutes, type Volume } from './volume-routes.js';

export interface EngineSettings {
  /** The name of its host. */
  readonly name: string;
  readonly disk: Disk;
  readonly publish: PublishPort;
}

/** A Docker Engine of the lab: Docker's API and its rules, and processes of this machine for containers. */
export class Engine {
  readonly name: string;
  readonly disk: Disk;
  /** As in image indexes. */
  readonly architecture = arch() === 'arm64' ? 'arm64' : 'amd64';
  readonly images = new ImageStore();
  readonly networks = new Networks();
  readonly containers: Containers;
  readonly volumes = new Map<string, Volume>();
  readonly #routes: readonly Route[];
  readonly #streams = new Set<Duplex>();
  readonly #server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    void dispatch(this.#routes, request, response);
  });

  constructor({ name, disk, publish }: EngineSettings) {
    this.name = name;
    this.disk = disk;
    this.containers = new Containers(this.images, publish);
    this.#routes = [
      ...hostRoutes(this),
      ...containerRoutes(this),
      ...imageRoutes(this),
      ...volumeRoutes(this),
    ];
  }

  /** Answers on a stream, as `docker system dial-stdio` connects one to the Engine's socket. */
  accept(stream: Duplex): void {
    this.#streams.add(stream);
    stream.once('close', () => this.#streams.delete(stream));
    this.#server.emit('connection', stream);
  }

  /** As a restart of dockerd: everything is stopped; what has a policy for that comes back. */
  async restart(): Promise<void> {
    const ran = this.containers.all().filter(({ running }) => running);
    const returning = this.containers
      .all()
      .filter(
        (container) =>
          container.restartPolicy.name === 'always' ||
          (container.restartPolicy.name === 'unless-stopped' && !container.stoppedByHand),
      );
    await Promise.all(ran.map((container) => container.stop(1_000)));
    await Promise.allSettled(returning.map((container) => container.start()));
  }

  /** Ends all that runs, at once. */
  async stop(): Promise<void> {
    // A server that never listened does not know its connections.
    for (const stream of this.#streams) stream.destroy();
    await Promise.all(this.containers.all().map((container) => container.stop(0)));
  }
}
