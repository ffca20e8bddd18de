import { noAnswer } from '../errors/http.js';
import type { Clock } from '../ports/clock.js';
import type { Host } from '../model/host.js';
import type { HostHttp, HostHttpRequest, HostHttpResponse } from '../ports/host-http.js';
import type { Transport } from '../ports/transport.js';

/** HTTP through the connection to a host. */
export class TransportHttp implements HostHttp {
  constructor(
    readonly transport: Transport,
    readonly clock: Clock,
  ) {}

  request(host: Host, request: HostHttpRequest, _signal?: AbortSignal): Promise<HostHttpResponse> {
    return Promise.reject(noAnswer(host, request.path, 'HTTP is not there yet'));
  }
}
