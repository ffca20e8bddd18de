import type { AwsEnvironment, CloudAccess } from '../../config/environment-file.js';
import { isBuiltInGroup } from '../../model/schema/host-name.js';
import type { ProjectConfig } from '../../config/project-config.js';
import { emptyEnvironment, noAddress, unusableAddress, builtInGroup } from '../../errors/inventory.js';
import { defined } from '../../model/defined.js';
import { describeHost, type Host } from '../../model/host.js';
import { groupName, hostId, type GroupName, type Region } from '../../model/ids.js';
import type { Fleet, Instance } from '../../ports/fleet.js';
import { connectionOf, verifyAccount } from './connection.js';
import { escapeFilters, matchesFilters, ownTag, type Filters } from './filters.js';

type Policy = AwsEnvironment['address'];

/** The address that the policy chooses; undefined when the instance has none of that kind. */
function addressOf(instance: Instance, policy: Policy): string | undefined {
  switch (policy.kind) {
    case 'private_ip':
      return instance.privateIp;
    case 'public_ip':
      return instance.publicIp;
    case 'private_dns':
      return instance.privateDns;
    case 'public_dns':
      return instance.publicDns;
    case 'ipv6':
      return instance.ipv6;
    case 'tag':
      return ownTag(instance, policy.key)?.trim() || undefined;
  }
}

const describePolicy = (policy: Policy): string =>
  policy.kind === 'tag' ? `tag ${policy.key}` : policy.kind.replaceAll('_', ' ');

/** What SSH cannot mistake for an option or split in two. */
const isUsableAddress = (address: string): boolean => /^[^-\s]\S*$/.test(address);

const autoScalingTag = 'aws:autoscaling:groupName';

/**
 * The running instances that carry the group tag and match all filters. The account is verified before anything else
 * is asked. Throws `inventory.wrong_account`, `inventory.empty_environment`, `inventory.no_address`.
 */
export async function listEc2Hosts(
  environment: AwsEnvironment,
  config: ProjectConfig,
  connectFleet: (access: CloudAccess) => Fleet,
): Promise<readonly Host[]> {
  const fleet = connectFleet(environment.access);
  await verifyAccount(fleet, environment.access.account, environment.file);
  const regions = await Promise.all(
    environment.access.regions.map(async (region) => ({
      region,
      instances: await instancesOf(fleet, region, environment),
    })),
  );
  const found = regions.flatMap(({ region, instances }) =>
    instances.map((instance) => ({ region, instance })),
  );
  if (found.length === 0) {
    throw emptyEnvironment(environment.name, lookedForInEc2(environment), emptyHint(environment));
  }
  const hosts = found.map(({ region, instance }) => toHost(instance, region, environment, config));
  refuseBadAddresses(hosts, environment);
  for (const host of hosts) {
    const group = host.groups.find(isBuiltInGroup);
    if (group !== undefined) throw builtInGroup(describeHost(host), group, environment.groupTag);
  }
  return hosts;
}

/** `running EC2 instances in eu-west-1 of the account … with the tag DeployGroup and tag:Environment=prod`. */
export function lookedForInEc2({ access, groupTag, filters }: AwsEnvironment): string {
  const conditions = Object.entries(filters).map(([name, values]) => `${name}=${values.join('|')}`);
  const where = `in ${access.regions.join(', ')} of the account ${access.account}`;
  return `running EC2 instances ${where} with ${[`the tag ${groupTag}`, ...conditions].join(' and ')}`;
}

function emptyHint({ filters, groupTag }: AwsEnvironment): string {
  const literal = Object.values(filters)
    .flat()
    .find((value) => /[*?]/.test(value));
  return literal === undefined
    ? `Tag the instances with ${groupTag}, or correct regions and filters; terminated and stopped instances do not count.`
    : `"${literal}" is taken literally: * and ? are no wildcards here.`;
}

async function instancesOf(
  fleet: Fleet,
  region: Region,
  environment: AwsEnvironment,
): Promise<readonly Instance[]> {
  const wanted: Filters = { 'tag-key': [environment.groupTag], ...environment.filters };
  const listed = await fleet.instances(region, {
    ...escapeFilters(wanted),
    'instance-state-name': ['running'],
  });
  const matching = listed.filter(
    (instance) =>
      instance.state === 'running' &&
      groupsOf(instance, environment.groupTag).length > 0 &&
      matchesFilters(instance, environment.filters),
  );
  return [...new Map(matching.map((instance) => [instance.id, instance])).values()];
}

/** A tag `api,worker` names two groups. */
const groupsOf = (instance: Instance, groupTag: string): readonly GroupName[] => {
  const names = (ownTag(instance, groupTag) ?? '').split(',').map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))].sort().map(groupName);
};

function toHost(
  instance: Instance,
  region: Region,
  environment: AwsEnvironment,
  config: ProjectConfig,
): Host {
  const id = hostId(instance.id);
  const autoScalingGroup = ownTag(instance, autoScalingTag);
  const { ssh, docker } = connectionOf(id, [config, environment]);
  return {
    id,
    name: ownTag(instance, 'Name')?.trim() || instance.id,
    environment: environment.name,
    groups: groupsOf(instance, environment.groupTag),
    address: addressOf(instance, environment.address) ?? '',
    targetIds: [instance.id, instance.privateIp, instance.ipv6].filter((target) => target !== undefined),
    zone: instance.zone,
    region,
    account: environment.access.account,
    ...defined({ role: environment.access.role, autoScalingGroup }),
    launchedAt: instance.launchedAt,
    // EC2 gives the address of an instance that is gone to another one, and its id to none.
    ssh: { ...ssh, hostKeyName: id },
    docker,
    facts: factsOf(instance, region, environment.access.account),
  };
}

/**
 * The variables that EC2 gives to each host: `instance_id`, `private_ip`, `public_ip`, `ipv6`, `private_dns`, `public_dns`,
 * `zone`, `region`, `account`, `instance_type`, `image_id`, `launched_at`, `auto_scaling_group`, `tags`. What an
 * instance does not have is not defined.
 */
function factsOf(instance: Instance, region: Region, account: string): Readonly<Record<string, unknown>> {
  const facts = {
    instance_id: instance.id,
    private_ip: instance.privateIp,
    public_ip: instance.publicIp,
    ipv6: instance.ipv6,
    private_dns: instance.privateDns,
    public_dns: instance.publicDns,
    zone: instance.zone,
    region,
    account,
    instance_type: instance.type,
    image_id: instance.imageId,
    launched_at: new Date(instance.launchedAt).toISOString(),
    auto_scaling_group: ownTag(instance, autoScalingTag),
    tags: instance.tags,
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

function refuseBadAddresses(hosts: readonly Host[], { address }: AwsEnvironment): void {
  const without = hosts.filter((host) => host.address === '');
  if (without.length > 0) throw noAddress(describePolicy(address), without.map(describeHost));
  const unusable = hosts.find((host) => !isUsableAddress(host.address));
  if (unusable !== undefined) throw unusableAddress(describeHost(unusable), unusable.address);
}
