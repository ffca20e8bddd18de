import { Agent, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Milliseconds } from '../../model/duration.js';
import { closed, listen, type Address } from '../listen.js';
import { forward } from './forward.js';
import { probeOnce } from './probe.js';
import { GroupStatistics, type GroupStatisticsView } from './statistics.js';
import type { RegisteredTarget } from './target.js';
import type { TargetGroup } from './target-group.js';

/** Where a target is on the network; undefined when nobody knows. */
export type ResolveTarget = (id: string, port: number) => Address | undefined;

export interface BalancerSettings {
  readonly resolve: ResolveTarget;
  /** Until a target must have begun its answer; then 504. An ALB's idle timeout, 60 s by default. */
  readonly requestTimeout?: Milliseconds;
}

/** A real HTTP load balancer with an ALB's habits: one listener per target group, and never a second try. */
export class Balancer {
  readonly #settings: BalancerSettings;
  readonly #listeners: Server[] = [];
  readonly #groups: TargetGroup[] = [];
  readonly #statistics = new Map<string, GroupStatistics>();
  /** Idle connections are let go before common servers do: Node after 5 s, nginx after 75 s. */
  readonly #agent = new Agent({ keepAlive: true, timeout: 3_000 });

  constructor(settings: BalancerSettings) {
    this.#settings = settings;
  }

  /** Begins to check the group and to send it what comes in here. Gives the URL. Throws `lab.port_taken`. */
  async listen(at: Address, group: TargetGroup): Promise<string> {
    const statistics = new GroupStatistics();
    const server = createServer((request, response) => {
      this.#route(group, statistics, request, response);
    });
    // Longer than any client keeps an idle connection, so that none is closed under a request.
    server.keepAliveTimeout = 120_000;
    const { address, port } = await listen(server, 'load balancer', at);
    this.#listeners.push(server);
    this.#groups.push(group);
    this.#statistics.set(group.name, statistics);
    group.use((target, check) => probeOnce(this.#settings.resolve(target.id, target.port), check));
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

  #route(
    group: TargetGroup,
    statistics: GroupStatistics,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
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
