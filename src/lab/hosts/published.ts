import { createServer } from 'node:net';
import { closed, listen, type Address } from '../listen.js';

/** The published ports of one host: on its own address, or, where only 127.0.0.1 may be used, each as some free port there. */
export class PublishedAddresses {
  readonly #address: string;
  readonly #own: boolean;
  readonly #real = new Map<number, number>();

  constructor(address: string, own: boolean) {
    this.#address = address;
    this.#own = own;
  }

  /** Where a process must listen for the port to be published; undefined when something listens there already. */
  async publish(port: number): Promise<Address | undefined> {
    const wanted = this.#own ? { address: this.#address, port } : { address: '127.0.0.1', port: 0 };
    const trial = createServer();
    try {
      const free = await listen(trial, 'published port', wanted);
      await closed(trial);
      this.#real.set(port, free.port);
      return free;
    } catch {
      // Whatever the reason: nothing can be published there.
      return undefined;
    }
  }

  /** Where the port is listened on, if anything does. */
  locate(port: number): Address {
    if (this.#own) return { address: this.#address, port };
    return { address: '127.0.0.1', port: this.#real.get(port) ?? port };
  }
}
