import { labUnknown } from '../errors/lab.js';
import { defined } from '../model/defined.js';
import { Cloud } from './aws/cloud.js';
import { AwsControl } from './aws/control.js';
import { AwsEndpoint } from './aws/endpoint.js';
import type { NewInstance } from './aws/instance.js';
import type { PushedKeys } from './aws/pushed-keys.js';
import { Balancer, type ResolveTarget } from './balancer/balancer.js';
import type { TargetGroupSettings } from './balancer/target-group.js';
import { loopback } from './listen.js';

export const labAccount = '471047104710';
export const labRegion = 'eu-lab-1';
export const labZones = [`${labRegion}a`, `${labRegion}b`] as const;

export interface CloudServicesOptions {
  readonly instances: readonly NewInstance[];
  /** Each gets a listener of its own on the load balancer. The first one's is on `ports.balancer`. */
  readonly targetGroups: readonly TargetGroupSettings[];
  /** Where the targets really are. */
  readonly resolve: ResolveTarget;
  /** Where hosts look for the keys of EC2 Instance Connect. */
  readonly pushedKeys?: PushedKeys;
  readonly account?: string;
  /** Any free port for those that are absent. */
  readonly ports?: { readonly aws?: number; readonly balancer?: number };
}

/** An AWS account with a working load balancer, in this process; what its targets are is the caller's. */
export interface CloudServices {
  /** The URL for the SDK. */
  readonly endpoint: string;
  readonly account: string;
  readonly region: string;
  readonly aws: AwsControl;
  readonly balancer: Balancer;
  /** Where clients of a target group send their requests. Throws `lab.unknown`. */
  balancerUrl(targetGroup: string): string;
  stop(): Promise<void>;
}

/** Throws `lab.port_taken`. */
export async function startCloudServices(options: CloudServicesOptions): Promise<CloudServices> {
  const { instances, targetGroups, resolve, ports = {}, pushedKeys, account = labAccount } = options;
  const cloud = new Cloud({
    account,
    region: labRegion,
    zones: labZones,
    ...defined({ pushedKeys }),
  });
  for (const instance of instances) cloud.instances.add(instance);
  const groups = targetGroups.map((settings) => cloud.addTargetGroup(settings));
  const { listeners } = cloud.addLoadBalancer('lab', groups);
  const api = new AwsEndpoint(cloud);
  const balancer = new Balancer({ resolve });
  const stop = async (): Promise<void> => {
    await Promise.all([api.stop(), balancer.stop()]);
  };
  try {
    const endpoint = await api.listen({ address: loopback, port: ports.aws ?? 0 });
    const urls = new Map<string, string>();
    for (const [index, listener] of listeners.entries()) {
      const port = index === 0 ? (ports.balancer ?? 0) : 0;
      urls.set(groups[index]?.name ?? '', await balancer.listen({ address: loopback, port }, listener));
    }
    return {
      endpoint,
      account,
      region: labRegion,
      aws: new AwsControl(cloud, api),
      balancer,
      balancerUrl: (targetGroup) => {
        const url = urls.get(targetGroup);
        if (url === undefined) throw labUnknown('target group', targetGroup, [...urls.keys()]);
        return url;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
