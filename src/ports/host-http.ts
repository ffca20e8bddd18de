import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';

/** HTTP requests as they are made on a host itself, through its SSH connection. */
export interface HostHttp {
  /**
   * Throws `http.no_answer` when there is no HTTP answer (refused, reset, timed out), and the transport's errors
   * when the host itself is lost. Any status is an answer. Redirects are not followed.
   */
  request(host: Host, request: HostHttpRequest, signal?: AbortSignal): Promise<HostHttpResponse>;
}

export interface HostHttpRequest {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** As seen from the host. */
  readonly address: string;
  readonly port: number;
  readonly path: string;
  /** The name in the Host header and the TLS server name; the address when absent. */
  readonly hostHeader?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeout: Milliseconds;
}

export interface HostHttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** At most 64 KiB of it. */
  readonly body: string;
  /** Through a forwarded channel, or by a program on the host where forwarding is refused. */
  readonly via: 'forward' | 'curl' | 'wget' | 'shell';
}
