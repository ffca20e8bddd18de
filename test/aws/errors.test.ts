import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectCloud } from '../../src/aws/access.js';
import type { CloudAccess } from '../../src/aws/cloud-access.js';
import { errorsOf, type AdfError } from '../../src/errors/adf-error.js';
import { awsError, isTransient } from '../../src/errors/aws.js';
import { blipSourceOf } from '../../src/errors/blip.js';
import { region, targetGroupArn } from '../../src/model/ids.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { ec2Error, ec2Reply, queryError, queryReply, stubAws } from './stub-aws.js';

const ireland = region('eu-west-1');
const api = targetGroupArn('arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/api-http/1');
const role = 'arn:aws:iam::123456789012:role/deployer';

let folder: string;
beforeEach(async () => {
  folder = temporaryFolder('aws');
  for (const [name, file] of [
    ['AWS_CONFIG_FILE', 'config'],
    ['AWS_SHARED_CREDENTIALS_FILE', 'credentials'],
  ] as const) {
    await writeFile(path.join(folder, file), '');
    vi.stubEnv(name, path.join(folder, file));
  }
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE']) {
    vi.stubEnv(name, undefined);
  }
});
afterEach(() => vi.unstubAllEnvs());

const asKeyHolder = () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'wJalrXUtnFEMI');
  vi.stubEnv('AWS_SESSION_TOKEN', 'FwoGZXIvYXdzEXAMPLE');
};
const failureOf = async (work: Promise<unknown>): Promise<AdfError> => {
  try {
    await work;
  } catch (error) {
    return errorsOf(error)[0];
  }
  throw new Error('it succeeded');
};
const describe = (access: CloudAccess) => connectCloud(access).fleet.instances(ireland, {});

test.each([
  [400, 'RequestExpired', 'aws.expired_credentials', /have expired/],
  [
    401,
    'AuthFailure',
    'aws.invalid_credentials',
    /does not accept the credentials for ec2:DescribeInstances/,
  ],
  [403, 'UnauthorizedOperation', 'aws.access_denied', /may not ec2:DescribeInstances in eu-west-1/],
  [403, 'OptInRequired', 'aws.wrong_region', /"eu-west-1" cannot be used/],
  [400, 'InvalidParameterValue', 'aws.failed', /InvalidParameterValue/],
])('EC2 status %i, %s, is %s, and no secret is in it', async (status, code, expected, message) => {
  asKeyHolder();
  const text = 'You are not authorized. Encoded authorization failure message: Zm9vYmFy';
  await using aws = await stubAws(() => ec2Error(status, code, text));

  const error = await failureOf(describe({ endpoint: aws.endpoint }));

  expect(error).toMatchObject({
    code: expected,
    class: 'refused',
    message: expect.stringMatching(message) as string,
  });
  expect(error.hint).toBeTruthy();
  // Whoever gave them may renew them.
  expect(isTransient(error)).toBe(expected === 'aws.expired_credentials');
  const everything = JSON.stringify(error, [...Object.getOwnPropertyNames(error), 'cause', 'stack']);
  for (const secret of ['wJalrXUtnFEMI', 'FwoGZXIvYXdzEXAMPLE', 'Zm9vYmFy'])
    expect(everything).not.toContain(secret);
});

test.each([
  ['ExpiredToken', 'aws.expired_credentials'],
  ['InvalidClientTokenId', 'aws.invalid_credentials'],
  ['AccessDenied', 'aws.access_denied'],
  ['InvalidTarget', 'aws.invalid_target'],
  ['TargetGroupNotFound', 'aws.target_group_gone'],
])('ELBv2 %s is %s', async (code, expected) => {
  await using aws = await stubAws(() => queryError(code === 'InvalidTarget' ? 400 : 403, code, 'No.'));

  const { traffic } = connectCloud({ endpoint: aws.endpoint });
  const error = await failureOf(traffic.register(api, [{ targetGroup: api, id: 'i-1', port: 80 }]));

  expect(error.code).toBe(expected);
});

test('a throttled call is made again, more slowly, and succeeds', async () => {
  let throttled = 1;
  await using aws = await stubAws(({ action }) =>
    throttled-- > 0 ? queryError(400, 'Throttling', 'Rate exceeded') : queryReply(action, ''),
  );

  await connectCloud({ endpoint: aws.endpoint }).traffic.deregister(api, [
    { targetGroup: api, id: 'i-1', port: 80 },
  ]);

  expect(aws.count('DeregisterTargets')).toBe(2);
});

test('a lost reply is asked for again', async () => {
  let lost = 1;
  await using aws = await stubAws(({ action }) =>
    lost-- > 0 ? undefined : ec2Reply(action, '<reservationSet/>'),
  );

  expect(await describe({ endpoint: aws.endpoint })).toEqual([]);
});

