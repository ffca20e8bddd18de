import type { AwsEnvironment, EnvironmentFile } from '../../config/environment-file.js';
import { accountId } from '../../model/ids.js';
import type { Fleet, Instance } from '../../ports/fleet.js';

/** The groups of one host that may be: `api`, or `api` and `canary` for a pattern `api:&canary`. */
export type GroupsOfHost = readonly string[];

/**
 * Stands in for the cloud, which lint does not ask: one instance for each of these combinations of groups, which matches the filters of the
 * environment. Its attributes are made up, so lint takes them for unknown.
 */
export const offlineFleet = (environment: EnvironmentFile, combinations: readonly GroupsOfHost[]): Fleet => ({
  identity: async () =>
    Promise.resolve({
      account: environment.access?.account ?? accountId('000000000000'),
      arn: 'arn:aws:iam::000000000000:user/offline',
    }),
  instances: async (region) =>
    Promise.resolve(
      environment.source === 'aws_ec2' && region === environment.access.regions[0]
        ? combinations.map((groups, index) => instanceOf(environment, groups, index))
        : [],
    ),
});

function instanceOf(environment: AwsEnvironment, groups: GroupsOfHost, index: number): Instance {
  const { filters, groupTag, address } = environment;
  const [first = ''] = groups;
  const wanted = (name: string): string | undefined => filters[name]?.[0];
  const tags = Object.entries(filters).flatMap(([name, values]): readonly [string, string][] => {
    const [, tag] = /^tag:(.+)$/.exec(name) ?? [];
    if (tag !== undefined) return [[tag, values[0] ?? '']];
    return name === 'tag-key' ? values.map((key) => [key, '']) : [];
  });
  const byte = String((index % 250) + 1);
  return {
    id: wanted('instance-id') ?? `i-${index.toString(16).padStart(17, '0')}`,
    state: 'running',
    privateIp: wanted('private-ip-address') ?? `192.0.2.${byte}`,
    publicIp: wanted('ip-address') ?? `198.51.100.${byte}`,
    ipv6: `2001:db8::${byte}`,
    privateDns: wanted('private-dns-name') ?? `${first}.internal`,
    publicDns: wanted('dns-name') ?? `${first}.example.com`,
    zone: wanted('availability-zone') ?? `${environment.access.regions[0] ?? ''}a`,
    type: wanted('instance-type') ?? 't3.micro',
    imageId: wanted('image-id') ?? 'ami-0',
    launchedAt: 0,
    tags: {
      Name: groups.join('-'),
      'aws:autoscaling:groupName': first,
      ...(address.kind === 'tag' ? { [address.key]: `192.0.2.${byte}` } : {}),
      ...Object.fromEntries(tags),
      [groupTag]: groups.join(','),
    },
  };
}
