import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SecretFreeTransport } from '../../src/transport/secret-free-transport.js';
import { isUnreachable } from '../../src/errors/ssh.js';
import { Redaction } from '../../src/events/redaction.js';
import { Secret } from '../../src/model/secret.js';
import type { HostHttpRequest, HostHttpResponse } from '../../src/ports/host-http.js';
import { TransportHttp } from '../../src/transport/host-http.js';
import type { SshTransport } from '../../src/transport/ssh/ssh-transport.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { describeWithSshd, freePort, Sshd } from '../stages/sshd.js';
import { systemClock } from '../stages/system-clock.js';
import { containing } from '../stages/matching.js';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly host: string;
  readonly token: string;
  readonly body: string;
}

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
  const folder = temporaryFolder('http');
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

const whereIs = (program: string): string =>
  execFileSync('/bin/sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();

/** A PATH with the shell's usual company, and of the programs that can ask only these. */
function pathWith(...programs: string[]): string {
  const folder = temporaryFolder('http');
  for (const program of ['sh', 'cat', 'dd', ...programs]) {
    symlinkSync(whereIs(program), join(folder, program));
  }
  return folder;
}

/** Puts programs in front of these in a PATH, which keep the arguments that they are started with. Returns how to read those. */
function keepingArguments(path: string, ...programs: string[]): () => string {
  const kept = join(path, 'arguments');
  writeFileSync(kept, '');
  for (const program of programs) {
    const real = whereIs(program);
    rmSync(join(path, program), { force: true });
    const script = `#!/bin/sh\nprintf '%s\\n' ${program} "$@" >>${kept}\nexec ${real} "$@"\n`;
    writeFileSync(join(path, program), script, { mode: 0o755 });
  }
  return () => readFileSync(kept, 'utf8');
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

describeWithSshd('a request that holds a secret, where sshd refuses to forward', () => {
  const secretPath = `/health?token=s3cret-%22path%22&more='$HOME'`;
  const secretName = 's3cret-name.example.com';

  /** Asks on a host that has only this program to ask with. Returns the answer or the error, and what the program was started with. */
  async function askBy(
    program: string,
    more: Partial<HostHttpRequest>,
  ): Promise<{ answer: unknown; argumentsOf: string }> {
    const path = pathWith();
    const argumentsOf = keepingArguments(path, program);
    const sshd = await Sshd.start({ config: ['AllowTcpForwarding no'], environment: { PATH: path } });
    const redaction = new Redaction();
    for (const secret of [secretPath, secretName]) redaction.add(new Secret(secret));
    const transport = new SecretFreeTransport(sshd.transport(), redaction);
    const request: HostHttpRequest = {
      method: 'GET',
      scheme: 'http',
      address: '127.0.0.1',
      port,
      path: '/health',
      headers: {},
      timeout: 5_000,
      ...more,
    };
    try {
      const answer: unknown = await new TransportHttp(transport, systemClock)
        .request(sshd.host(), request)
        .catch((error: unknown) => error);
      return { answer, argumentsOf: argumentsOf() };
    } finally {
      await transport.close();
      await sshd.stop();
    }
  }

  test.each(['curl', 'wget', 'bash'])('has a path in no argument of %s', async (program) => {
    const { answer, argumentsOf } = await askBy(program, { path: secretPath });

    expect(answer).toMatchObject({ status: 200, via: program === 'bash' ? 'shell' : program });
    expect(seen).toMatchObject([{ url: secretPath }]);
    expect(argumentsOf).toContain(program);
    expect(argumentsOf).not.toContain('s3cret');
  });

  test.each(['curl', 'bash'])('has a name in no argument of %s', async (program) => {
    const { answer, argumentsOf } = await askBy(program, { hostHeader: secretName });

    expect(answer).toMatchObject({ status: 200 });
    expect(seen).toMatchObject([{ host: containing(secretName) }]);
    expect(argumentsOf).not.toContain('s3cret');
  });

  test('is not made by wget, which could not be told the name in secret', async () => {
    const { answer, argumentsOf } = await askBy('wget', { hostHeader: secretName });

    expect(answer).toMatchObject({ code: 'secret.in_argument' });
    expect(argumentsOf).toBe('');
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