test('throttled for good, the error says so and may pass', async () => {
  await using aws = await stubAws(() => ec2Error(503, 'RequestLimitExceeded', 'Request limit exceeded.'));

  const error = await failureOf(describe({ endpoint: aws.endpoint }));

  expect(error).toMatchObject({
    code: 'aws.throttled',
    message: expect.stringContaining('ec2:Describe') as string,
  });
  expect(isTransient(error)).toBe(true);
  expect(aws.requests.length).toBeGreaterThanOrEqual(3);
});

test('an endpoint that is down is unreachable, by name', async () => {
  const aws = await stubAws(() => undefined);
  await aws[Symbol.asyncDispose]();

  const error = await failureOf(describe({ endpoint: aws.endpoint }));

  expect(error).toMatchObject({
    code: 'aws.unreachable',
    message: `${aws.endpoint} does not answer ec2:DescribeInstances: ECONNREFUSED.`,
  });
  expect(isTransient(error)).toBe(true);
});

/** As Node throws them, with what it puts into the message. */
const thrown = (code: string, message: string, more: object = {}): Error =>
  Object.assign(new Error(message), { code, ...more });
const inIreland = { action: 'ec2:DescribeInstances', region: 'eu-west-1' };

test.each([
  ['EAI_AGAIN', 'getaddrinfo EAI_AGAIN ec2.eu-west-1.amazonaws.com'],
  ['ENOTFOUND', 'getaddrinfo ENOTFOUND ec2.eu-west-1.amazonaws.com'],
  ['ECONNREFUSED', 'connect ECONNREFUSED 52.95.1.1:443'],
  ['ECONNRESET', 'Client network socket disconnected before secure TLS connection was established'],
  ['ECONNABORTED', 'read ECONNABORTED'],
  ['EHOSTUNREACH', 'connect EHOSTUNREACH 52.95.1.1:443'],
  ['EHOSTDOWN', 'connect EHOSTDOWN 52.95.1.1:443'],
  ['ENETUNREACH', 'connect ENETUNREACH 52.95.1.1:443'],
  ['ENETDOWN', 'connect ENETDOWN 52.95.1.1:443'],
  ['ETIMEDOUT', 'connect ETIMEDOUT 52.95.1.1:443'],
  [
    'EPROTO',
    'write EPROTO 40:error:0A000438:SSL routines:ssl3_read_bytes:tlsv1 alert internal error:x.c:918:SSL alert number 80',
  ],
])('%s is a blip of the cloud: %s', (code, message) => {
  const error = awsError(thrown(code, message), inIreland);

  expect(error).toMatchObject({ code: 'aws.unreachable', class: 'refused' });
  expect(blipSourceOf(error)).toBe('cloud');
});

test.each(['ENOTFOUND', 'EAI_AGAIN'])(
  '%s says which name was not found, and which region it is of',
  (code) => {
    const hostname = 'ec2.eu-wset-1.amazonaws.com';

    const error = awsError(thrown(code, `getaddrinfo ${code} ${hostname}`, { hostname }), {
      ...inIreland,
      region: 'eu-wset-1',
    });

    expect(error.message).toBe(
      `The name ${hostname} cannot be resolved, so ec2:DescribeInstances in eu-wset-1 is not answered: ${code}.`,
    );
    expect(error.hint).toContain('"eu-wset-1"');
  },
);

test.each([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate', 'self-signed certificate'],
  ['CERT_HAS_EXPIRED', 'certificate has expired', 'certificate has expired'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate', 'unable to verify'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', "Host: ec2… is not in the cert's altnames", 'altnames'],
  [
    'EPROTO',
    'write EPROTO 40:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:x.c:77:\n',
    ': wrong version number (EPROTO)',
  ],
])('%s is no blip: the other end is not AWS', (code, message, reason) => {
  const error = awsError(thrown(code, message), inIreland);

  expect(error).toMatchObject({ code: 'aws.tls', class: 'refused' });
  expect(error.message).toContain(reason);
  expect(blipSourceOf(error)).toBeUndefined();
});

test('a proxy that answers 502 without a word of AWS is a blip', async () => {
  await using aws = await stubAws(() => ({ status: 502, body: '<html>Bad Gateway</html>' }));

  const error = await failureOf(describe({ endpoint: aws.endpoint }));

  expect(error.code).toBe('aws.unavailable');
  expect(blipSourceOf(error)).toBe('cloud');
});

test('a profile that does not exist is an error: no other credentials are used', async () => {
  asKeyHolder();
  await using aws = await stubAws(({ action }) => ec2Reply(action, '<reservationSet/>'));

  const error = await failureOf(describe({ endpoint: aws.endpoint, profile: 'prdo' }));

  expect(error).toMatchObject({
    code: 'aws.no_credentials',
    message: expect.stringContaining('"prdo"') as string,
  });
  expect(aws.requests).toEqual([]);
});

