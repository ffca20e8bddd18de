import { AdfError } from '../errors/adf-error.js';
import { connectionLost, noAnswer } from '../errors/ssh.js';
import type { Host } from '../model/host.js';
import { unlessAborted, type Clock } from '../ports/clock.js';
import type { HostHttp, HostHttpRequest, HostHttpResponse } from '../ports/host-http.js';
import type { Connection, Transport } from '../ports/transport.js';
import { requestByProgram } from './http-by-program.js';
import { requestOverStream } from './http-over-stream.js';
import { urlOf } from './http-url.js';

/**
 * HTTP as a host itself would do it, through its connection. Where its sshd refuses to forward, a program on the host asks instead.
 * Certificates are not verified: the request goes to the host's own loopback, and what answers there has the certificate of its
 * public name, or one of its own making.
 */
export class TransportHttp implements HostHttp {
  /** Connections whose server refused to forward: it is not asked for every probe. */
  readonly #refusing = new WeakSet<Connection>();

  constructor(
    private readonly transport: Transport,
    private readonly clock: Clock,
  ) {}

  async request(host: Host, request: HostHttpRequest, signal?: AbortSignal): Promise<HostHttpResponse> {
    const connection = await this.transport.connect(host, signal);
    if (this.#refusing.has(connection)) return requestByProgram(connection, request, this.clock, signal);
    try {
      const stream = await unlessAborted(
        connection.forward({ address: request.address, port: request.port }),
        signal,
      );
      const answer = await requestOverStream(host, stream, request, this.clock, signal);
      return { ...answer, via: 'forward' };
    } catch (error) {
      if (!(error instanceof AdfError)) throw error;
      if (error.code === 'ssh.forwarding_refused') {
        this.#refusing.add(connection);
        return requestByProgram(connection, request, this.clock, signal);
      }
      if (error.code === 'ssh.forwarding_unanswered')
        throw noAnswer(host, urlOf(request), 'connection refused');
      if (!connection.alive) throw connectionLost(host, error.message, error);
      throw error;
    }
  }
}
