import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Secret } from '../../src/model/secret.js';
import { LocalTransport } from '../../src/transport/local-connection.js';
import { describeUnless, notOnPath } from '../describe-unless.js';
import { systemClock } from '../stages/system-clock.js';
import { realHost } from './real-host.js';

const sum = (text: string, algorithm = 'sha256'): string => createHash(algorithm).update(text).digest('hex');

describeUnless(notOnPath('curl'), 'get_url', () => {
  const real = realHost(() => new LocalTransport(systemClock));
  let server: Server;
  let url: string;
  let content: string;
  const asked: string[] = [];
  beforeEach(async () => {
    content = 'one';
    asked.length = 0;
    server = createServer((request, response) => {
      asked.push(
        `${request.url ?? ''} ${request.headers['x-token']?.toString() ?? ''}${request.headers.authorization ?? ''}`.trim(),
      );
      if (request.url === '/SUMS') response.end(`${sum('other')}  other\n${sum(content)} *./app\n`);
      else if (request.url === '/moved') response.writeHead(302, { location: '/app' }).end();
      else if (request.url === '/cut') {
        response.writeHead(200, { 'content-length': '100' });
        response.write('half', () => response.destroy());
      } else if (request.url?.startsWith('/app') === true) response.end(content);
      else response.writeHead(404).end('no');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => new Promise((resolve) => server.close(resolve)));

  const text = (name: string): string => readFileSync(real.path(name), 'utf8');

  it('downloads once, to a file or into a folder', async () => {
    const args = { url: `${url}/app?v=1`, dest: real.folder, mode: '0600' };
    expect(await real.run('get_url', args)).toMatchObject({
      changed: true,
      values: {
        url: args.url,
        dest: real.path('app'),
        status_code: 200,
        checksum_src: sum('one'),
        mode: '0600',
      },
    });
    expect(text('app')).toBe('one');
    expect(await real.run('get_url', args)).toMatchObject({
      changed: false,
      values: { msg: 'file already exists' },
    });
    expect(asked).toEqual(['/app?v=1']);
    await real.run('get_url', { url: `${url}/moved`, dest: real.path('moved') });
    expect(text('moved')).toBe('one');
    expect(await real.run('get_url', { ...args, mode: '0644' })).toMatchObject({ changed: true });
    expect(statSync(real.path('app')).mode & 0o777).toBe(0o644);
  });

  it('with force replaces what differs, and keeps the old file', async () => {
    const args = { url: `${url}/app`, dest: real.path('app'), force: true, backup: true };
    await real.run('get_url', args);
    expect(await real.run('get_url', args)).toMatchObject({ changed: false });
    content = 'two';
    const checked = await real.host.check('get_url', args);
    expect([checked.changes, text('app')]).toEqual([true, 'one']);
    const { values } = await real.run('get_url', args);
    expect([text('app'), readFileSync(values['backup_file'] as string, 'utf8')]).toEqual(['two', 'one']);
  });

  it.each(['md5', 'sha1', 'sha256', 'sha512'])('takes a file with the right %s only', async (algorithm) => {
    const args = {
      url: `${url}/app`,
      dest: real.path('app'),
      checksum: `${algorithm}:${sum('one', algorithm)}`,
    };
    await real.run('get_url', args);
    expect(await real.run('get_url', args)).toMatchObject({ changed: false });
    writeFileSync(real.path('app'), 'spoilt');
    expect(await real.run('get_url', args)).toMatchObject({ changed: true });
    content = 'forged';
    rmSync(real.path('app'));
    await expect(real.run('get_url', args)).rejects.toMatchObject({
      ...{ code: 'get_url.checksum', message: expect.stringContaining(sum('forged', algorithm)) as string },
    });
    expect(readdirSync(real.folder)).toEqual([]);
  });

  it('finds the checksum in a list', async () => {
    const args = { url: `${url}/app`, dest: real.path('app'), checksum: `sha256:${url}/SUMS` };
    expect(await real.run('get_url', args)).toMatchObject({ changed: true });
    expect(await real.run('get_url', args)).toMatchObject({ changed: false });
    await expect(real.run('get_url', { ...args, url: `${url}/app2` })).rejects.toMatchObject({
      code: 'get_url.no_checksum',
    });
  });

  it.each([
    ['/none', '404'],
    ['/cut', ''],
  ])('leaves no part of %s behind', async (path, reason) => {
    writeFileSync(real.path('app'), 'old');
    const args = { url: `${url}${path}`, dest: real.path('app'), checksum: `sha256:${sum('x')}` };
    await expect(real.run('get_url', args)).rejects.toMatchObject({
      ...{ code: 'get_url.download', message: expect.stringContaining(reason) as string },
    });
    expect([text('app'), readdirSync(real.folder)]).toEqual(['old', ['app']]);
  });

  it('sends headers and passwords, which are in no argv', async () => {
    const commands: unknown[] = [];
    const { write } = { write: real.host.files.write.bind(real.host.files) };
    real.host.files.write = async (path, given, options) => {
      commands.push('open' in given ? [] : given.exposes);
      return write(path, given, options);
    };
    const headers = { 'X-Token': new Secret('tok"en \\') };
    await real.run('get_url', {
      url: `${url}/app`,
      dest: real.path('app'),
      headers,
      url_username: 'u',
      url_password: 'p:w',
    });
    expect(asked).toEqual([`/app tok"en \\Basic ${Buffer.from('u:p:w').toString('base64')}`]);
    expect(JSON.stringify(commands)).not.toMatch(/tok|p:w/);
  });

  it('says what is missing where there is no curl, and a secret to send', async () => {
    const { write } = { write: real.host.files.write.bind(real.host.files) };
    // As on a host without curl and wget.
    const hidden =
      'command() { case $2 in curl | wget) return 1 ;; esac; unset -f command; command "$@"; }\n';
    real.host.files.write = (path, given, options) =>
      write(path, 'open' in given ? given : { ...given, script: hidden + given.script }, options);
    const args = { url: `${url}/app`, dest: real.path('app') };
    await expect(real.run('get_url', args)).rejects.toMatchObject({
      ...{ code: 'get_url.download', message: expect.stringContaining('neither curl nor wget') as string },
    });
    await expect(real.run('get_url', { ...args, headers: { 'X-Token': 'x' } })).rejects.toMatchObject({
      ...{ code: 'get_url.download', message: expect.stringContaining('need curl') as string },
    });
  });
});
