/**
 * Names that must not be mistaken for one another. Each is a string at run time and a type of its own to
 * the compiler; the functions of the same spelling are the only way to make one.
 */
declare const brand: unique symbol;
type Branded<B extends string> = string & { readonly [brand]: B };

/** The key of a host: its EC2 instance id, or the name a static inventory gives it. Unique in an inventory. */
export type HostId = Branded<'HostId'>;
export type GroupName = Branded<'GroupName'>;
export type EnvironmentName = Branded<'EnvironmentName'>;
/** One run of adfpush: sorts by time, as `20261121T031500Z-7f3a09c4`. */
export type RunId = Branded<'RunId'>;
export type HoldId = Branded<'HoldId'>;
export type ContainerId = Branded<'ContainerId'>;
export type ContainerName = Branded<'ContainerName'>;
export type TargetGroupArn = Branded<'TargetGroupArn'>;
/** A twelve-digit AWS account number. */
export type AccountId = Branded<'AccountId'>;
export type Region = Branded<'Region'>;
/** `sha256:` and 64 hexadecimal digits. */
export type Digest = Branded<'Digest'>;

const named =
  <B extends string>() =>
  (text: string): Branded<B> =>
    // The one cast of the module: a brand exists for the compiler only.
    text as Branded<B>;

export const hostId = named<'HostId'>();
export const groupName = named<'GroupName'>();
export const environmentName = named<'EnvironmentName'>();
export const runId = named<'RunId'>();
export const holdId = named<'HoldId'>();
export const containerId = named<'ContainerId'>();
export const containerName = named<'ContainerName'>();
export const targetGroupArn = named<'TargetGroupArn'>();
export const accountId = named<'AccountId'>();
export const region = named<'Region'>();

/** The name of the hosts in no group. */
export const ungrouped = groupName('ungrouped');

const digestShape = /^sha256:[0-9a-f]{64}$/;
/** Of the hexadecimal form of a SHA-256 hash. */
export const digestOfHash = (hex: string): Digest => named<'Digest'>()(`sha256:${hex}`);
export const isDigest = (text: string): text is Digest => digestShape.test(text);

/** The first twelve hexadecimal digits, as Docker shows them. */
export const shortDigest = (digest: Digest): string => digest.slice('sha256:'.length, 'sha256:'.length + 12);

/** The name at the end of a target group's ARN: `…:targetgroup/api-http/73e2…` is `api-http`. */
export const targetGroupName = (arn: TargetGroupArn): string => arn.split('/')[1] ?? arn;
