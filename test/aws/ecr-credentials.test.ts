import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EcrCredentials } from '../../src/aws/ecr-credentials.js';
import { root } from '../stages/adfpush.js';
import { stubAws, type AwsReply } from './stub-aws.js';

const registry = (name: string) => `123456789012.dkr.ecr.${name}.amazonaws.com`;
const token = (password: string): AwsReply => ({
  type: 'application/x-amz-json-1.1',
  body: JSON.stringify({
    authorizationData: [{ authorizationToken: Buffer.from(`AWS:${password}`).toString('base64') }],
  }),
});

test('one token per region serves all repositories of a run', async () => {
  await using aws = await stubAws(({ region }) => token(`for-${region}`));
  const source = new EcrCredentials({ endpoint: aws.endpoint });

  const [first, second, other] = await Promise.all(
    [registry('eu-west-1'), registry('eu-west-1'), registry('us-east-1')].map((one) =>
      source.credentials(one),
    ),
  );

  expect(first).toMatchObject({ server: registry('eu-west-1'), username: 'AWS' });
  expect([first, second, other].map((one) => one?.password.reveal())).toEqual([
    'for-eu-west-1',
    'for-eu-west-1',
    'for-us-east-1',
  ]);
  expect(JSON.stringify(first)).not.toContain('for-eu-west-1');
  expect(aws.requests.map(({ action, region }) => [action, region])).toEqual([
    ['GetAuthorizationToken', 'eu-west-1'],
    ['GetAuthorizationToken', 'us-east-1'],
  ]);
});

test('the registries of every partition that the SDK knows are registries of ECR', async () => {
  const core = join(root, 'node_modules', '@aws-sdk', 'core', 'dist-es', 'submodules', 'client');
  const text = readFileSync(join(core, 'util-endpoints', 'lib', 'aws', 'partitions.js'), 'utf8');
  const suffixes = [...text.matchAll(/"?dnsSuffix"?: "([^"]+)"/g)].map(([, suffix = '']) => suffix);
  expect(new Set(suffixes).size).toBeGreaterThan(5);
  await using aws = await stubAws(() => token('p'));
  const source = new EcrCredentials({ endpoint: aws.endpoint });

  for (const suffix of suffixes) {
    const host = `123456789012.dkr.ecr.eu-west-1.${suffix}`;
    expect(await source.credentials(host), host).toMatchObject({ username: 'AWS' });
  }
});

test.each([
  '123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com',
  '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn',
  '123456789012.dkr-ecr.eu-west-1.on.aws',
])('%s is an ECR registry', async (host) => {
  await using aws = await stubAws(() => token('p'));

  expect(await new EcrCredentials({ endpoint: aws.endpoint }).credentials(host)).toMatchObject({
    username: 'AWS',
  });
});

test.each([
  'docker.io',
  'ghcr.io',
  'public.ecr.aws',
  '123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.org',
])('%s is none, and AWS is not asked', async (host) => {
  await using aws = await stubAws(() => token('p'));

  expect(await new EcrCredentials({ endpoint: aws.endpoint }).credentials(host)).toBeUndefined();
  expect(aws.requests).toEqual([]);
});

test('a failure is told with its action, and not kept', async () => {
  let failing = true;
  await using aws = await stubAws(() =>
    failing
      ? {
          status: 400,
          type: 'application/x-amz-json-1.1',
          body: '{"__type":"AccessDeniedException","message":"no"}',
        }
      : token('p'),
  );
  const source = new EcrCredentials({ endpoint: aws.endpoint });

  await expect(source.credentials(registry('eu-west-1'))).rejects.toMatchObject({
    code: 'aws.access_denied',
    hint: 'Allow ecr:GetAuthorizationToken in the IAM policy.',
  });
  failing = false;

  expect(await source.credentials(registry('eu-west-1'))).toMatchObject({ username: 'AWS' });
});
