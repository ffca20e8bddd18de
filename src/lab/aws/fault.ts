/** An error as AWS answers it: its code is what the SDK shows as the error's name. */
export class AwsFault extends Error {
  override readonly name = 'AwsFault';
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export const targetGroupNotFound = (names: readonly string[]): AwsFault =>
  new AwsFault('TargetGroupNotFound', `Target groups '[${names.join(', ')}]' not found`);

export const loadBalancerNotFound = (names: readonly string[]): AwsFault =>
  new AwsFault('LoadBalancerNotFound', `Load balancers '[${names.join(', ')}]' not found`);

export const instanceNotFound = (ids: readonly string[]): AwsFault =>
  new AwsFault('InvalidInstanceID.NotFound', `The instance IDs '${ids.join(', ')}' do not exist`);

export const tooManyTags = (): AwsFault =>
  new AwsFault('TooManyTags', 'The maximum number of tags per resource has been exceeded');

export const listenerNotFound = (arns: readonly string[]): AwsFault =>
  new AwsFault('ListenerNotFound', `Listeners '[${arns.join(', ')}]' not found`);

export const ruleNotFound = (arns: readonly string[]): AwsFault =>
  new AwsFault('RuleNotFound', `Rules '[${arns.join(', ')}]' not found`);

export const priorityInUse = (priority: number): AwsFault =>
  new AwsFault('PriorityInUse', `Priority '${priority}' is currently in use`);

export const operationNotPermitted = (message: string): AwsFault =>
  new AwsFault('OperationNotPermitted', message);

export const invalidTarget = (message: string): AwsFault => new AwsFault('InvalidTarget', message);

export const invalidParameter = (message: string): AwsFault => new AwsFault('InvalidParameterValue', message);

export const validationError = (message: string): AwsFault => new AwsFault('ValidationError', message);

export const unsupportedOperation = (message: string): AwsFault =>
  new AwsFault('UnsupportedOperation', message);

export const missingParameter = (name: string): AwsFault =>
  new AwsFault('MissingParameter', `The request must contain the parameter ${name}`);

/** EC2 has its own word for it. */
/** Those that speak one of the JSON protocols. */
const jsonServices = new Set(['ec2-instance-connect', 'ssm', 'secretsmanager', 'kms']);

export const expired = (service: string): AwsFault =>
  service === 'ec2'
    ? new AwsFault('RequestExpired', 'Request has expired.', 400)
    : jsonServices.has(service)
      ? new AwsFault('ExpiredTokenException', 'The security token included in the request is expired', 400)
      : new AwsFault('ExpiredToken', 'The security token included in the request is expired', 403);

/** Each service has its own word for "too fast". */
export function throttled(service: string): AwsFault {
  if (jsonServices.has(service)) {
    return new AwsFault('ThrottlingException', 'The requests were made too frequently.', 400);
  }
  return service === 'ec2'
    ? new AwsFault('RequestLimitExceeded', 'Request limit exceeded.', 503)
    : new AwsFault('Throttling', 'Rate exceeded', 400);
}
