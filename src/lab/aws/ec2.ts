import { instanceNotFound, invalidParameter, unsupportedOperation } from './fault.js';
import { matches, type Filter } from './filters.js';
import { stateCodes, type Instance } from './instance.js';
import { pageOf } from './pages.js';
import type { Action } from './action.js';
import type { Query } from './query.js';
import type { Xml } from './xml.js';

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
