import { invalidParameter } from './fault.js';
import type { Action } from './action.js';

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

/** Anybody may assume any role here, and is then a caller of the role's account. */
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

export const stsActions: Readonly<Record<string, Action>> = {
  GetCallerIdentity: getCallerIdentity,
  AssumeRole: assumeRole,
};
