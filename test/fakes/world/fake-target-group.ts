import type { Milliseconds } from '../../../src/model/duration.js';
import {
  registrationKey,
  type Registration,
  type TargetGroup,
  type TargetHealth,
  type TargetState,
} from '../../../src/model/registration.js';
import type { FakeClock } from '../fake-clock.js';
import type { FakeHost } from './fake-host.js';
import type { Actor, Route, Timeline } from './timeline.js';

interface Target {
  readonly registration: Registration;
  readonly host: FakeHost;
  state: TargetState;
  reason: string | undefined;
  /** Checks in a row that said the opposite of the state. */
  against: number;
  /** Failing all checks until then, whatever its container does. */
  flapsUntil: Milliseconds;
  forgetDraining: () => void;
}

/** The balancer's own health check. AWS's defaults are slower; a test's patience is not. */
const checkInterval: Milliseconds = 5_000;
const unhealthyAfter = 2;
/** The oldest answer that is given. */
export const longestStaleness: Milliseconds = 5_000;
const healthyAfter = 3;

const reasons: Partial<Record<TargetState, string>> = {
  initial: 'Elb.RegistrationInProgress',
  unhealthy: 'Target.FailedHealthChecks',
  draining: 'Target.DeregistrationInProgress',
  unused: 'Target.NotInUse',
};

/**
 * One target group and the balancer in front of it, as ELBv2 behaves (FACTS, "Load balancers"): a new target is
 * `initial` until one check passes; a deregistered one is `draining` until the delay ends, idle or not, and then not
 * registered; registering brings a draining one back; when no target is healthy, requests go to all of them.
 */
export class FakeTargetGroup {
  readonly tags = new Map<string, string>();
  readonly #targets = new Map<string, Target>();
  readonly #lastRoutes = new Map<string, string>();
  /** What was true since when, for as long as an answer may be stale. */
  readonly #past: { readonly since: Milliseconds; readonly health: readonly TargetHealth[] }[] = [];

