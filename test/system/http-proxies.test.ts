import { Agent, request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { proxiesOf } from '../../src/system/http-proxies.js';
import { httpProxy } from '../stages/http-proxy.js';

describe('the proxies of an environment', () => {
  it.each([
    [{}, undefined],
    [{ HTTP_PROXY: ' ', https_proxy: '' }, undefined],
    [{ NO_PROXY: '*' }, undefined],
    [{ HTTPS_PROXY: 'proxy:3128' }, { HTTPS_PROXY: 'http://proxy:3128' }],
    [{ HTTP_PROXY: 'http://big', http_proxy: 'http://small' }, { HTTP_PROXY: 'http://small' }],
    [{ HTTP_PROXY: 'http://big', http_proxy: '' }, { HTTP_PROXY: 'http://big' }],
  ])('%j are %j', (variables, expected) => {
    const found = proxiesOf(variables);
    if (expected === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(expected);
  });

  // By Go's rules, which Docker goes by: what each says of a host is whether it is asked through the proxy.
  it.each([
    ['', 'aws.test', true],
    ['aws.test', 'aws.test', false],
    ['aws.test', 'ec2.aws.test', false],
    ['aws.test', 'other-aws.test', true],
    ['.aws.test', 'ec2.aws.test', false],
    ['*.aws.test', 'ec2.aws.test', false],
    ['one.test, aws.test', 'aws.test', false],
    ['one.test aws.test', 'aws.test', false],
    ['AWS.test', 'aws.test', false],
    ['aws.test:81', 'aws.test', true],
    ['*', 'aws.test', false],
    ['10.1.0.0/16', '10.1.2.3', false],
    ['10.1.0.0/16', '10.2.2.3', true],
    ['10.1.2.3', '10.1.2.3', false],
    ['10.1.2.3/33', '10.1.2.3', true],
    ['', '127.8.9.1', false],
    ['', 'localhost', false],
  ])('NO_PROXY="%s" and %s: by the proxy? %s', async (noProxy, host, isProxied) => {
    await using proxy = await httpProxy(0);
    const proxyEnv = proxiesOf({ HTTP_PROXY: proxy.url, NO_PROXY: noProxy });
    const agent = new Agent({ ...(proxyEnv === undefined ? {} : { proxyEnv }) });
    const lookup: NonNullable<Parameters<typeof request>[1]>['lookup'] = (_, _options, done) => {
      done(new Error('asked for itself'), '', 4);
    };
    await new Promise<void>((resolve) => {
      const asked = request(`http://${host}:9/`, { agent, lookup, timeout: 200 }, (response) => {
        response.resume().once('end', resolve);
      });
      asked.once('timeout', () => asked.destroy());
      asked.once('error', () => resolve());
      asked.end();
    });
    expect(proxy.seen.length > 0).toBe(isProxied);
  });
});
