import { instanceNotFound, invalidParameter, unsupportedOperation } from './fault.js';
import { stateCodes, type Instance } from './instance.js';
import { pageOf, type Action, type Query, type Xml } from './query.js';

interface Filter {
  readonly name: string;
  readonly values: readonly string[];
}

/** The values of an instance that a filter of that name looks at. */
function candidates(instance: Instance, name: string): readonly (string | undefined)[] {
  if (name.startsWith('tag:')) return [instance.tags.get(name.slice('tag:'.length))];
  switch (name) {
    case 'instance-id':
      return [instance.id];
    case 'instance-state-name':
      return [instance.state];
    case 'tag-key':
      return [...instance.tags.keys()];
    case 'private-ip-address':
      return [instance.privateIp];
    case 'ip-address':
      return [instance.publicIp];
    case 'private-dns-name':
      return [instance.privateDns];
    case 'availability-zone':
      return [instance.zone];
    case 'instance-type':
      return [instance.type];
    case 'image-id':
      return [instance.imageId];
    case 'vpc-id':
      return [instance.vpc];
    default:
      throw invalidParameter(`The filter '${name}' is invalid`);
  }
}

/** EC2's rule: filters AND across names, OR within values. Source: EC2 API reference, DescribeInstances. */
const matches = (instance: Instance, filters: readonly Filter[]): boolean =>
  filters.every(({ name, values }) => {
    const actual = candidates(instance, name);
    return values.some((pattern) =>
      actual.some((value) => value !== undefined && wildcard(pattern).test(value)),
    );
  });

/** `*` is any text, `?` one character; a backslash takes the meaning from what follows it. Case counts. */
function wildcard(pattern: string): RegExp {
  const source = pattern.replace(/\\([\s\S])|[\s\S]/g, (character, escaped?: string) => {
    if (escaped !== undefined) return literal(escaped);
    if (character === '*') return '[\\s\\S]*';
    if (character === '?') return '[\\s\\S]';
    return literal(character);
  });
  return new RegExp(`^${source}$`);
}

const literal = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');

/** Without `MaxResults` EC2 answers with up to this many. */
const defaultPageSize = 1_000;

const describeInstances: Action = (query, { cloud, account, region }) => {
  const ids = query.list('InstanceId');
  const wanted = query.number('MaxResults');
  if (wanted !== undefined && (wanted < 5 || wanted > 1_000)) {
    throw invalidParameter(`Value ( ${wanted} ) for parameter maxResults is invalid. Expecting 5 to 1000.`);
  }
  if (wanted !== undefined && ids.length > 0) {
    throw invalidParameter('The parameter instancesSet cannot be used with the parameter maxResults');
  }
  const instances = region === cloud.region ? cloud.instances.all() : [];
  const unknown = ids.filter((id) => !instances.some((instance) => instance.id === id));
  if (unknown.length > 0) throw instanceNotFound(unknown);
  const filters = filtersOf(query);
  const found = instances.filter(
    (instance) => (ids.length === 0 || ids.includes(instance.id)) && matches(instance, filters),
  );
  const size = Math.min(wanted ?? defaultPageSize, cloud.pageSize);
  const page = pageOf(found, query.text('NextToken'), size);
  return {
    reservationSet: page.entries.map((instance) => reservation(instance, account)),
    nextToken: page.next,
  };
};

const filtersOf = (query: Query): readonly Filter[] =>
  query
    .structures('Filter')
    .map((filter) => ({ name: filter.required('Name'), values: filter.list('Value') }));

const reservation = (instance: Instance, account: string): Xml => ({
  reservationId: instance.id.replace(/^i-/, 'r-'),
  ownerId: account,
  instancesSet: [describe(instance)],
});

/** An instance that is gone has no addresses any more, but still its tags for a while. */
const describe = (instance: Instance): Xml => ({
  instanceId: instance.id,
  imageId: instance.imageId,
  instanceState: { code: stateCodes[instance.state], name: instance.state },
  instanceType: instance.type,
  launchTime: instance.launchedAt.toISOString(),
  placement: { availabilityZone: instance.zone },
  ...(instance.state === 'terminated'
    ? {}
    : {
        privateIpAddress: instance.privateIp,
        privateDnsName: instance.privateDns,
        ipAddress: instance.publicIp,
        ipv6Address: instance.ipv6,
        vpcId: instance.vpc,
      }),
  tagSet: [...instance.tags].map(([key, value]) => ({ key, value })),
});

/** As much of a console as EC2 keeps, in bytes. */
const consoleSize = 64 * 1_024;

/** `Latest` is for instances of the Nitro system only. */
const getConsoleOutput: Action = (query, { cloud, region }) => {
  const id = query.required('InstanceId');
  const instance = region === cloud.region ? cloud.instances.find(id) : undefined;
  if (instance === undefined) throw instanceNotFound([id]);
  if (query.text('Latest') === 'true' && instance.type.startsWith('t2.')) {
    throw unsupportedOperation('This instance type does not support retrieving the latest console logs');
  }
  const output = Buffer.from(instance.console, 'utf8').subarray(-consoleSize);
  return {
    instanceId: id,
    timestamp: new Date().toISOString(),
    ...(output.length === 0 ? {} : { output: output.toString('base64') }),
  };
};

export const ec2Actions: Readonly<Record<string, Action>> = {
  DescribeInstances: describeInstances,
  GetConsoleOutput: getConsoleOutput,
};
