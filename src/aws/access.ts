import type { Clock } from '../ports/clock.js';
import type { Fleet } from '../ports/fleet.js';
import type { HostKeySource } from '../ports/host-key-source.js';
import type { KeyPusher } from '../ports/key-pusher.js';
import type { LeaseStore } from '../ports/lease-store.js';
import type { Random } from '../ports/random.js';
import type { ScalingGroups } from '../ports/scaling-groups.js';
import type { Traffic } from '../ports/traffic.js';
import { AutoScaling } from './auto-scaling.js';
import { AwsClients } from './clients.js';
import type { CloudAccess } from './cloud-access.js';
import { ConsoleHostKeys } from './console-host-keys.js';
import { DynamoLeaseStore } from './dynamo-leases.js';
import { DynamoTable } from './dynamo-table.js';
import { Ec2Fleet } from './ec2-fleet.js';
import { ElbTraffic } from './elb-traffic.js';
import { InstanceConnect } from './instance-connect.js';

export interface AwsCloud {
  readonly fleet: Fleet;
  readonly traffic: Traffic;
  readonly scaling: ScalingGroups;
  /** What instances printed to their consoles. */
  readonly hostKeys: HostKeySource;
  /** EC2 Instance Connect. */
  readonly keyPusher: KeyPusher;
  /** Leases in a table of DynamoDB. */
  leases(table: LockTableOptions): LeaseStore;
}

interface LockTableOptions {
  /** Its name. */
  readonly table: string;
  /** The account's region when absent. */
  readonly region?: string;
  /** Instead of the account's own. */
  readonly endpoint?: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** An AWS account, seen through its credentials. Makes no call before it is asked something. */
export function connectCloud(access: CloudAccess): AwsCloud {
  const clients = new AwsClients(access);
  return {
    fleet: new Ec2Fleet(clients),
    traffic: new ElbTraffic(clients),
    scaling: new AutoScaling(clients),
    hostKeys: new ConsoleHostKeys(clients),
    keyPusher: new InstanceConnect(clients),
    leases: ({ table, region, endpoint, clock, random }) => {
      const there = endpoint === undefined ? clients : clients.at(endpoint);
      const lockTable = new DynamoTable(there, table, region ?? clients.homeRegion, clock);
      return new DynamoLeaseStore(lockTable, clock, random);
    },
  };
}
