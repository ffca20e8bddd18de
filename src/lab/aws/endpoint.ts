import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { closed, listen, type Address } from '../listen.js';
import { autoScalingActions } from './auto-scaling.js';
import type { Cloud } from './cloud.js';
import { Disturbances } from './disturbances.js';
import { ec2Actions } from './ec2.js';
import { elbv2Actions } from './elbv2.js';
import { AwsFault, expired, invalidParameter, throttled } from './fault.js';
import { kmsActions, secretsManagerActions, ssmActions } from './secrets.js';
import { content, Query, type Action, type Xml } from './query.js';

/** How long assumed credentials live, unless asked for otherwise. Source: STS API reference, AssumeRole. */
const defaultDuration = 3_600;

const getCallerIdentity: Action = (_query, { cloud, account, accessKey }) => {
  const role = cloud.assumedRoles.get(accessKey);
  return {
    Arn: role?.arn ?? `arn:aws:iam::${account}:user/lab`,
    UserId: role?.id ?? 'AIDALABLABLABLABLABLA',
    Account: account,
  };
};

/** Every caller may assume any role here, and is then a caller of the role's account. */
const assumeRole: Action = (query, { cloud }) => {
  const roleArn = query.required('RoleArn');
  const session = query.required('RoleSessionName');
  const match = /^arn:aws:iam::(\d{12}):role\/(.+)$/.exec(roleArn);
  const [, account, role] = match ?? [];
  if (account === undefined || role === undefined) throw invalidParameter(`${roleArn} is invalid`);
  const accessKey = `ASIALAB${String(cloud.assumedRoles.size).padStart(13, '0')}`;
  const id = `AROALABLABLABLABLABLA:${session}`;
  const arn = `arn:aws:sts::${account}:assumed-role/${role}/${session}`;
  cloud.assumedRoles.set(accessKey, { account, arn, id });
  const seconds = query.number('DurationSeconds') ?? defaultDuration;
  return {
    Credentials: {
      AccessKeyId: accessKey,
      SecretAccessKey: 'lab',
      SessionToken: 'lab',
      Expiration: new Date(Date.now() + seconds * 1_000).toISOString(),
    },
    AssumedRoleUser: { Arn: arn, AssumedRoleId: id },
  };
};

const stsActions: Readonly<Record<string, Action>> = {
  GetCallerIdentity: getCallerIdentity,
  AssumeRole: assumeRole,
};

const keyLine = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+=*( .*)?$/;

/** Source of names and order of the checks: the API reference of SendSSHPublicKey. */
const sendSshPublicKey: Action = (query, { cloud, region }) => {
  const [id, user] = [query.required('InstanceId'), query.required('InstanceOSUser')];
  const key = query.required('SSHPublicKey').trim();
  const zone = query.text('AvailabilityZone');
  if (!/^[A-Za-z_][A-Za-z0-9@._-]{0,31}$/.test(user) || !keyLine.test(key)) {
    throw new AwsFault('InvalidArgsException', 'The request has an invalid argument.');
  }
  const instance = region === cloud.region ? cloud.instances.find(id) : undefined;
  if (instance === undefined || (zone !== undefined && zone !== instance.zone)) {
    throw new AwsFault('EC2InstanceNotFoundException', `Instance ${id} not found.`);
  }
  if (instance.state !== 'running') {
    throw new AwsFault('EC2InstanceStateInvalidException', `Instance ${id} is in state ${instance.state}.`);
  }
  cloud.pushedKeys.push(id, user, key);
  return { RequestId: `lab-${id}`, Success: true };
};

const instanceConnectActions: Readonly<Record<string, Action>> = {
  SendSSHPublicKey: sendSshPublicKey,
};

const services = [
  { name: 'ec2', namespace: 'http://ec2.amazonaws.com/doc/2016-11-15/', actions: ec2Actions },
  {
    name: 'elasticloadbalancing',
    namespace: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
    actions: elbv2Actions,
  },
  {
    name: 'autoscaling',
    namespace: 'http://autoscaling.amazonaws.com/doc/2011-01-01/',
    actions: autoScalingActions,
  },
  { name: 'ec2-instance-connect', namespace: 'json', actions: instanceConnectActions },
  { name: 'ssm', namespace: 'json', actions: ssmActions },
  { name: 'secretsmanager', namespace: 'json', actions: secretsManagerActions },
  { name: 'kms', namespace: 'json', actions: kmsActions },
  { name: 'sts', namespace: 'https://sts.amazonaws.com/doc/2011-06-15/', actions: stsActions },
] as const;
type Service = (typeof services)[number];

