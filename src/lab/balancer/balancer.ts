import {
  Agent,
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Milliseconds } from '../../model/duration.js';
import { closed, listen, type Address } from '../listen.js';
import { forward } from './forward.js';
import type { Listener } from './listener.js';
import { TargetGroup, type HealthCheckSettings } from './target-group.js';
import type { ProbeResult, RegisteredTarget } from './target.js';

export interface GroupStatisticsView {
  readonly requests: number;
  /** By target id. */
  readonly byTarget: Readonly<Record<string, number>>;
  /** By status, as clients saw it; 0 for answers that broke off half-way. */
  readonly byStatus: Readonly<Record<string, number>>;
  /** Of these, the 502, 503 and 504 that the balancer itself answered. */
  readonly ownErrors: number;
}

/** Counts for one target group. */
export class GroupStatistics {
  requests = 0;
  readonly #byTarget = new Map<string, number>();
  readonly #byStatus = new Map<string, number>();
  #ownErrors = 0;

  received(target: string | undefined): void {
    this.requests += 1;
    if (target !== undefined) this.#byTarget.set(target, (this.#byTarget.get(target) ?? 0) + 1);
  }

  answered(status: number, own: boolean): void {
    const key = String(status);
    this.#byStatus.set(key, (this.#byStatus.get(key) ?? 0) + 1);
    if (own) this.#ownErrors += 1;
  }

  view(): GroupStatisticsView {
    return {
      requests: this.requests,
      byTarget: Object.fromEntries(this.#byTarget),
      byStatus: Object.fromEntries(this.#byStatus),
      ownErrors: this.#ownErrors,
    };
  }
}

/** Whether a status passes a matcher as ELBv2 writes it: `200`, `200,202`, `200-299`. */
const statusMatches = (matcher: string, status: number): boolean =>
  matcher.split(',').some((part) => {
    const [low, high = low] = part.split('-').map(Number);
    return low !== undefined && high !== undefined && low <= status && status <= high;
  });

/** One health check, over a connection of its own as ELBv2 makes them. Its reasons are ELBv2's codes. */
function probeOnce(at: Address | undefined, settings: HealthCheckSettings): Promise<ProbeResult> {
  if (at === undefined) return Promise.resolve(failed('Target.FailedHealthChecks', 'Health checks failed'));
  return new Promise((resolve) => {
    const asked = request({
      host: at.address,
      port: at.port,
      path: settings.path,
      agent: false,
      headers: { 'user-agent': 'ELB-HealthChecker/2.0', connection: 'close' },
    });
    const deadline = setTimeout(() => {
      resolve(failed('Target.Timeout', 'Request timed out'));
      asked.destroy();
    }, settings.timeout);
    asked.on('response', (response) => {
      clearTimeout(deadline);
      response.resume();
      const status = response.statusCode ?? 0;
      resolve(
        statusMatches(settings.matcher, status)
          ? { passed: true }
          : failed('Target.ResponseCodeMismatch', `Health checks failed with these codes: [${status}]`),
      );
    });
    asked.on('error', () => {
      clearTimeout(deadline);
      resolve(failed('Target.FailedHealthChecks', 'Health checks failed'));
    });
    asked.end();
  });
}

const failed = (reason: string, description: string): ProbeResult => ({ passed: false, reason, description });

/** Where a target is on the network; undefined when that is unknown. */
export type ResolveTarget = (id: string, port: number) => Address | undefined;

export interface BalancerSettings {
  readonly resolve: ResolveTarget;
  /** Until a target must have begun its answer; then 504. An ALB's idle timeout, 60 s by default. */
  readonly requestTimeout?: Milliseconds;
}

/** A real HTTP load balancer with an ALB's habits: its listeners have rules, and it never tries twice. */
export class Balancer {
  readonly #settings: BalancerSettings;
  readonly #listeners: Server[] = [];
  readonly #groups = new Set<TargetGroup>();
  readonly #statistics = new Map<string, GroupStatistics>();
  /** Idle connections are let go before common servers do: Node after 5 s, nginx after 75 s. */
  readonly #agent = new Agent({ keepAlive: true, timeout: 3_000 });

  constructor(settings: BalancerSettings) {
    this.#settings = settings;
  }

  /** Begins to check the listener's groups and to send them what comes in here. Gives the URL. Throws `lab.port_taken`. */
  async listen(at: Address, listener: Listener): Promise<string> {
    const server = createServer((request, response) => {
      this.#route(listener, request, response);
    });
    // Longer than any client keeps an idle connection, so that none is closed under a request.
    server.keepAliveTimeout = 120_000;
    const { address, port } = await listen(server, 'load balancer', at);
    this.#listeners.push(server);
    for (const group of listener.groups) {
      this.#groups.add(group);
      this.#statistics.set(group.name, new GroupStatistics());
      group.use((target, check) => probeOnce(this.#settings.resolve(target.id, target.port), check));
    }
    return `http://${address}:${port}`;
  }

  /** What a group was sent and answered since the beginning; undefined when nothing listens for it. */
  statistics(targetGroup: string): GroupStatisticsView | undefined {
    return this.#statistics.get(targetGroup)?.view();
  }

  async stop(): Promise<void> {
    for (const group of this.#groups) group.stop();
    const done = this.#listeners.map((server) => {
      const end = closed(server);
      server.closeAllConnections();
      return end;
    });
    this.#agent.destroy();
    await Promise.all(done);
  }

  #route(listener: Listener, request: IncomingMessage, response: ServerResponse): void {
    const to = listener.route(request);
    if (!(to instanceof TargetGroup)) {
      request.resume();
      response.writeHead(to.status, { 'content-type': to.contentType ?? 'text/plain' }).end(to.body ?? '');
      return;
    }
    this.#send(to, request, response);
  }

  #send(group: TargetGroup, request: IncomingMessage, response: ServerResponse): void {
    const statistics = this.#statistics.get(group.name) ?? new GroupStatistics();
    const target = choose(group, statistics.requests);
    const at = target === undefined ? undefined : this.#settings.resolve(target.id, target.port);
    statistics.received(target?.id);
    if (target === undefined || at === undefined) {
      statistics.answered(503, true);
      request.resume();
      response.writeHead(503, { 'content-type': 'text/plain' }).end('503 Service Temporarily Unavailable\n');
      return;
    }
    const timeout = this.#settings.requestTimeout ?? 60_000;
    forward(request, response, { at, target, agent: this.#agent, timeout }, (status, own) => {
      statistics.answered(status, own);
    });
  }
}

/** The target for the next request; `turn` counts requests. */
function choose(group: TargetGroup, turn: number): RegisteredTarget | undefined {
  const targets = group.routable();
  const next = targets[turn % Math.max(1, targets.length)];
  if (group.algorithm === 'round_robin' || next === undefined) return next;
  return targets.reduce((least, target) => (target.outstanding < least.outstanding ? target : least), next);
}