test('the keys of a profile sign the calls, whatever the environment holds', async () => {
  asKeyHolder();
  await writeFile(
    path.join(folder, 'credentials'),
    '[prod]\naws_access_key_id = AKIAPROD\naws_secret_access_key = s\n',
  );
  await using aws = await stubAws(({ action }) => ec2Reply(action, '<reservationSet/>'));

  await describe({ endpoint: aws.endpoint, profile: 'prod' });

  expect(aws.requests.map(({ accessKey }) => accessKey)).toEqual(['AKIAPROD']);
});

const assumed = (expires: string) =>
  queryReply(
    'AssumeRole',
    `<Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${expires}</Expiration></Credentials>`,
  );

test('a role is assumed once for all services and regions, under the name adfpush', async () => {
  asKeyHolder();
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
  await using aws = await stubAws(({ action }) => {
    if (action === 'AssumeRole') return assumed(inAnHour);
    return action === 'DescribeInstances' ? ec2Reply(action, '<reservationSet/>') : queryReply(action, '');
  });
  const { fleet, traffic } = connectCloud({ endpoint: aws.endpoint, role, region: 'eu-west-1' });

  await Promise.all([
    fleet.instances(ireland, {}),
    fleet.instances(region('eu-central-1'), {}),
    traffic.register(api, [{ targetGroup: api, id: 'i-1', port: 80 }]),
  ]);

  const [first, ...others] = aws.requests;
  expect(first).toMatchObject({ action: 'AssumeRole', accessKey: 'AKIAEXAMPLE' });
  expect(first?.parameters.get('RoleArn')).toBe(role);
  expect(first?.parameters.get('RoleSessionName')).toBe('adfpush');
  expect(new Set(others.map(({ accessKey }) => accessKey))).toEqual(new Set(['ASIAROLE']));
});

test('credentials that are about to expire are renewed', async () => {
  const soon = new Date(Date.now() + 60_000).toISOString();
  await using aws = await stubAws(({ action }) =>
    action === 'AssumeRole' ? assumed(soon) : ec2Reply(action, '<reservationSet/>'),
  );
  const { fleet } = connectCloud({ endpoint: aws.endpoint, role });

  await fleet.instances(ireland, {});
  await fleet.instances(region('eu-central-1'), {});

  expect(aws.count('AssumeRole')).toBeGreaterThanOrEqual(2);
});

test('credentials that cannot be renewed at this moment are used on while they are valid', async () => {
  const soon = new Date(Date.now() + 60_000).toISOString();
  let assumptions = 0;
  await using aws = await stubAws(({ action }) => {
    if (action !== 'AssumeRole') return ec2Reply(action, '<reservationSet/>');
    return (assumptions += 1) > 1 ? queryError(403, 'AccessDenied', 'No') : assumed(soon);
  });
  const { fleet } = connectCloud({ endpoint: aws.endpoint, role });

  await fleet.instances(ireland, {});

  expect(await fleet.instances(region('eu-central-1'), {})).toEqual([]);
  expect(assumptions).toBeGreaterThan(1);
});

test('a credentials file that is written again in the middle of a run is a blip', async () => {
  const file = path.join(folder, 'credentials');
  const keys = '[prod]\naws_access_key_id = AKIAPROD\naws_secret_access_key = s\n';
  await writeFile(file, keys);
  let isExpired = false;
  await using aws = await stubAws(({ action }) =>
    isExpired ? ec2Error(400, 'RequestExpired', 'expired') : ec2Reply(action, '<reservationSet/>'),
  );
  const { fleet } = connectCloud({ endpoint: aws.endpoint, profile: 'prod' });
  await fleet.instances(ireland, {});
  await writeFile(file, '');
  isExpired = true;

  const expired = await failureOf(fleet.instances(ireland, {}));
  isExpired = false;
  const gone = await failureOf(fleet.instances(ireland, {}));
  await writeFile(file, keys);

  expect(expired.code).toBe('aws.expired_credentials');
  expect(gone.message).toMatch(/^The AWS credentials are gone/);
  expect(blipSourceOf(gone)).toBe('cloud');
  expect(await fleet.instances(ireland, {})).toEqual([]);
});

test('a role that may not be assumed is denied under the name of that action', async () => {
  asKeyHolder();
  await using aws = await stubAws(() =>
    queryError(403, 'AccessDenied', 'User is not authorized to assume it'),
  );

  const error = await failureOf(describe({ endpoint: aws.endpoint, role }));

  expect(error).toMatchObject({
    code: 'aws.access_denied',
    message: expect.stringContaining('sts:AssumeRole') as string,
    hint: expect.stringContaining(role) as string,
  });
});

test('on this machine no credentials are needed', async () => {
  await using aws = await stubAws(({ action }) => ec2Reply(action, '<reservationSet/>'));

  await describe({ endpoint: aws.endpoint });

  expect(aws.requests.map(({ accessKey }) => accessKey)).toEqual(['adfpush-lab']);
});
