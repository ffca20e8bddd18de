import { labUnknown } from '../../errors/lab.js';

export type InstanceState = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';

/** EC2's numbers for the states. Source: EC2 API reference, InstanceState. */
export const stateCodes: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** An EC2 instance of the lab. */
export interface Instance {
  readonly id: string;
  state: InstanceState;
  readonly privateIp: string;
  readonly publicIp?: string;
  readonly ipv6?: string;
  readonly privateDns: string;
  readonly zone: string;
  /** `t2` is the lab's word for what came before Nitro. */
  readonly type: string;
  readonly imageId: string;
  readonly vpc: string;
  readonly launchedAt: Date;
  readonly tags: Map<string, string>;
  /** What it printed to its serial console so far; the last 64 KiB of it are kept. */
  console: string;
}

/** What a test says of an instance; the rest is made up. */
export interface NewInstance {
  readonly id: string;
  readonly privateIp: string;
  readonly zone: string;
  readonly publicIp?: string;
  readonly ipv6?: string;
  readonly state?: InstanceState;
  readonly type?: string;
  readonly launchedAt?: Date;
  readonly tags?: Readonly<Record<string, string>>;
}

export const labVpc = 'vpc-0lab';

/** The instances of the lab's account and region. */
export class Instances {
  readonly #byId = new Map<string, Instance>();

  add(given: NewInstance): Instance {
    const instance: Instance = {
      state: 'running',
      type: 't3.small',
      imageId: 'ami-0lab',
      console: '',
      vpc: labVpc,
      launchedAt: new Date(),
      privateDns: `ip-${given.privateIp.replaceAll('.', '-')}.lab.internal`,
      ...given,
      tags: new Map(Object.entries(given.tags ?? {})),
    };
    this.#byId.set(instance.id, instance);
    return instance;
  }

  all(): readonly Instance[] {
    return [...this.#byId.values()];
  }

  find(id: string): Instance | undefined {
    return this.#byId.get(id);
  }

  /** Throws `lab.unknown`. */
  get(id: string): Instance {
    const instance = this.#byId.get(id);
    if (instance === undefined) throw labUnknown('instance', id, [...this.#byId.keys()]);
    return instance;
  }

  /** As if it had never been: EC2 keeps terminated instances in its lists for about an hour, and then drops them. */
  forget(id: string): void {
    this.#byId.delete(id);
  }
}
