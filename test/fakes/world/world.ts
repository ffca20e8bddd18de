import type { RestartPolicy } from '../../../src/model/container.js';
import type { Milliseconds } from '../../../src/model/duration.js';
import type { Host } from '../../../src/model/host.js';
import {
  environmentName,
  region,
  targetGroupArn,
  targetGroupName,
  type ContainerId,
  type ContainerName,
  type Digest,
  type HostId,
  type TargetGroupArn,
} from '../../../src/model/ids.js';
import { localHost, localName } from '../../../src/model/local-host.js';
import type { Registration, TargetGroup, TargetState } from '../../../src/model/registration.js';
import type { ScalingGroup } from '../../../src/ports/traffic.js';
import { FakeClock } from '../fake-clock.js';
import { makeHost } from '../make-host.js';
import { PortCalls, type Caller } from '../port-calls.js';
import { FakeHost } from './fake-host.js';
import { FakeTargetGroup } from './fake-target-group.js';
import { Images } from './images.js';
import { Timeline, type Actor } from './timeline.js';

/**
 * One coherent world: hosts with containers, a balancer that checks them, images and tags. The fake ports
 * (`FakeContainerRuntime`, `FakeTraffic` …) show it to the program; the timeline tells what really happened. It is its own
 * caller where only one program is about.
 */
export class World implements Caller {
  readonly calls = new PortCalls();
  readonly actor: Actor = 'program';
  readonly images = new Images();
  readonly hosts = new Map<HostId, FakeHost>();
  readonly targetGroups = new Map<TargetGroupArn, FakeTargetGroup>();
  readonly scalingGroups: FakeScalingGroup[] = [];
  readonly timeline: Timeline;
  /** How old the next answer about the health of targets is: the balancer's API may answer with what was true some seconds ago. */
  staleness: () => Milliseconds = () => 0;

  #local: FakeHost | undefined;

  constructor(readonly clock: FakeClock = new FakeClock()) {
    this.timeline = new Timeline(() => clock.elapsed());
  }

  addHost(id: string, given: Partial<Omit<Host, 'id'>> = {}): FakeHost {
    const updateRoutes = () => {
      for (const group of this.targetGroups.values()) group.updateRoutes();
    };
    const address = `10.0.0.${this.hosts.size + 1}`;
    const host = makeHost(id, { address, targetIds: [id, address], ...given });
    const added = new FakeHost(host, this.clock, this.images, this.timeline, updateRoutes);
    this.hosts.set(host.id, added);
    return added;
  }

