import { randomBytes } from 'node:crypto';
import { EngineFault } from './fault.js';

export interface Network {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly created: Date;
}

/** The networks of one Engine. They only have names: the lab's apps all sit on their host's own address. */
export class Networks {
  readonly #networks: Network[] = ['bridge', 'host', 'none'].map((name) => make(name, name, {}));

  all(): readonly Network[] {
    return this.#networks;
  }

  /** By name or id. Throws `EngineFault`. */
  get(name: string): Network {
    const found = this.#networks.find((network) => network.name === name || network.id === name);
    if (found === undefined) throw new EngineFault(404, `network ${name} not found`);
    return found;
  }

  /** Throws `EngineFault` when the name is taken. */
  create(name: string, driver: string, labels: Readonly<Record<string, string>>): Network {
    if (this.#networks.some((network) => network.name === name)) {
      throw new EngineFault(409, `network with name ${name} already exists`);
    }
    const network = make(name, driver, labels);
    this.#networks.push(network);
    return network;
  }

  remove(network: Network): void {
    this.#networks.splice(this.#networks.indexOf(network), 1);
  }
}

const make = (name: string, driver: string, labels: Readonly<Record<string, string>>): Network => ({
  id: randomBytes(32).toString('hex'),
  name,
  driver,
  labels,
  created: new Date(),
});