/** One HTTP endpoint that speaks as the real SDK does: EC2, ELBv2, Auto Scaling and STS with forms in and XML out; EC2 Instance Connect, SSM, Secrets Manager and KMS with JSON. */
export class AwsEndpoint {
  readonly disturbances = new Disturbances();
  readonly calls = new Map<string, number>();
  readonly #cloud: Cloud;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  });

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** The URL that the SDK is given as its endpoint. Throws `lab.port_taken`. */
  async listen(at: Address): Promise<string> {
    const { address, port } = await listen(this.#server, 'AWS endpoint', at);
    return `http://${address}:${port}`;
  }

  async stop(): Promise<void> {
    const done = closed(this.#server);
    this.#server.closeAllConnections();
    await done;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { action, query } = callOf(request, await text(request));
    this.calls.set(action, (this.calls.get(action) ?? 0) + 1);
    await this.disturbances.travel();
    const service = services.find(({ actions }) => action in actions);
    try {
      const body = this.#perform(service, action, query, request);
      if (this.disturbances.losesReply(action)) {
        request.socket.destroy();
        return;
      }
      send(response, 200, body, service?.namespace);
    } catch (error) {
      if (!(error instanceof AwsFault)) throw error;
      send(response, error.status, faultBody(service, error), service?.namespace);
    }
  }

  #perform(service: Service | undefined, action: string, query: Query, request: IncomingMessage): string {
    const run: Action | undefined = service?.actions[action];
    if (service === undefined || run === undefined) {
      throw new AwsFault('InvalidAction', `The action ${action} is not valid for this web service.`);
    }
    if (this.disturbances.throttles(action)) throw throttled(service.name);
    const { accessKey, region } = signatureOf(request);
    const isExpired = this.#cloud.expiredKeys.has(accessKey) || this.disturbances.calledExpired(action);
    if (isExpired) throw expired(service.name);
    const account = this.#cloud.assumedRoles.get(accessKey)?.account ?? this.#cloud.callerAccount;
    return envelope(service, action, run(query, { cloud: this.#cloud, account, region, accessKey }));
  }
}

/** The JSON protocols name the action in a header, the Query protocol in the form. */
function callOf(request: IncomingMessage, body: string): { action: string; query: Query } {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') {
    return { action: target.split('.').at(-1) ?? '', query: Query.ofJson(body) };
  }
  const query = Query.parse(body);
  return { action: query.text('Action') ?? '', query };
}

/** The region and key that a request was signed with. The signature itself is not checked. */
function signatureOf(request: IncomingMessage): { accessKey: string; region: string } {
  const scope = /Credential=([^/]+)\/\d{8}\/([^/]+)\//.exec(request.headers.authorization ?? '');
  const [, accessKey, region] = scope ?? [];
  if (accessKey === undefined || region === undefined) {
    throw new AwsFault('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
  }
  return { accessKey, region };
}

/** EC2 puts the result right under the response; the others wrap it, and name the entries of lists `member`. */
function envelope({ name, namespace }: Service, action: string, result: Xml): string {
  if (namespace === 'json') return JSON.stringify(result);
  const id = randomUUID();
  const inner =
    name === 'ec2'
      ? `<requestId>${id}</requestId>${content(result, 'item')}`
      : `<${action}Result>${content(result, 'member')}</${action}Result>` +
        `<ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${action}Response xmlns="${namespace}">${inner}</${action}Response>`;
}

function faultBody(service: Service | undefined, { code, message }: AwsFault): string {
  if (service?.namespace === 'json') return JSON.stringify({ __type: code, message });
  const id = randomUUID();
  const error = content({ Error: { Type: 'Sender', Code: code, Message: message } }, 'member');
  return service?.name === 'ec2'
    ? `<Response><Errors>${error}</Errors><RequestID>${id}</RequestID></Response>`
    : `<ErrorResponse>${error}<RequestId>${id}</RequestId></ErrorResponse>`;
}

function send(response: ServerResponse, status: number, body: string, namespace?: string): void {
  const type = namespace === 'json' ? 'application/x-amz-json-1.1' : 'text/xml;charset=UTF-8';
  response.writeHead(status, { 'content-type': type });
  response.end(body);
}
