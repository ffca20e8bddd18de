import type { Milliseconds } from '../../model/duration.js';
import type { HealthCheckSettings, Probe } from './target-group.js';

/** What one health check found. */
export type ProbeResult =
  | { readonly passed: true }
  | { readonly passed: false; readonly reason: string; readonly description: string };

interface Health {
  readonly state: 'initial' | 'healthy' | 'unhealthy' | 'draining';
  readonly reason?: string;
  readonly description?: string;
}

const registering: Health = {
  state: 'initial',
  reason: 'Elb.RegistrationInProgress',
  description: 'Target registration is in progress',
};

const draining: Health = {
  state: 'draining',
  reason: 'Target.DeregistrationInProgress',
  description: 'Target deregistration is in progress',
};

/** One registration, from registering to the end of its draining. Registered again, it is another one. */
export class RegisteredTarget {
  readonly id: string;
  readonly port: number;
  readonly zone: string | undefined;
  #health: Health = registering;
  #passesInRow = 0;
  #failuresInRow = 0;
  #timer: NodeJS.Timeout | undefined;
  #left = false;
  /** Requests under way, each as the way to cut it off. */
  readonly #underWay = new Set<() => void>();

  constructor(id: string, port: number, zone: string | undefined) {
    this.id = id;
    this.port = port;
    this.zone = zone;
  }

  get state(): Health['state'] {
    return this.#health.state;
  }

  /** The number of requests under way. */
  get outstanding(): number {
    return this.#underWay.size;
  }

  health(): Health {
    return this.#health;
  }

  /** Checks at once, and then at every interval, until the target leaves or drains. */
  check(probe: Probe, settings: HealthCheckSettings): void {
    const round = async (): Promise<void> => {
      const result = await probe(this, settings);
      if (this.#left || this.#health.state === 'draining') return;
      this.#observe(result, settings);
      this.#timer = setTimeout(() => void round(), settings.interval);
    };
    void round();
  }

  /** No new requests; after the delay, whatever is still under way is cut off, and `gone` is called. */
  drain(delay: Milliseconds, gone: () => void): void {
    if (this.#health.state === 'draining') return;
    this.#health = draining;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      for (const cutOff of this.#underWay) cutOff();
      this.leave();
      gone();
    }, delay);
  }

  /** The end of this registration. What is still under way goes on: the target may be registered again. */
  leave(): void {
    this.#left = true;
    clearTimeout(this.#timer);
  }

  /** A request began; `cutOff` is called if the deregistration delay ends before the returned function was called. */
  begin(cutOff: () => void): () => void {
    this.#underWay.add(cutOff);
    return () => {
      this.#underWay.delete(cutOff);
    };
  }

  /** A new target needs one passing check, not the healthy threshold. Source: ELBv2 user guide, and seen. */
  #observe(result: ProbeResult, { healthyThreshold, unhealthyThreshold }: HealthCheckSettings): void {
    this.#passesInRow = result.passed ? this.#passesInRow + 1 : 0;
    this.#failuresInRow = result.passed ? 0 : this.#failuresInRow + 1;
    const { state } = this.#health;
    if (result.passed) {
      if (state === 'initial' || this.#passesInRow >= healthyThreshold) this.#health = { state: 'healthy' };
    } else if (this.#failuresInRow >= unhealthyThreshold) {
      this.#health = { state: 'unhealthy', reason: result.reason, description: result.description };
    } else if (state === 'initial') {
      this.#health = {
        state: 'initial',
        reason: 'Elb.InitialHealthChecking',
        description: 'Initial health checks in progress',
      };
    }
  }
}
