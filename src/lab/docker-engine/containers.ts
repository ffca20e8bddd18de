import { randomInt } from 'node:crypto';
import { Container } from './container.js';
import type { ContainerConfig } from './config.js';
import { EngineFault, nameInUse, noSuchContainer, portAllocated, portInUse } from './fault.js';
import type { ImageStore } from './image-store.js';
import type { Address } from '../listen.js';

/** Where the machine of an Engine really publishes a port; undefined when something else listens there. */
export type PublishPort = (hostPort: number) => Promise<Address | undefined>;

/** The containers of one Engine: their names, and the ports that they share. */
export class Containers {
  readonly #byId = new Map<string, Container>();
  readonly #ports = new Map<number, Container>();
  readonly #publish: PublishPort;
  readonly #images: ImageStore;

  constructor(images: ImageStore, publish: PublishPort) {
    this.#images = images;
    this.#publish = publish;
  }

  all(): readonly Container[] {
    return [...this.#byId.values()];
  }

  /** By id, the start of an id, or name with or without its slash. */
  find(name: string): Container | undefined {
    const bare = name.replace(/^\//, '');
    return (
      this.#byId.get(name) ??
      this.all().find((container) => container.name === bare) ??
      this.all().find((container) => bare.length >= 4 && container.id.startsWith(bare))
    );
  }

  /** Throws `EngineFault`. */
  get(name: string): Container {
    const container = this.find(name);
    if (container === undefined) throw noSuchContainer(name);
    return container;
  }

  /** Throws `EngineFault` when the image is missing or the name taken. */
  create(name: string | undefined, config: ContainerConfig): Container {
    const image = this.#images.get(config.Image);
    const chosen = name?.replace(/^\//, '') ?? `lab_${randomInt(1e9).toString(36)}`;
    this.#checkName(chosen);
    const container = new Container(chosen, image, config, this, (ended) => {
      if (ended.config.HostConfig?.AutoRemove === true) this.#byId.delete(ended.id);
    });
    this.#byId.set(container.id, container);
    return container;
  }

  rename(container: Container, name: string): void {
    const bare = name.replace(/^\//, '');
    if (bare === container.name) {
      throw new EngineFault(400, 'Renaming a container with the same name as its current name');
    }
    this.#checkName(bare);
    container.name = bare;
  }

  async remove(container: Container, force: boolean): Promise<void> {
    if (container.running) {
      if (!force) {
        throw new EngineFault(
          409,
          `cannot remove container "/${container.name}": container is running: stop the container before removing or force remove`,
        );
      }
      await container.stop(0);
    }
    this.#byId.delete(container.id);
  }

  /** For `Container`: takes all of its published ports, or none. */
  async take(container: Container): Promise<readonly Address[]> {
    const bindings = container.bindings.filter(({ protocol }) => protocol === 'tcp');
    for (const { hostPort } of bindings) {
      const owner = this.#ports.get(hostPort);
      if (owner !== undefined && owner !== container) {
        throw portAllocated(container.name, container.id, hostPort);
      }
    }
    for (const { hostPort } of bindings) this.#ports.set(hostPort, container);
    return Promise.all(
      bindings.map(async ({ hostPort }) => {
        const address = await this.#publish(hostPort);
        if (address === undefined) throw portInUse(container.name, container.id, hostPort);
        return address;
      }),
    );
  }

  /** For `Container`. */
  release(container: Container): void {
    for (const [port, owner] of this.#ports) if (owner === container) this.#ports.delete(port);
  }

  #checkName(name: string): void {
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) {
      throw new EngineFault(
        400,
        `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
      );
    }
    const owner = this.all().find((container) => container.name === name);
    if (owner !== undefined) throw nameInUse(name, owner.id);
  }
}
