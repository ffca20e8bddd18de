import type { Milliseconds } from '../../model/duration.js';
import { RegisteredTarget, type ProbeResult } from './target.js';

export interface TargetGroupSettings {
  readonly name: string;
  /** The port of targets that are registered without one. */
  readonly port: number;
  readonly targetType?: 'instance' | 'ip';
  readonly deregistrationDelay?: Milliseconds;
  /** Only told, not simulated. */
  readonly slowStart?: Milliseconds;
  /** Only told, not simulated: the lab's balancer is one node. */
  readonly crossZone?: boolean;
  readonly algorithm?: 'round_robin' | 'least_outstanding_requests';
  readonly healthCheck?: Partial<HealthCheckSettings>;
}

export interface HealthCheckSettings {
  readonly path: string;
  readonly interval: Milliseconds;
  readonly timeout: Milliseconds;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  /** Status codes as ELBv2 writes them: `200`, `200,202`, `200-299`. */
  readonly matcher: string;
}

/** A target as a caller names it. */
export interface Target {
  readonly id: string;
  readonly port?: number;
  readonly zone?: string;
}

/** A target as DescribeTargetHealth shows it. */
export interface TargetHealthView {
  readonly id: string;
  readonly port: number;
  readonly zone?: string;
  readonly state: 'initial' | 'healthy' | 'unhealthy' | 'unused' | 'draining';
  readonly reason?: string;
  readonly description?: string;
}

/** What a target group must know of the world around it. */
export interface Surroundings {
  /** The state of an instance; undefined when there is none of that id. */
  instanceState(id: string): string | undefined;
}

/** Asks a target for its health. Never throws. */
export type Probe = (target: RegisteredTarget, check: HealthCheckSettings) => Promise<ProbeResult>;

const defaultCheck: HealthCheckSettings = {
  path: '/health',
  interval: 500,
  timeout: 2_000,
  healthyThreshold: 3,
  unhealthyThreshold: 2,
  matcher: '200',
};

const notRegistered = {
  state: 'unused',
  reason: 'Target.NotRegistered',
  description: 'Target is not registered to the target group',
} as const;

/** A target group of ELBv2: who is registered, how healthy, and who drains. */
export class TargetGroup {
  readonly arn: string;
  readonly name: string;
  readonly port: number;
  readonly targetType: 'instance' | 'ip';
  readonly slowStart: Milliseconds;
  readonly crossZone: boolean;
  readonly algorithm: 'round_robin' | 'least_outstanding_requests';
  readonly healthCheck: HealthCheckSettings;
  deregistrationDelay: Milliseconds;
  readonly tags = new Map<string, string>();
  readonly #surroundings: Surroundings;
  readonly #targets = new Map<string, RegisteredTarget>();
  #probe: Probe | undefined;

  constructor(arn: string, settings: TargetGroupSettings, surroundings: Surroundings) {
    this.arn = arn;
    this.name = settings.name;
    this.port = settings.port;
    this.targetType = settings.targetType ?? 'instance';
    this.deregistrationDelay = settings.deregistrationDelay ?? 300_000;
    this.slowStart = settings.slowStart ?? 0;
    this.crossZone = settings.crossZone ?? true;
    this.algorithm = settings.algorithm ?? 'least_outstanding_requests';
    this.healthCheck = { ...defaultCheck, ...settings.healthCheck };
    this.#surroundings = surroundings;
  }

  /** A load balancer uses the group from now on: its health is checked. */
  use(probe: Probe): void {
    this.#probe = probe;
    for (const target of this.#targets.values()) target.check(probe, this.healthCheck);
  }

  /** Registering what is registered changes nothing; what drains comes back, and starts at `initial`. */
  register({ id, port = this.port, zone }: Target): void {
    const key = keyOf(id, port);
    const present = this.#targets.get(key);
    if (present?.state === 'draining') present.leave();
    else if (present !== undefined) return;
    const target = new RegisteredTarget(id, port, zone);
    this.#targets.set(key, target);
    if (this.#probe !== undefined) target.check(this.#probe, this.healthCheck);
  }

  /**
   * Without a port it means the group's own, so a target under another port stays, and no error tells. The target shows
   * `draining` until the delay ends, even when it is idle. Source: measured, see the facts on ELBv2.
   */
  deregister({ id, port = this.port }: Target): void {
    const key = keyOf(id, port);
    const target = this.#targets.get(key);
    if (target === undefined) return;
    target.drain(this.deregistrationDelay, () => {
      if (this.#targets.get(key) === target) this.#targets.delete(key);
    });
  }

  /** Everything registered or draining. */
  health(): readonly TargetHealthView[] {
    return [...this.#targets.values()].map((target) => this.#view(target));
  }

  /** Of exactly these, also of those that are not registered. */
  healthOf(asked: readonly Target[]): readonly TargetHealthView[] {
    return asked.map(({ id, port = this.port }) => {
      const target = this.#targets.get(keyOf(id, port));
      return target === undefined ? { id, port, ...notRegistered } : this.#view(target);
    });
  }

  /**
   * Where requests may go: the healthy ones. When there is none, to all that are registered: an ALB fails open.
   * Source: ELBv2 user guide, "Health checks for target groups".
   */
  routable(): readonly RegisteredTarget[] {
    const present = [...this.#targets.values()].filter(
      (target) => target.state !== 'draining' && this.#usable(target),
    );
    const healthy = present.filter(({ state }) => state === 'healthy');
    return healthy.length > 0 ? healthy : present;
  }

  stop(): void {
    for (const target of this.#targets.values()) target.leave();
    this.#targets.clear();
  }

  #usable({ id }: RegisteredTarget): boolean {
    return this.targetType === 'ip' || this.#surroundings.instanceState(id) === 'running';
  }

  #view(target: RegisteredTarget): TargetHealthView {
    const { id, port } = target;
    const named = target.zone === undefined ? { id, port } : { id, port, zone: target.zone };
    if (this.#probe === undefined) {
      const description = 'Target group is not configured to receive traffic from the load balancer';
      return { ...named, state: 'unused', reason: 'Target.NotInUse', description };
    }
    if (!this.#usable(target) && target.state !== 'draining') {
      const description = 'Target is in the stopped state';
      return { ...named, state: 'unused', reason: 'Target.InvalidState', description };
    }
    return { ...named, ...target.health() };
  }
}

const keyOf = (id: string, port: number): string => `${id}:${port}`;