  constructor(
    readonly settings: TargetGroup,
    private readonly clock: FakeClock,
    private readonly timeline: Timeline,
    private readonly hostOf: (id: string) => FakeHost | undefined,
  ) {
    clock.every(checkInterval, () => this.#check());
  }

  /** Put there before the test began. */
  has(registration: Registration, state: TargetState): void {
    const target = this.#add(registration);
    target.state = state;
    target.reason = reasons[state];
    this.#remember();
    this.updateRoutes();
  }

  register(by: Actor, registration: Registration): void {
    const known = this.#targets.get(registrationKey(registration));
    if (known !== undefined && known.state !== 'draining') return;
    known?.forgetDraining();
    const target = known ?? this.#add(registration);
    this.timeline.record(by, { type: 'target.registered', host: target.host.host.id, registration });
    this.#become(target, this.settings.loadBalancers.length === 0 ? 'unused' : 'initial');
  }

  deregister(by: Actor, registration: Registration): void {
    const target = this.#targets.get(registrationKey(registration));
    if (target === undefined || target.state === 'draining') return;
    this.timeline.record(by, { type: 'target.deregistered', host: target.host.host.id, registration });
    target.forgetDraining = this.clock.after(
      this.settings.deregistrationDelay,
      () => this.#forget(target),
      true,
    );
    this.#become(target, 'draining');
  }

  /** As DescribeTargetHealth tells: those registered, and those draining; now, or as it was some time ago. */
  health(ago: Milliseconds = 0): readonly TargetHealth[] {
    if (ago > 0) return this.#healthAt(this.clock.elapsed() - ago);
    return [...this.#targets.values()].map(({ registration, state, reason }) => ({
      registration,
      state,
      ...(reason === undefined ? {} : { reason }),
    }));
  }

  healthOf(registration: Registration, ago: Milliseconds = 0): TargetHealth {
    const key = registrationKey(registration);
    const known = this.health(ago).find((target) => registrationKey(target.registration) === key);
    return known ?? { registration, state: 'unused', reason: 'Target.NotRegistered' };
  }

  #healthAt(moment: Milliseconds): readonly TargetHealth[] {
    const { health } = this.#past.findLast(({ since }) => since <= moment) ?? this.#past[0] ?? {};
    return health ?? this.health();
  }

  /** To be called after each change. */
  #remember(): void {
    const now = this.clock.elapsed();
    const recent = this.#past.findLastIndex(({ since }) => since <= now - longestStaleness);
    this.#past.splice(0, Math.max(0, recent));
    this.#past.push({ since: now, health: this.health() });
  }

  get healthy(): number {
    return this.health().filter(({ state }) => state === 'healthy').length;
  }

  /** Fails its checks for a while though its container is well: a network between the two. */
  flap(registration: Registration, duration: Milliseconds): void {
    const target = this.#targets.get(registrationKey(registration));
    if (target === undefined || target.state !== 'healthy') return;
    target.flapsUntil = this.clock.elapsed() + duration;
    this.#become(target, 'unhealthy');
  }

  /** Its machine is terminated: the group forgets it by and by. */
  abandon(registration: Registration): void {
    const target = this.#targets.get(registrationKey(registration));
    if (target !== undefined) this.#forget(target);
  }

  /** A state that no check explains, such as `unavailable`, until the next check of a `healthy` one. */
  force(registration: Registration, state: TargetState, reason?: string): void {
    const target = this.#targets.get(registrationKey(registration));
    if (target === undefined) return;
    this.#become(target, state, reason);
  }

  /** Its machine does not run any more. */
  instanceEnded(host: FakeHost): void {
    for (const target of this.#targets.values()) {
      if (target.host !== host || target.state === 'draining') continue;
      this.#become(target, 'unused', 'Target.InvalidState');
    }
  }

  /** Notes where requests go, if that changed. */
  updateRoutes(): void {
    const { arn, loadBalancers, crossZone } = this.settings;
    if (loadBalancers.length === 0) return;
    const all = [...this.#targets.values()];
    const zones = crossZone ? [undefined] : [...new Set(all.map(({ host }) => host.host.zone))].sort();
    for (const zone of zones) {
      const targets = routesOf(all.filter(({ host }) => zone === undefined || host.host.zone === zone));
      const asText = JSON.stringify(targets);
      if (this.#lastRoutes.get(zone ?? '') === asText) continue;
      this.#lastRoutes.set(zone ?? '', asText);
      this.timeline.record('world', {
        type: 'routes',
        targetGroup: arn,
        targets,
        ...(zone === undefined ? {} : { zone }),
      });
    }
  }

  #check(): void {
    for (const target of this.#targets.values()) {
      const { registration, host, state } = target;
      const isHeard = !host.standsStill && this.clock.elapsed() >= target.flapsUntil;
      const passes = isHeard && host.serves(registration.port);
      if (state === 'initial' && passes) this.#become(target, 'healthy');
      if (state !== 'initial' && state !== 'healthy' && state !== 'unhealthy') continue;
      const agrees = target.state === 'unhealthy' ? !passes : passes;
      target.against = agrees ? 0 : target.against + 1;
      if (target.state === 'unhealthy' && target.against >= healthyAfter) this.#become(target, 'healthy');
      else if (target.state !== 'unhealthy' && target.against >= unhealthyAfter)
        this.#become(target, 'unhealthy');
    }
  }

  #add(registration: Registration): Target {
    const host = this.hostOf(registration.id);
    if (host === undefined) throw new Error(`No host of this world has the target id ${registration.id}`);
    const target: Target = {
      registration,
      host,
      state: 'initial',
      reason: reasons.initial,
      against: 0,
      flapsUntil: 0,
      forgetDraining: () => undefined,
    };
    this.#targets.set(registrationKey(registration), target);
    return target;
  }

  #become(target: Target, state: TargetState, reason = reasons[state]): void {
    const { registration, host } = target;
    target.state = state;
    target.reason = reason;
    target.against = 0;
    this.timeline.record('world', { type: 'target.state', host: host.host.id, registration, state });
    this.#remember();
    this.updateRoutes();
  }

  #forget(target: Target): void {
    const { registration, host } = target;
    this.#targets.delete(registrationKey(registration));
    this.timeline.record('world', { type: 'target.gone', host: host.host.id, registration });
    this.#remember();
    this.updateRoutes();
  }
}

/** The healthy ones; all that are registered when none is (fail open). */
function routesOf(targets: readonly Target[]): readonly Route[] {
  const registered = targets.filter(({ state }) => state !== 'draining' && state !== 'unused');
  const healthy = registered.filter(({ state }) => state === 'healthy');
  return (healthy.length > 0 ? healthy : registered).map(({ host, registration }) => ({
    host: host.host.id,
    port: registration.port,
    serving: host.serves(registration.port),
  }));
}
