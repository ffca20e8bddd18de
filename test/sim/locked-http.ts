import type { Host } from '../../src/model/host.js';
import type { HostHttp, HostHttpRequest, HostHttpResponse } from '../../src/ports/host-http.js';
import type { FakeHostHttp } from '../fakes/fake-host-http.js';
import { secretHeader } from './canaries.js';

/** The health check of an app that answers only to those who know its key. */
export class LockedHttp implements HostHttp {
  constructor(private readonly http: FakeHostHttp) {}

  async request(host: Host, request: HostHttpRequest): Promise<HostHttpResponse> {
    const answer = await this.http.request(host, request);
    return request.headers['X-Key'] === secretHeader ? answer : { ...answer, status: 403 };
  }
}
