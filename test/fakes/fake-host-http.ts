import { noAnswer, unreachable } from '../../src/errors/ssh.js';
import type { Host } from '../../src/model/host.js';
import type { HostHttp, HostHttpRequest, HostHttpResponse } from '../../src/ports/host-http.js';
import type { Caller } from './port-calls.js';
import type { World } from './world/world.js';

/** Answers as the container does that has the port: 200 when it serves, 503 while it only listens. */
export class FakeHostHttp implements HostHttp {
  constructor(
    private readonly world: World,
    private readonly caller: Caller = world,
  ) {}

  request(host: Host, { scheme, address, port, path, timeout }: HostHttpRequest): Promise<HostHttpResponse> {
    const url = `${scheme}://${address}:${port}${path}`;
    const about = { actor: host.id, host: host.id, about: url, timeout };
    const call = { port: 'http', method: 'request', ...about } as const;
    return this.caller.calls.make(call, () => {
      const fake = this.world.host(host.id);
      if (!fake.reachable) throw unreachable(host, 'tcp', 'connect ETIMEDOUT');
      const container = fake.onPort(port);
      if (container === undefined || !container.listening) throw noAnswer(host, url, 'connection refused');
      return {
        status: container.serving ? 200 : 503,
        headers: {},
        body: container.birth.image,
        via: 'forward' as const,
      };
    });
  }
}
