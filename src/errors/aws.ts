import { defined } from '../model/defined.js';
import { describeHost, type Host } from '../model/host.js';
import { AdfError } from './adf-error.js';

const failed = (host: Host, reason: string, hint: string): AdfError =>
  new AdfError({
    code: 'aws.instance_connect',
    class: 'refused',
    message: `EC2 Instance Connect cannot let a key in to ${describeHost(host)}: ${reason}.`,
    host: describeHost(host),
    hint,
  });

/** What EC2 Instance Connect says of one instance. Undefined for what it says of the caller: credentials, permissions, rates. */
export function explainedPush(thrown: unknown, host: Host, user: string): AdfError | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const said = thrown.message.replace(/\s+/g, ' ').trim().replace(/\.$/, '');
  switch (thrown.name) {
    case 'EC2InstanceNotFoundException':
      return failed(host, `there is no such instance (${said})`, 'Was it terminated meanwhile?');
    case 'EC2InstanceStateInvalidException':
      return failed(host, `the instance is not running (${said})`, 'Start it, or leave it out with --limit.');
    case 'EC2InstanceUnavailableException':
      return failed(
        host,
        `the instance is not available at the moment (${said})`,
        'Look at its status checks.',
      );
    case 'EC2InstanceTypeInvalidException':
      return failed(
        host,
        `instances of its type are not supported (${said})`,
        'Leave out ssh: { instance_connect }, and name an identity_file.',
      );
    case 'InvalidArgsException':
      return failed(
        host,
        `its arguments are refused (${said})`,
        `Check that "${user}" is a user of the instance: ssh: { user }.`,
      );
    default:
      return undefined;
  }
}

/** A host of another kind of inventory, which EC2 knows nothing of. */
export const notAnInstance = (host: Host): AdfError =>
  failed(host, 'it is not an EC2 instance', 'Leave out ssh: { instance_connect } for it.');

/** An answer without `Success`. */
export const pushUnconfirmed = (host: Host): AdfError =>
  failed(host, 'AWS does not say that it did', 'Is something else than AWS at the endpoint?');

/** One call of the AWS API, as errors speak of it. */
export interface AwsCall {
  /** The IAM action that it needs: `elasticloadbalancing:RegisterTargets`. */
  readonly action: string;
  readonly region: string;
  /** Given instead of AWS's own address. */
  readonly endpoint?: string;
  readonly profile?: string;
  readonly role?: string;
}

/**
 * The catalogue error for whatever the AWS SDK threw. The original is not kept as its cause: it holds the request, and
 * that holds credentials. All are refusals: the call that failed changed nothing, or may safely be made again.
 */
export function awsError(thrown: unknown, call: AwsCall): AdfError {
  if (thrown instanceof AdfError) return thrown;
  const failure = read(thrown);
  return (
    credentialsError(failure, call) ??
    permissionError(failure, call) ??
    trafficError(failure, call) ??
    outageError(failure, call) ??
    new AdfError({
      code: 'aws.failed',
      class: 'refused',
      message: `AWS refused ${where(call)}: ${said(failure)}.`,
      hint:
        `The code is explained in the API reference of ${call.action.split(':')[0] ?? 'AWS'}.` +
        (failure.requestId === undefined ? '' : ` AWS knows this request as ${failure.requestId}.`),
    })
  );
}

/**
 * True for errors that may be gone by themselves: throttling, a lost reply, an outage, and credentials that expired, since whoever gave them
 * may renew them. All our calls can be made again.
 */
export const isTransient = (thrown: unknown): boolean =>
  thrown instanceof AdfError && transientCodes.has(thrown.code);

const transientCodes = new Set([
  'aws.expired_credentials',
  'aws.throttled',
  'aws.unavailable',
  'aws.unreachable',
]);

export const isExpired = (thrown: unknown): boolean =>
  thrown instanceof AdfError && thrown.code === 'aws.expired_credentials';

interface Failure {
  /** The error code of AWS or of the SDK, or Node's code of a network error. */
  readonly name: string;
  readonly message: string;
  readonly status?: number;
  readonly requestId?: string;
  /** The name that could not be resolved. */
  readonly hostname?: string;
}

function read(thrown: unknown): Failure {
  if (!(thrown instanceof Error)) return { name: 'Unknown', message: String(thrown) };
  const metadata = '$metadata' in thrown && isObject(thrown.$metadata) ? thrown.$metadata : {};
  const network = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
  // EC2 and ELBv2 put their error code into `name` or `Code`; the SDK's class name is in `name` otherwise.
  const code = 'Code' in thrown && typeof thrown.Code === 'string' ? thrown.Code : undefined;
  const { httpStatusCode: status, requestId } = metadata;
  const hostname = 'hostname' in thrown && typeof thrown.hostname === 'string' ? thrown.hostname : undefined;
  return {
    name: network ?? code ?? thrown.name,
    message: thrown.message,
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof requestId === 'string' ? { requestId } : {}),
    ...defined({ hostname }),
  };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const expired = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired']);
