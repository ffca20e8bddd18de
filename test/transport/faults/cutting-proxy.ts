import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Where a connection is cut: after so many bytes of one side's stream were passed on. */
export interface Cut {
  readonly side: 'server' | 'client';
  /** The bytes of that side that still arrive. */
  readonly after: number;
  /** `reset` is a TCP RST, as a killed machine or a firewall sends; `end` is an orderly FIN; `silence` passes nothing on any more. */
  readonly how: 'reset' | 'end' | 'silence';
  /** On every connection from now on, and not only on the next. */
  readonly always?: boolean;
}

interface Passage {
  readonly near: Socket;
  readonly far: Socket;
}

/** Stands between a client and a server on 127.0.0.1, counts the bytes of each side and cuts where it is told to. */
export class CuttingProxy {
  /** What the next connection meets. */
  cut: Cut | undefined;
  /** How many connections were made to it. */
  connections = 0;
  /** Bytes of each side on the latest connection. */
  bytes = { server: 0, client: 0 };
  /** How many connections were cut as told. */
  cuts = 0;
  readonly #passages = new Set<Passage>();
  readonly #server: Server;
  #silent = false;
  #latest: ((cut: Cut) => void) | undefined;

  private constructor(private readonly to: number) {
    this.#server = createServer({ noDelay: true }, (near) => this.#pass(near));
  }

  static async start(to: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(to);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that the client has not let go of. */
  get open(): number {
    return this.#passages.size;
  }

  /** Cuts the latest connection once so many bytes of one side were passed on; the bytes of that side are in `bytes`. */
  cutLater(side: Cut['side'], after: number, how: Cut['how']): void {
    this.#latest?.({ side, after, how });
  }

  /** From now on nothing passes in either direction, on connections old and new, and nobody is told. */
  fallSilent(): void {
    this.#silent = true;
  }

  /** Cuts all connections now. */
  cutNow(how: 'reset' | 'end'): void {
    for (const passage of this.#passages) end(passage, how);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cutNow('reset');
    await closed;
  }

  #pass(near: Socket): void {
    this.connections += 1;
    const bytes = { server: 0, client: 0 };
    this.bytes = bytes;
    const far = connect({ host: '127.0.0.1', port: this.to, noDelay: true });
    const passage = { near, far };
    this.#passages.add(passage);
    let cut = this.cut;
    this.#latest = (later) => {
      cut = later;
      if (bytes[later.side] >= later.after) stop();
    };
    if (cut?.always !== true) this.cut = undefined;
    let over = false;
    const stop = (): void => {
      over = true;
      this.cuts += 1;
      if (cut !== undefined && cut.how !== 'silence') end(passage, cut.how);
    };
    const feed = (side: 'server' | 'client', from: Socket, to: Socket): void => {
      if (cut?.side === side && cut.after === 0) stop();
      from.on('data', (chunk: Buffer) => {
        if (over || this.#silent) return;
        const room = cut?.side === side ? cut.after - bytes[side] : Infinity;
        const passed = chunk.subarray(0, Math.min(room, chunk.length));
        bytes[side] += passed.length;
        if (passed.length === 0) return;
        if (passed.length < room) to.write(passed);
        // Only when it arrived in the kernel: a reset would overtake it.
        else to.write(passed, stop);
      });
      from.on('end', () => {
        if (!over && !this.#silent) to.end();
      });
      from.on('error', () => undefined);
    };
    feed('server', far, near);
    feed('client', near, far);
    near.on('close', () => {
      this.#passages.delete(passage);
      far.destroy();
    });
    far.on('close', () => {
      if (!over && !this.#silent) near.destroySoon();
    });
  }
}

function end({ near, far }: Passage, how: 'reset' | 'end'): void {
  if (how === 'reset') {
    near.resetAndDestroy();
    far.resetAndDestroy();
  } else {
    near.end();
    far.end();
  }
}
