import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Milliseconds } from '../model/duration.js';
import type { AwsControl } from './aws/control.js';
import { PushedKeys } from './aws/pushed-keys.js';
import type { Balancer } from './balancer/balancer.js';
import type { HealthCheckSettings } from './balancer/target-group.js';
import { labAccount, labRegion, labZones, startCloudServices } from './cloud-services.js';
import { startHosts, type HostName } from './hosts/fleet.js';
import type { LabHost } from './hosts/host.js';
import { appImage, type Behaviour } from './images.js';
import { loopback } from './listen.js';
import { startLoad, type Load, type LoadOptions } from './load.js';
import { writeProject } from './project.js';
import { LabRegistry } from './registry/registry.js';

export interface LabOptions {
  /** Where keys, the hosts' folders and a project for the lab are written. */
  readonly directory: string;
  /** Hosts of the group `api`, registered in the target group `api-http`. 4 unless said otherwise. */
  readonly hosts?: number;
  /** Hosts of the group `worker`, in no target group. None unless said otherwise. */
  readonly workers?: number;
  /** Any free port for those that are absent. */
  readonly ports?: { readonly aws?: number; readonly balancer?: number; readonly registry?: number };
  readonly deregistrationDelay?: Milliseconds;
  /** Twelve digits; the same for all labs unless said otherwise. */
  readonly account?: string;
  readonly healthCheck?: Partial<HealthCheckSettings>;
  /** Versions of the image `shop/api` and how they behave. */
  readonly versions?: Readonly<Record<string, Behaviour>>;
  /** As where only 127.0.0.1 may be listened on: the hosts are reached through a bastion. */
  readonly onlyNames?: boolean;
}

/** A fleet in a box: an AWS account with a load balancer in it, an image registry, hosts. */
export interface Lab {
  readonly directory: string;
  /** A project for the environment `lab`, ready to deploy. */
  readonly project: string;
  /** The AWS endpoint's URL. */
  readonly endpoint: string;
  readonly balancerUrl: string;
  /** As image references begin: `127.0.0.1:4750`. */
  readonly registryAddress: string;
  readonly account: string;
  readonly region: string;
  /** The hosts of the group `api`. */
  readonly hosts: readonly LabHost[];
  readonly workers: readonly LabHost[];
  /** True where the hosts' addresses are only names, that a bastion knows. */
  readonly behindBastion: boolean;
  readonly aws: AwsControl;
  readonly balancer: Balancer;
  readonly registry: LabRegistry;
  /** Puts a version into the registry, or moves its tag. Gives the digest. */
  publish(version: string, behaviour: Behaviour, repository?: string): string;
  /** Continuous requests to the balancer. */
  startLoad(options?: Partial<LoadOptions>): Load;
  stop(): Promise<void>;
}

export const labTargetGroup = 'api-http';
/** What `shop/api` has in the registry: two that work, one that never becomes healthy, one that exits at once. */
const labVersions: Readonly<Record<string, Behaviour>> = {
  v1: 'healthy',
  v2: 'healthy',
  v3: 'unhealthy',
  v4: 'exits',
};
const publishedPort = 5_060;

/** Starts a lab in this process; the apps are processes of their own. Throws `lab.port_taken`, `lab.no_subnet`. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const directory = resolve(options.directory);
  mkdirSync(directory, { recursive: true });
  const registry = new LabRegistry();
  await registry.listen({ address: loopback, port: options.ports?.registry ?? 0 });
  const stopping: (() => Promise<void>)[] = [() => registry.stop()];
  const stop = async (): Promise<void> => {
    for (const end of stopping.splice(0).reverse()) await end();
  };
  try {
    const apiNames = namesOf('api', options.hosts ?? 4, 1);
    const workerNames = namesOf('worker', options.workers ?? 0, 101);
    const pushedKeys = new PushedKeys();
    const names = [...apiNames, ...workerNames];
    const authorized = pushedKeys.of.bind(pushedKeys);
    const account = options.account ?? labAccount;
    const fleet = await startHosts(names, directory, options.onlyNames, authorized);
    stopping.push(() => fleet.stop());
    const hosts = fleet.hosts.slice(0, apiNames.length);
    const workers = fleet.hosts.slice(apiNames.length);

    const cloud = await startCloudServices({
      instances: [
        ...hosts.map((host) => instanceOf(host, 'api')),
        ...workers.map((host) => instanceOf(host, 'worker')),
      ],
      targetGroups: [
        {
          name: labTargetGroup,
          port: publishedPort,
          deregistrationDelay: options.deregistrationDelay ?? 1_000,
          healthCheck: { path: '/health', ...options.healthCheck },
        },
      ],
      resolve: (id, port) => fleet.hosts.find((host) => host.id === id)?.locate(port),
      ports: options.ports ?? {},
      pushedKeys,
      account,
    });
    stopping.push(() => cloud.stop());
    for (const { id } of hosts) cloud.aws.register(labTargetGroup, id);

    const publish: Lab['publish'] = (version, behaviour, repository = 'shop/api') =>
      registry.push(repository, version, appImage(version, behaviour));
    for (const [version, behaviour] of Object.entries(options.versions ?? labVersions)) {
      publish(version, behaviour);
      if (workers.length > 0) publish(version, behaviour, 'shop/worker');
    }

    const project = join(directory, 'project');
    const { endpoint } = cloud;
    writeProject(project, { endpoint, account, registryAddress: registry.address, ...fleet });
    const balancerUrl = cloud.balancerUrl(labTargetGroup);
    return {
      directory,
      project,
      endpoint,
      balancerUrl,
      registryAddress: registry.address,
      account,
      region: labRegion,
      hosts,
      workers,
      behindBastion: fleet.bastion !== undefined,
      aws: cloud.aws,
      balancer: cloud.balancer,
      registry,
      publish,
      startLoad: (load) => {
        const started = startLoad({ url: balancerUrl, ...load });
        stopping.push(async () => {
          await started.stop();
        });
        return started;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const namesOf = (group: string, count: number, first: number): readonly HostName[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `i-0lab${String(first + index).padStart(12, '0')}`,
    name: `${group}-${index + 1}`,
    zone: labZones[index % labZones.length] ?? labZones[0],
  }));

const instanceOf = ({ id, name, zone, address }: LabHost, group: string) => ({
  id,
  zone,
  privateIp: address,
  tags: { Name: name, DeployGroup: group, Environment: 'lab' },
});
