import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { connectCloud } from '../../src/aws/access.js';
import { region } from '../../src/model/ids.js';
import { describeUnless, notOnPath } from '../describe-unless.js';
import { certificatesFor, type Certificates } from '../stages/certificates.js';
import { httpProxy, type HttpProxy } from '../stages/http-proxy.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

const home = region('eu-west-1');
const identity = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
  <Arn>arn:aws:iam::123456789012:user/ann</Arn><UserId>A</UserId><Account>123456789012</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>`;
const assumed = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
  <AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
  <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;

describeUnless(notOnPath('openssl'), 'AWS behind a proxy that its own authority vouches for', () => {
  let certificates: Certificates;
  let aws: Server;
  let proxy: HttpProxy;
  beforeAll(async () => {
    certificates = certificatesFor('aws.test');
    aws = createServer(certificates, (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.once('end', () => {
        response.setHeader('content-type', 'text/xml');
        response.end(body.includes('AssumeRole') ? assumed : identity);
      });
    });
    await new Promise<void>((resolve) => aws.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    aws.closeAllConnections();
    aws.close();
  });
  beforeEach(async () => {
    proxy = await httpProxy((aws.address() as AddressInfo).port);
    for (const name of ['AWS_CA_BUNDLE', 'NO_PROXY', 'no_proxy', 'HTTP_PROXY', 'http_proxy', 'https_proxy'])
      vi.stubEnv(name, undefined);
    vi.stubEnv('HTTPS_PROXY', proxy.url);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await proxy[Symbol.asyncDispose]();
  });

  const ask = (role?: string) =>
    connectCloud({
      endpoint: 'https://aws.test',
      region: home,
      ...(role === undefined ? {} : { role }),
    }).fleet.identity();

  it('is asked through it, the assuming of a role too', async () => {
    vi.stubEnv('AWS_CA_BUNDLE', certificates.authority);
    expect(await ask()).toMatchObject({ account: '123456789012' });
    expect(await ask('arn:aws:iam::123456789012:role/deployer')).toMatchObject({ account: '123456789012' });
    expect(new Set(proxy.seen)).toEqual(new Set(['CONNECT aws.test:443']));
    expect(proxy.seen.length).toBeGreaterThanOrEqual(2);
  });

  it('is not trusted without the bundle, nor with another one', async () => {
    await expect(ask()).rejects.toMatchObject({
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS') as unknown,
    });
    vi.stubEnv('AWS_CA_BUNDLE', certificatesFor('other.test').authority);
    await expect(ask()).rejects.toThrow();
  });

  it('is not asked through it where NO_PROXY says so', async () => {
    vi.stubEnv('AWS_CA_BUNDLE', certificates.authority);
    vi.stubEnv('NO_PROXY', 'aws.test');
    await expect(ask()).rejects.toThrow();
    expect(proxy.seen).toEqual([]);
  });

  it('is not asked at all with a bundle that cannot be read', () => {
    const file = join(temporaryFolder('bundle'), 'none.pem');
    vi.stubEnv('AWS_CA_BUNDLE', file);
    expect(() => ask()).toThrow(expect.objectContaining({ code: 'aws.ca_bundle' }) as Error);
    writeFileSync(file, 'no certificate');
    expect(() => ask()).toThrow(/none\.pem cannot be read: it has no certificate/);
  });
});
