import type { Clock, Random } from '../ports/clock.js';
import type { DataKeys } from '../ports/data-keys.js';
import type { Fleet } from '../ports/fleet.js';
import type { LeaseStore } from '../ports/lease-store.js';
import type { Ledger, LedgerRecord } from '../ports/ledger.js';
import type { SecretBackend } from '../ports/secret-backend.js';
import type { ListenerRules, ScalingGroups, Traffic } from '../ports/traffic.js';
import type { HostKeySource, KeyPusher } from '../ports/transport.js';
import { AwsClients } from './clients.js';
import type { CloudAccess } from './cloud-access.js';
import { ConsoleHostKeys } from './console-host-keys.js';
import type { DynamoItems } from './dynamo-items.js';
import type { RecordText } from './dynamo-ledger.js';
import { Ec2Fleet } from './ec2-fleet.js';

export interface AwsCloud {
  readonly fleet: Fleet;
  readonly traffic: Traffic;
  readonly scaling: ScalingGroups;
  readonly listenerRules: ListenerRules;
  /** What instances printed to their consoles. */
  readonly hostKeys: HostKeySource;
  /** EC2 Instance Connect. */
  readonly keyPusher: KeyPusher;
  /** SSM Parameter Store; in the account's region when none is given. */
  parameterStore(options: SecretPlace): Promise<SecretBackend>;
  /** Secrets Manager; in the account's region when none is given. */
  secretsManager(options: SecretPlace & { readonly stage?: string }): Promise<SecretBackend>;
  /** KMS, for files whose key is encrypted by it. */
  dataKeys(): Promise<DataKeys>;
  /** Leases in a table of DynamoDB. */
  leases(table: LockTableOptions): Promise<LeaseStore>;
  /** Records of groups in the same table. */
  ledger<R extends LedgerRecord>(
    table: Omit<LockTableOptions, 'random'>,
    text: RecordText<R>,
  ): Promise<Ledger<R>>;
}

interface SecretPlace {
  readonly region?: string;
  /** Stands before each name. */
  readonly prefix?: string;
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

/**
 * An AWS account, seen through its credentials. Makes no call before it is asked something. What only some runs ask is loaded when it is
 * first asked; nearly all ask EC2 for the hosts.
 */
export function connectCloud(access: CloudAccess): AwsCloud {
  const clients = new AwsClients(access);
  return {
    fleet: new Ec2Fleet(clients),
    traffic: trafficOf(clients),
    scaling: scalingOf(clients),
    listenerRules: rulesOf(clients),
    hostKeys: new ConsoleHostKeys(clients),
    keyPusher: keyPusherOf(clients),
    parameterStore: async (options) => {
      const { ParameterStore } = await import('./parameter-store.js');
      return new ParameterStore(clients, { region: clients.homeRegion, ...options });
    },
    secretsManager: async (options) => {
      const { SecretsManager } = await import('./secrets-manager.js');
      return new SecretsManager(clients, { region: clients.homeRegion, ...options });
    },
    dataKeys: async () => new (await import('./kms-data-keys.js')).KmsDataKeys(clients),
    leases: async ({ random, ...options }) => {
      const [items, { DynamoTable }, { DynamoLeaseStore }] = await Promise.all([
        itemsOf(clients, options),
        import('./dynamo-table.js'),
        import('./dynamo-leases.js'),
      ]);
      return new DynamoLeaseStore(new DynamoTable(items), options.clock, random);
    },
    ledger: async (options, text) => {
      const [items, { DynamoLedger }] = await Promise.all([
        itemsOf(clients, options),
        import('./dynamo-ledger.js'),
      ]);
      return new DynamoLedger(items, text);
    },
  };
}

async function itemsOf(
  clients: AwsClients,
  { table, region, endpoint, clock }: Omit<LockTableOptions, 'random'>,
): Promise<DynamoItems> {
  const { DynamoItems } = await import('./dynamo-items.js');
  const there = endpoint === undefined ? clients : clients.at(endpoint);
  return new DynamoItems(there, table, region ?? clients.homeRegion, clock);
}

function trafficOf(clients: AwsClients): Traffic {
  const loaded = once(async () => new (await import('./elb-traffic.js')).ElbTraffic(clients));
  return {
    targetGroups: async (region, names) => (await loaded()).targetGroups(region, names),
    targetGroupsInUse: async (region) => (await loaded()).targetGroupsInUse(region),
    health: async (targetGroup) => (await loaded()).health(targetGroup),
    healthOf: async (targetGroup, registrations) => (await loaded()).healthOf(targetGroup, registrations),
    register: async (targetGroup, registrations) => (await loaded()).register(targetGroup, registrations),
    deregister: async (targetGroup, registrations) => (await loaded()).deregister(targetGroup, registrations),
    tags: async (targetGroup) => (await loaded()).tags(targetGroup),
    tag: async (targetGroup, tags) => (await loaded()).tag(targetGroup, tags),
    untag: async (targetGroup, keys) => (await loaded()).untag(targetGroup, keys),
  };
}

function scalingOf(clients: AwsClients): ScalingGroups {
  const loaded = once(async () => new (await import('./auto-scaling.js')).AutoScaling(clients));
  return {
    describe: async (region, names) => (await loaded()).describe(region, names),
    suspend: async (region, name, processes) => (await loaded()).suspend(region, name, processes),
    resume: async (region, name, processes) => (await loaded()).resume(region, name, processes),
    tag: async (region, name, key, value) => (await loaded()).tag(region, name, key, value),
  };
}

function rulesOf(clients: AwsClients): ListenerRules {
  const loaded = once(async () => new (await import('./elb-rules.js')).ElbRules(clients));
  return {
    listeners: async (loadBalancers) => (await loaded()).listeners(loadBalancers),
    answer: async (listener, rule, page) => (await loaded()).answer(listener, rule, page),
    remove: async (listener, rule) => (await loaded()).remove(listener, rule),
  };
}

function keyPusherOf(clients: AwsClients): KeyPusher {
  const loaded = once(async () => new (await import('./instance-connect.js')).InstanceConnect(clients));
  return { push: async (host, user, publicKey) => (await loaded()).push(host, user, publicKey) };
}

/** What the first call gives, for all calls. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => (loading ??= load());
}
