import type { Fleet } from '../ports/fleet.js';
import type { HostKeySource } from '../ports/host-key-source.js';
import type { KeyPusher } from '../ports/key-pusher.js';
import type { Traffic } from '../ports/traffic.js';
import { AwsClients } from './clients.js';
import { ConsoleHostKeys } from './console-host-keys.js';
import { Ec2Fleet } from './ec2-fleet.js';
import { ElbTraffic } from './elb-traffic.js';
import { InstanceConnect } from './instance-connect.js';

/** How an inventory wants its AWS account reached. */
export interface CloudAccess {
  /** The ARN of a role to assume, with the session name `adfpush`. */
  readonly role?: string;
  /** A profile of the shared AWS configuration files. */
  readonly profile?: string;
  /** One URL that serves EC2, EC2 Instance Connect, ELBv2, STS and ECR instead of AWS: the lab's. */
  readonly endpoint?: string;
  /** Where the account's identity is asked for; `AWS_REGION`, then us-east-1, when absent. */
  readonly region?: string;
}

export interface AwsCloud {
  readonly fleet: Fleet;
  readonly traffic: Traffic;
  /** What instances printed to their consoles. */
  readonly hostKeys: HostKeySource;
  /** EC2 Instance Connect. */
  readonly keyPusher: KeyPusher;
}

/** An AWS account, seen through its credentials. Makes no call, and loads no SDK, before it is asked something. */
export function connectCloud(access: CloudAccess): AwsCloud {
  const clients = new AwsClients(access);
  return {
    fleet: new Ec2Fleet(clients),
    traffic: new ElbTraffic(clients),
    hostKeys: new ConsoleHostKeys(clients),
    keyPusher: new InstanceConnect(clients),
  };
}
