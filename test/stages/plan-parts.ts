import { label, type ContainerSpec, type ObservedContainer } from '../../src/model/container.js';
import {
  containerId,
  containerName,
  environmentName,
  groupName,
  region,
  targetGroupArn,
  type TargetGroupArn,
} from '../../src/model/ids.js';
import type { PlannedState } from '../../src/model/plan.js';
import type { Registration, TargetGroup, TargetHealth, TargetState } from '../../src/model/registration.js';
import { specHash, specParts } from '../../src/model/spec-hash.js';
import type { GroupObservation, HostObservation } from '../../src/plan/observation.js';
import { digestOf } from '../fakes/digest-of.js';
import { makeHost } from '../fakes/make-host.js';

/** What plans are made from; only what matters to a test needs to be given. */

export const v1 = { repository: 'registry/api', digest: digestOf('v1') };
export const v2 = { repository: 'registry/api', digest: digestOf('v2') };

const arnOf = (name: string): TargetGroupArn =>
  targetGroupArn(`arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/${name}/0123456789abcdef`);

export const makeSpec = (given: Partial<ContainerSpec> = {}): ContainerSpec => ({
  name: containerName('api'),
  image: v2,
  ports: [{ hostPort: 5060, containerPort: 5000, protocol: 'tcp' }],
  env: { APP_ENV: 'prod' },
  volumes: [],
  networks: [],
  labels: {},
  restart: { name: 'unless-stopped' },
  stopTimeout: 10_000,
  limits: {},
  extraHosts: [],
  ...given,
});

/** The container that adfpush would have started for the group `api` from this specification. */
export const startedFrom = (
  spec: ContainerSpec,
  given: Partial<ObservedContainer> = {},
  version = 'v1',
): ObservedContainer => ({
  id: containerId(`id-of-${spec.name}`),
  name: spec.name,
  image: `${spec.image.repository}@${spec.image.digest}`,
  digest: spec.image.digest,
  labels: {
    [label.group]: 'api',
    [label.container]: spec.name,
    [label.release]: version,
    [label.specHash]: specHash(spec),
    [label.specParts]: specParts(spec),
  },
  running: true,
  restartCount: 0,
  restartPolicy: spec.restart,
  createdAt: 0,
  ports: spec.ports,
  networks: spec.networks,
  ...given,
});

/** A container that somebody else started. */
export const makeForeign = (name: string, given: Partial<ObservedContainer> = {}): ObservedContainer => ({
  ...startedFrom(makeSpec({ name: containerName(name) })),
  labels: {},
  image: 'somebody/else',
  ...given,
});

export const makeRegistration = (id: string, group = 'api-http', port = 5060): Registration => ({
  targetGroup: arnOf(group),
  id,
  port,
});

export const target = (
  registration: Registration,
  state: TargetState = 'healthy',
  reason?: string,
): TargetHealth => ({ registration, state, ...(reason === undefined ? {} : { reason }) });

export const gone = (registration: Registration): TargetHealth =>
  target(registration, 'unused', 'Target.NotRegistered');

export const makeTargetGroup = (name = 'api-http', given: Partial<TargetGroup> = {}): TargetGroup => ({
  arn: arnOf(name),
  name,
  region: region('eu-west-1'),
  protocol: 'HTTP',
  port: 80,
  targetType: 'instance',
  loadBalancers: ['front'],
  deregistrationDelay: 60_000,
  slowStart: 0,
  crossZone: true,
  ...given,
});

/** What a test says of a host, and in part of what it is to become. */
export type GivenHost = Partial<Omit<HostObservation, 'to'>> & { readonly to?: Partial<PlannedState> };

/** A host that runs v1 of `api` in service, and is to run v2. */
export function observeHost(id: string, { to, ...given }: GivenHost = {}, zone = 'a'): HostObservation {
  const registration = makeRegistration(id);
  return {
    host: makeHost(id, { zone }),
    runtime: {
      version: '27.0.0',
      apiVersion: '1.46',
      address: 'unix:///var/run/docker.sock',
      os: 'linux',
      architecture: 'amd64',
      freeBytes: 20_000_000_000,
    },
    containers: [startedFrom(makeSpec({ image: v1 }))],
    registrations: [target(registration)],
    to: {
      release: { image: v2, version: 'v2' },
      containers: [makeSpec()],
      registrations: [registration],
      ...to,
    },
    adopt: new Set(),
    probed: true,
    ...given,
  };
}

/** A group of these hosts, all of whose registrations are in `api-http`. */
export function observeGroup(
  hosts: readonly HostObservation[],
  given: Partial<GroupObservation> = {},
): GroupObservation {
  return {
    environment: environmentName('test'),
    group: groupName('api'),
    release: { image: v2, version: 'v2' },
    platforms: [{ os: 'linux', architecture: 'amd64' }],
    rollout: {
      serial: [{ hosts: 1 }],
      minHealthy: { percent: 50 },
      bake: 30_000,
      drainTimeout: 'default',
      onFailure: 'rollback',
      keepReleases: 3,
      floorWait: 600_000,
      reconnect: 300_000,
      asg: 'suspend',
    },
    targetGroupChoice: { kind: 'named', names: ['api-http'] },
    targetGroups: [
      {
        targetGroup: makeTargetGroup(),
        targets: hosts.flatMap(({ registrations }) => registrations),
      },
    ],
    hosts,
    peers: hosts.map(({ host }) => host),
    ...given,
  };
}
