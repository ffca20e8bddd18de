import { Cloud } from '../../src/lab/aws/cloud.js';
import { AwsControl } from '../../src/lab/aws/control.js';
import { AwsEndpoint } from '../../src/lab/aws/endpoint.js';
import { Balancer } from '../../src/lab/balancer/balancer.js';
import type { TargetGroupSettings } from '../../src/lab/balancer/target-group.js';

/** The deregistration delay of target groups, ms: short for a test, and long enough to be seen. */
const usualDelay = 1_000;
const loopback = { address: '127.0.0.1', port: 0 };

/** The lab's AWS account with a balancer in it, whose targets are the fleet's real hosts. */
export class FleetCloud {
  readonly account = '123456789012';
  readonly region = 'eu-west-1';
  readonly #cloud = new Cloud({
    account: this.account,
    region: this.region,
    zones: ['eu-west-1a', 'eu-west-1b'],
  });
  readonly #endpoint = new AwsEndpoint(this.#cloud);
  readonly #balancer = new Balancer({
    resolve: (id, port) => {
      const instance = this.#cloud.instances.find(id);
      return instance === undefined ? undefined : { address: instance.privateIp, port };
    },
  });
  readonly #urls = new Map<string, string>();
  readonly control = new AwsControl(this.#cloud, this.#endpoint);
  endpoint = '';

  async start(): Promise<void> {
    this.endpoint = await this.#endpoint.listen(loopback);
  }

  /** A target group behind the balancer, with delays short enough for a test. */
  async addTargetGroup(settings: TargetGroupSettings): Promise<void> {
    const group = this.#cloud.addTargetGroup({
      deregistrationDelay: usualDelay,
      healthCheck: { interval: 250, timeout: 1_000, healthyThreshold: 2, unhealthyThreshold: 2 },
      ...settings,
    });
    const { listeners } = this.#cloud.addLoadBalancer(`${settings.name}-lb`, [group]);
    for (const listener of listeners) {
      this.#urls.set(settings.name, await this.#balancer.listen(loopback, listener));
    }
  }

  /** Runs something while drains of all target groups take no time; afterwards they take the usual again. */
  async withoutDelays<T>(run: () => Promise<T>): Promise<T> {
    const names = [...this.#urls.keys()];
    for (const name of names) this.control.setDeregistrationDelay(name, 0);
    const result = await run();
    for (const name of names) this.control.setDeregistrationDelay(name, usualDelay);
    return result;
  }

  /** Where clients of a target group send their requests. */
  url(targetGroup: string): string {
    return this.#urls.get(targetGroup) ?? '';
  }

  /** What is registered, each as `id:port`, and in which state; sorted. Draining targets are in it. */
  registrations(targetGroup: string): Readonly<Record<string, string>> {
    const targets = this.control.registrations(targetGroup);
    return Object.fromEntries(
      targets.map(({ id, port, state }) => [`${id}:${String(port)}`, state] as const).sort(),
    );
  }

  /** How many requests clients sent to a target group so far. */
  requests(targetGroup: string): number {
    return this.#balancer.statistics(targetGroup)?.requests ?? 0;
  }

  async stop(): Promise<void> {
    await this.#balancer.stop();
    await this.#endpoint.stop();
  }
}