const absent = new Set(['CredentialsProviderError', 'TokenProviderError']);
const invalid = new Set([
  'AuthFailure',
  'IncompleteSignature',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'MissingAuthenticationToken',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);

function credentialsError(failure: Failure, call: AwsCall): AdfError | undefined {
  if (expired.has(failure.name) || (absent.has(failure.name) && /expired/i.test(failure.message))) {
    return expiredCredentials(call, 'have expired');
  }
  if (absent.has(failure.name)) {
    return new AdfError({
      code: 'aws.no_credentials',
      class: 'refused',
      message: `There are no AWS credentials${call.profile === undefined ? '' : ` in the profile "${call.profile}"`}: ${plain(failure.message)}.`,
      hint: 'Set AWS_PROFILE, log in, or give the machine an instance profile; `aws sts get-caller-identity` must work.',
    });
  }
  if (!invalid.has(failure.name)) return undefined;
  return new AdfError({
    code: 'aws.invalid_credentials',
    class: 'refused',
    message: `AWS does not accept the credentials for ${where(call)}: ${said(failure)}.`,
    hint: `Check the access key, this machine's clock, and that the account has ${call.region} enabled.`,
  });
}

const expiredCredentials = (call: AwsCall, what: string): AdfError =>
  new AdfError({
    code: 'aws.expired_credentials',
    class: 'refused',
    message: `The AWS credentials ${what}, seen at ${where(call)}.`,
    hint: `Log in again${call.profile === undefined ? '' : ` (aws sso login --profile ${call.profile})`}, then run the same command.`,
  });

/** For a caller whose credentials AWS accepted before: that there are none at this moment may pass, as with expired ones. */
export const goneIsExpired = (error: AdfError, call: AwsCall): AdfError =>
  error.code === 'aws.no_credentials' ? expiredCredentials(call, 'are gone') : error;

const denied = new Set([
  'AccessDenied',
  'AccessDeniedException',
  // EC2 Instance Connect's word for it.
  'AuthException',
  'UnauthorizedOperation',
  'UnauthorizedAccess',
]);
const disabled = new Set(['OptInRequired', 'RegionDisabledException', 'InvalidEndpoint']);

function permissionError(failure: Failure, call: AwsCall): AdfError | undefined {
  if (disabled.has(failure.name)) return wrongRegion(call, said(failure));
  if (!denied.has(failure.name)) return undefined;
  return new AdfError({
    code: 'aws.access_denied',
    class: 'refused',
    message: `The AWS credentials may not ${where(call)}: ${said(failure)}.`,
    hint:
      call.action === 'sts:AssumeRole'
        ? `Let ${call.role ?? 'the role'} trust this principal, and allow it sts:AssumeRole.`
        : `Allow ${call.action} in the IAM policy${call.role === undefined ? '' : ` of ${call.role}`}.`,
  });
}

function trafficError(failure: Failure, call: AwsCall): AdfError | undefined {
  if (failure.name === 'InvalidTarget' || failure.name === 'InvalidTargetException') {
    return new AdfError({
      code: 'aws.invalid_target',
      class: 'refused',
      message: `The load balancer does not take a target in ${call.region}: ${plain(failure.message)}.`,
      hint: "A target must be running and in the target group's VPC.",
    });
  }
  if (failure.name === 'PriorityInUse' || failure.name === 'PriorityInUseException') {
    return new AdfError({
      code: 'aws.priority_in_use',
      class: 'refused',
      message: `A rule of the listener has this number already: ${plain(failure.message)}.`,
      hint: 'Somebody else added it just now; try again.',
    });
  }
  if (failure.name === 'RuleNotFound' || failure.name === 'RuleNotFoundException') {
    return new AdfError({
      code: 'aws.rule_gone',
      class: 'refused',
      message: `A rule of a listener in ${call.region} does not exist any more: ${plain(failure.message)}.`,
      hint: 'Was it deleted meanwhile?',
    });
  }
  if (failure.name === 'TargetGroupNotFound' || failure.name === 'TargetGroupNotFoundException') {
    return new AdfError({
      code: 'aws.target_group_gone',
      class: 'refused',
      message: `A target group in ${call.region} does not exist any more: ${plain(failure.message)}.`,
      hint: 'Was it deleted meanwhile? Correct `target_groups`.',
    });
  }
  return undefined;
}

const throttled = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  // DynamoDB's, of a table with too little capacity.
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
]);
const network = new Set([
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  'TimeoutError',
  'RequestTimeout',
  'RequestTimeoutException',
]);
/** `ENOTFOUND` too: a name server that has lost its own way answers as it does for a name that does not exist. */
const unresolved = new Set(['EAI_AGAIN', 'ENOTFOUND']);

