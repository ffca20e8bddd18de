import {
  EC2Client,
  type Filter,
  type Instance as Ec2Instance,
  paginateDescribeInstances,
} from '@aws-sdk/client-ec2';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { malformedAnswer } from '../errors/aws.js';
import { accountId, type AccountId, type Region } from '../model/ids.js';
import type { Fleet, Instance } from '../ports/fleet.js';
import type { AwsClients } from './clients.js';

/** The most instances that EC2 gives on one page. */
const pageSize = 1_000;
const running = 'running';

/** The EC2 instances of an account. */
export class Ec2Fleet implements Fleet {
  readonly #ec2: (region: string) => EC2Client;
  readonly #sts: (region: string) => STSClient;

  constructor(private readonly clients: AwsClients) {
    this.#ec2 = clients.perRegion((settings) => new EC2Client(settings));
    this.#sts = clients.perRegion((settings) => new STSClient(settings));
  }

  async identity(): Promise<{ readonly account: AccountId; readonly arn: string }> {
    const region = this.clients.homeRegion;
    const action = 'sts:GetCallerIdentity';
    const { Account, Arn } = await this.clients.call(action, region, async () => {
      return this.#sts(region).send(new GetCallerIdentityCommand());
    });
    if (Account === undefined || Arn === undefined) throw malformedAnswer(action, region, 'no account');
    return { account: accountId(Account), arn: Arn };
  }

  async instances(
    region: Region,
    filters: Readonly<Record<string, readonly string[]>>,
  ): Promise<readonly Instance[]> {
    const found = await this.clients.call('ec2:DescribeInstances', region, () =>
      this.#allPages(region, { ...filters, 'instance-state-name': [running] }),
    );
    // Listings are eventually consistent: a page may still show what the filter would no longer match.
    const instances = found.filter(({ State }) => State?.Name === running).map(toInstance);
    return [...new Map(instances.map((instance) => [instance.id, instance])).values()];
  }

  async #allPages(
    region: Region,
    filters: Readonly<Record<string, readonly string[]>>,
  ): Promise<readonly Ec2Instance[]> {
    const client = this.#ec2(region);
    const Filters: Filter[] = Object.entries(filters).map(([Name, Values]) => ({
      Name,
      Values: [...Values],
    }));
    const found: Ec2Instance[] = [];
    for await (const page of paginateDescribeInstances({ client, pageSize }, { Filters })) {
      found.push(...(page.Reservations ?? []).flatMap(({ Instances = [] }) => Instances));
    }
    return found;
  }
}

function toInstance(instance: Ec2Instance): Instance {
  const { InstanceId = '', State, Placement, LaunchTime, NetworkInterfaces = [] } = instance;
  const { PrivateIpAddress: privateIp, PublicIpAddress: publicIp } = instance;
  const { PrivateDnsName: privateDns, PublicDnsName: publicDns } = instance;
  const ipv6 = instance.Ipv6Address ?? NetworkInterfaces[0]?.Ipv6Addresses?.[0]?.Ipv6Address;
  return {
    id: InstanceId,
    state: State?.Name ?? 'unknown',
    zone: Placement?.AvailabilityZone ?? '',
    type: instance.InstanceType ?? '',
    imageId: instance.ImageId ?? '',
    launchedAt: LaunchTime?.getTime() ?? 0,
    tags: Object.fromEntries((instance.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
    ...(isGiven(privateIp) ? { privateIp } : {}),
    ...(isGiven(publicIp) ? { publicIp } : {}),
    ...(isGiven(ipv6) ? { ipv6 } : {}),
    ...(isGiven(privateDns) ? { privateDns } : {}),
    ...(isGiven(publicDns) ? { publicDns } : {}),
  };
}

/** EC2 says "none" by an empty string as well as by silence. */
const isGiven = (value: string | undefined): value is string => value !== undefined && value !== '';
