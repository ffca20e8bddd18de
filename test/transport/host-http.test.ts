import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isUnreachable } from '../../src/errors/ssh.js';
import type { HostHttpRequest, HostHttpResponse } from '../../src/ports/host-http.js';
import { TransportHttp } from '../../src/transport/host-http.js';
import type { SshTransport } from '../../src/transport/ssh/ssh-transport.js';
import { describeWithSshd, freePort, Sshd } from './sshd.js';
import { systemClock } from './system-clock.js';
import { containing } from './matching.js';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly host: string;
  readonly token: string;
  readonly body: string;
}

const folders: string[] = [];
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'adfpush-http-'));
  folders.push(folder);
  return folder;
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

let seen: Seen[] = [];
let silent = false;
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url = '', headers } = request;
  seen.push({
    method,
    url,
    host: headers.host ?? '',
    token: String(headers['x-token'] ?? ''),
    body: await text(request),
  });
  if (silent) return;
  if (url === '/moved') response.writeHead(302, { location: '/health' }).end();
  else if (url === '/sick') response.writeHead(503, { 'x-reason': 'no database' }).end('sick');
  else if (url === '/large') response.end('x'.repeat(200_000));
  else response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'] }).end(`healthy ä`);
}
const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};
const server = createServer((request, response) => void answer(request, response));
let port: number;
let tlsServer: Server;
let tlsPort: number;
beforeAll(async () => {
  port = await listen(server);
  const folder = temporaryFolder();
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-subj',
      '/CN=api.example.com',
      '-days',
      '2',
    ],
    { stdio: 'ignore' },
  );
  tlsServer = createTlsServer(
    { key: readFileSync(key), cert: readFileSync(cert) },
    (request, response) => void answer(request, response),
  );
  tlsPort = await listen(tlsServer);
});
afterAll(() => {
  for (const one of [server, tlsServer]) {
    one.closeAllConnections();
    one.close();
  }
});
beforeEach(() => {
  seen = [];
  silent = false;
});

/** A PATH with the shell's usual company, and of the programs that can ask only these. */
function pathWith(...programs: string[]): string {
  const folder = temporaryFolder();
  for (const program of ['sh', 'cat', 'dd', ...programs]) {
    symlinkSync(
      execFileSync('/bin/sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim(),
      join(folder, program),
    );
  }
  return folder;
}

const ways: { via: HostHttpResponse['via']; config: string[]; path?: () => string }[] = [
  { via: 'forward', config: [] },
  { via: 'curl', config: ['AllowTcpForwarding no'] },
  { via: 'wget', config: ['AllowTcpForwarding no'], path: () => pathWith('wget', 'bash') },
  { via: 'shell', config: ['AllowTcpForwarding no'], path: () => pathWith('bash') },
];

describe.each(ways)('a request from the host by $via', ({ via, config, path }) => {
  describeWithSshd('over SSH', () => {
    let sshd: Sshd;
    let transport: SshTransport;
    let http: TransportHttp;
    beforeAll(async () => {
      sshd = await Sshd.start({ config, ...(path === undefined ? {} : { environment: { PATH: path() } }) });
      transport = sshd.transport();
      http = new TransportHttp(transport, systemClock);
    });
    afterAll(async () => {
      await transport.close();
      await sshd.stop();
    });
    const ask = (more: Partial<HostHttpRequest> = {}, signal?: AbortSignal): Promise<HostHttpResponse> =>
      http.request(
        sshd.host(),
        {
          method: 'GET',
          scheme: 'http',
          address: '127.0.0.1',
          port,
          path: '/health',
          headers: {},
          timeout: 5_000,
          ...more,
        },
        signal,
      );

    test('gets status, headers and body, and says how it went', async () => {
      expect(await ask()).toMatchObject({
        status: 200,
        headers: { 'set-cookie': 'a=1, b=2' },
        body: 'healthy ä',
        via,
      });
      expect(seen[0]).toMatchObject({ method: 'GET', url: '/health' });
    });

    test('takes every status as an answer, and follows nothing', async () => {
      expect(await ask({ path: '/sick' })).toMatchObject({
        status: 503,
        body: 'sick',
        headers: { 'x-reason': 'no database' },
      });
      expect(await ask({ path: '/moved' })).toMatchObject({ status: 302, headers: { location: '/health' } });
      expect(seen.map(({ url }) => url)).toEqual(['/sick', '/moved']);
    });

    test('asks for the name it was given, and sends headers and a body', async () => {
      await ask({ hostHeader: 'api.example.com' });
      const posted = await ask({
        method: 'POST',
        headers: { 'x-token': `it's "odd" \\ $HOME` },
        body: '@line one\n"two" \\ three',
      });

      expect(seen[0]).toMatchObject({ host: 'api.example.com' });
      expect(seen[1]).toMatchObject({
        method: 'POST',
        token: `it's "odd" \\ $HOME`,
        body: '@line one\n"two" \\ three',
      });
      expect(posted.status).toBe(200);
    });

    test('keeps at most 64 KiB of a body', async () => {
      expect((await ask({ path: '/large' })).body).toHaveLength(65_536);
    });

    test('speaks TLS, without asking whose certificate it is', async () => {
      expect(await ask({ scheme: 'https', port: tlsPort })).toMatchObject({ status: 200, body: 'healthy ä' });
      expect(await ask({ scheme: 'https', port: tlsPort, hostHeader: 'api.example.com' })).toMatchObject({
        status: 200,
      });
    });

    test('says so when nothing listens, and when nothing comes in time', async () => {
      const refused = await ask({ port: await freePort() }).catch((error: unknown) => error);
      silent = true;
      const late = await ask({ timeout: 1_000 }).catch((error: unknown) => error);

      expect(refused).toMatchObject({ code: 'http.no_answer' });
      expect(late).toMatchObject({ code: 'http.no_answer', message: containing('/health') });
      expect(isUnreachable(refused)).toBe(false);
    });

    test('stops when it is not wanted any more', async () => {
      silent = true;
      const abort = new AbortController();
      const asking = ask({ timeout: 30_000 }, abort.signal);
      setTimeout(() => abort.abort(new Error('enough')), 200);

      await expect(asking).rejects.toThrow('enough');
    });
  });
});

describeWithSshd('a request from a host that is lost', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await Sshd.start();
  });
  afterEach(() => sshd.stop());

  test('fails as unreachable, not as a probe without an answer', async () => {
    const transport = sshd.transport();
    const http = new TransportHttp(transport, systemClock);
    silent = true;
    const asking = http.request(sshd.host(), {
      method: 'GET',
      scheme: 'http',
      address: '127.0.0.1',
      port,
      path: '/',
      headers: {},
      timeout: 20_000,
    });
    const failed = asking.catch((error: unknown) => error);
    while (seen.length === 0) await systemClock.sleep(5);

    sshd.killSessions();

    expect(await failed).toSatisfy(isUnreachable);
    await transport.close();
  });
});