/** What a server says that breaks off a TLS handshake for a fault of its own. Source: RFC 8446, section 6.2, `internal_error`. */
const brokenHandshake = /alert internal error|alert number 80\b/i;
/** OpenSSL's codes of a certificate that is not trusted, and Node's of one for another name. */
const untrusted = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|^ERR_TLS_|^ERR_SSL_/;

function outageError(failure: Failure, call: AwsCall): AdfError | undefined {
  if (throttled.has(failure.name) || failure.status === 429) return awsThrottled(call);
  if (unresolved.has(failure.name)) return nameUnresolved(failure, call);
  const isTls = failure.name === 'EPROTO' || untrusted.test(failure.name);
  if (isTls && !brokenHandshake.test(failure.message)) return tlsRefused(failure, call);
  if (isTls || network.has(failure.name)) {
    return new AdfError({
      code: 'aws.unreachable',
      class: 'refused',
      message: `${call.endpoint ?? `AWS in ${call.region}`} does not answer ${call.action}: ${failure.name}.`,
      hint:
        call.endpoint === undefined
          ? 'Check the network and the proxy of this machine.'
          : 'Is the endpoint running? For the lab: adfpush lab start.',
    });
  }
  if (failure.status === undefined || failure.status < 500) return undefined;
  return new AdfError({
    code: 'aws.unavailable',
    class: 'refused',
    message: `AWS failed at ${where(call)} with status ${failure.status}: ${said(failure)}.`,
    hint: 'Try again in a moment; health.aws.amazon.com tells about outages.',
  });
}

/** AWS kept refusing for the rate of calls, after all the SDK's own retries. */
export const awsThrottled = (call: AwsCall): AdfError =>
  new AdfError({
    code: 'aws.throttled',
    class: 'refused',
    message: `AWS throttles ${where(call)}, also after several retries.`,
    hint: 'Something else in the account calls this API often; try again when it is quieter.',
  });

/**
 * The address of AWS has no entry in DNS at this moment. Each region has names of its own, so the name of a region that does not exist is
 * never found: the error says which name it is.
 */
function nameUnresolved({ name, hostname }: Failure, call: AwsCall): AdfError {
  const what = hostname === undefined ? (call.endpoint ?? `the name of AWS in ${call.region}`) : hostname;
  return new AdfError({
    code: 'aws.unreachable',
    class: 'refused',
    message: `The name ${what} cannot be resolved, so ${where(call)} is not answered: ${name}.`,
    hint:
      call.endpoint === undefined
        ? `Is "${call.region}" in the inventory's \`regions\` spelled correctly? Check this machine's DNS and network too.`
        : "Check the spelling of the endpoint, and this machine's DNS.",
  });
}

/** The other end speaks no TLS, or is not who it should be: asking again would not help. */
const tlsRefused = ({ name, message }: Failure, call: AwsCall): AdfError =>
  new AdfError({
    code: 'aws.tls',
    class: 'refused',
    message: `There is no trusted TLS connection to ${call.endpoint ?? `AWS in ${call.region}`} for ${call.action}: ${reasonOfTls(message)} (${name}).`,
    hint: 'Is there a proxy or a login page in between? The certificate of its authority goes into NODE_EXTRA_CA_CERTS.',
  });

/** OpenSSL puts the file and line of its own source around the reason. */
const reasonOfTls = (message: string): string =>
  /error:[0-9A-F]+:[^:]*:[^:]*:(?<reason>[^:]+):/i.exec(message)?.groups?.['reason'] ?? plain(message);

/** The file of `AWS_CA_BUNDLE`. */
export const unreadableCaBundle = (path: string, cause: unknown): AdfError =>
  new AdfError({
    code: 'aws.ca_bundle',
    class: 'invalid',
    message: `The certificates in ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
    hint: 'AWS_CA_BUNDLE names a PEM file with the certificates of the authorities that AWS is asked by. Correct it, or unset it.',
  });

/** An answer that lacks what the API's documentation promises. */
export const malformedAnswer = (action: string, region: string, lacks: string): AdfError =>
  new AdfError({
    code: 'aws.malformed_answer',
    class: 'refused',
    message: `The answer to ${action} in ${region} has ${lacks}.`,
    hint: 'Is something else than AWS at the endpoint?',
  });

const wrongRegion = (call: AwsCall, reason: string): AdfError =>
  new AdfError({
    code: 'aws.wrong_region',
    class: 'refused',
    message: `The region "${call.region}" cannot be used: ${reason}.`,
    hint: "Check the spelling of the inventory's `regions`, that the account has the region enabled, and this machine's DNS.",
  });

const where = ({ action, region }: AwsCall): string => `${action} in ${region}`;

const said = ({ name, message }: Failure): string =>
  plain(message) === '' || plain(message) === name ? name : `${plain(message)} (${name})`;

/** One line without the final dot, and without the encoded message that EC2 appends for `decode-authorization-message`. */
const plain = (message: string): string =>
  message
    .replace(/\s*Encoded authorization failure message:.*$/is, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/\.$/, '');
