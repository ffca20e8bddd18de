import { Agent } from 'node:http';
import { PassThrough, type Duplex } from 'node:stream';

/** Node's HTTP agent over streams that the caller opens. Keeps one open for the next request. */
export class EngineAgent extends Agent {
  constructor(private readonly open: () => Promise<Duplex>) {
    super({ keepAlive: true, maxFreeSockets: 1 });
  }

  override createConnection(
    _options: unknown,
    done?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    this.open().then(
      (stream) => {
        // What Node's agent asks of a socket, and only TCP can do.
        if (!('setKeepAlive' in stream)) Object.assign(stream, tcpOnly);
        done?.(null, stream);
      },
      (error: unknown) => {
        // The types want a stream even where there is none.
        done?.(error instanceof Error ? error : new Error(String(error)), new PassThrough().destroy());
      },
    );
    return undefined;
  }
}

const nothing = (): void => undefined;
const tcpOnly = {
  setKeepAlive: nothing,
  setNoDelay: nothing,
  setTimeout: nothing,
  ref: nothing,
  unref: nothing,
};