  /** Where the program runs: no inventory lists it. */
  get #thisMachine(): FakeHost {
    const machine = localHost(environmentName('test'));
    this.#local ??= new FakeHost(machine, this.clock, this.images, this.timeline, () => undefined);
    return this.#local;
  }

  /** An instance is terminated or stopped: no balancer uses it any more. */
  end(id: HostId, as: 'stopped' | 'terminated' = 'terminated'): void {
    const host = this.host(id);
    if (as === 'terminated') host.terminate();
    else host.stopInstance();
    for (const group of this.targetGroups.values()) group.instanceEnded(host);
  }

  addTargetGroup(name: string, given: Partial<Omit<TargetGroup, 'name' | 'arn'>> = {}): FakeTargetGroup {
    const arn = targetGroupArn(
      `arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/${name}/0123456789abcdef`,
    );
    const settings: TargetGroup = {
      arn,
      name,
      region: region('eu-west-1'),
      protocol: 'HTTP',
      port: 80,
      targetType: 'instance',
      loadBalancers: [
        'arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/front/0123456789abcdef',
      ],
      deregistrationDelay: 10_000,
      slowStart: 0,
      crossZone: true,
      ...given,
    };
    const added = new FakeTargetGroup(settings, this.clock, this.timeline, (id) => this.hostOfTarget(id));
    this.targetGroups.set(arn, added);
    return added;
  }

  /** It asks load balancers how its hosts are, which name it as theirs. It replaces nobody: the test looks whether it could. */
  addScalingGroup(name: string, given: Partial<Omit<FakeScalingGroup, 'name'>> = {}): FakeScalingGroup {
    const added = {
      name,
      region: region('eu-west-1'),
      healthCheckTypes: ['EC2', 'ELB'],
      suspendedProcesses: [],
      tags: {},
      ...given,
    };
    this.scalingGroups.push(added);
    return added;
  }

  /** Registers a port of a host as it was long before the test. */
  registered(
    group: FakeTargetGroup,
    host: FakeHost,
    port: number,
    state: TargetState = 'healthy',
  ): Registration {
    const registration = {
      targetGroup: group.settings.arn,
      id: host.host.targetIds[0] ?? host.host.id,
      port,
    };
    group.has(registration, state);
    return registration;
  }

  host(id: HostId): FakeHost {
    const host = this.hosts.get(id) ?? (id === localName ? this.#thisMachine : undefined);
    if (host === undefined) throw new Error(`There is no host ${id} in this world`);
    return host;
  }

  hostOfTarget(targetId: string): FakeHost | undefined {
    return [...this.hosts.values()].find(({ host }) => host.targetIds.includes(targetId));
  }

  /** All that is true at this moment, as plain data. */
  state(): WorldState {
    return {
      at: this.clock.elapsed(),
      hosts: [...this.hosts.values()].map((host) => ({
        id: host.host.id,
        ...(host.host.zone === undefined ? {} : { zone: host.host.zone }),
        images: [...host.images],
        containers: [...host.containers.values()].map((container) => ({
          id: container.id,
          name: container.name,
          ...(container.birth.digest === undefined ? {} : { digest: container.birth.digest }),
          ports: container.birth.ports.map(({ hostPort }) => hostPort),
          running: container.running,
          serving: container.serving,
          restartPolicy: container.restartPolicy,
        })),
      })),
      scaling: this.scalingGroups.map(({ name, suspendedProcesses, tags }) => ({
        name,
        suspended: [...suspendedProcesses].sort(),
        tags: Object.keys(tags).sort(),
      })),
      targets: [...this.targetGroups.values()].flatMap((group) =>
        group.health().flatMap(({ registration, state }) => {
          const host = this.hostOfTarget(registration.id)?.host.id;
          return host === undefined ? [] : [{ registration, host, state }];
        }),
      ),
    };
  }

  /** For people: `api-http: h1:5060 healthy`. */
  describeTargets(): readonly string[] {
    return this.state().targets.map(
      ({ registration, host, state }) =>
        `${targetGroupName(registration.targetGroup)}: ${host}:${registration.port} ${state}`,
    );
  }
}

/** An Auto Scaling group as it really is. */
export interface FakeScalingGroup extends Omit<ScalingGroup, 'suspendedProcesses' | 'tags'> {
  suspendedProcesses: readonly string[];
  tags: Readonly<Record<string, string>>;
}

export interface WorldState {
  readonly at: Milliseconds;
  readonly hosts: readonly HostState[];
  readonly targets: readonly TargetSnapshot[];
  readonly scaling?: readonly ScalingState[];
}

/** What an Auto Scaling group does not do at this moment, and the keys of its tags. */
interface ScalingState {
  readonly name: string;
  readonly suspended: readonly string[];
  readonly tags: readonly string[];
}

export interface HostState {
  readonly id: HostId;
  readonly zone?: string;
  readonly images: readonly Digest[];
  readonly containers: readonly ContainerState[];
}

export interface ContainerState {
  readonly id: ContainerId;
  readonly name: ContainerName;
  readonly digest?: Digest;
  readonly ports: readonly number[];
  readonly running: boolean;
  readonly serving: boolean;
  readonly restartPolicy: RestartPolicy;
}

interface TargetSnapshot {
  readonly registration: Registration;
  readonly host: HostId;
  readonly state: TargetState;
}
