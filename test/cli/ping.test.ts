import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer as createWebServer, type Server as WebServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../stages/until.js';
import { adfpush, program, projectOf } from '../stages/adfpush.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

const inventory = 'source: static\nhosts: { api-1: { address: 127.0.0.1, groups: [api] } }\n';
const servers: Server[] = [];
const sockets = new Set<Socket>();
afterAll(() => {
  for (const server of servers) server.close();
  for (const socket of sockets) socket.destroy();
});

/** Port of a server on this machine. */
async function listening(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  servers.push(server);
  server.on('connection', (socket: Socket) => sockets.add(socket.unref()));
  return (server.address() as AddressInfo).port;
}

/** What the web server was asked for. */
const asked: { path: string; headers: NodeJS.Dict<string | string[]> }[] = [];
let health = 200;
let ports: Record<'web' | 'tls' | 'silent' | 'resets' | 'hangsUp' | 'noHttp' | 'closed', number>;

beforeAll(async () => {
  const web: WebServer = createWebServer((request, response) => {
    asked.push({ path: request.url ?? '', headers: request.headers });
    if (request.url?.startsWith('/health') === true) response.writeHead(health).end();
    else if (request.url === '/moved') response.writeHead(302, { location: '/health' }).end();
    else if (request.url?.startsWith('/away') === true) {
      response.writeHead(302, { location: `http://localhost:${ports.web}/health?token=of-location` }).end();
    } else if (request.url === '/round') response.writeHead(301, { location: '/round' }).end();
    else response.writeHead(500).end();
  });
  const folder = temporaryFolder('ping');
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert, ...subject],
    { stdio: 'ignore' },
  );
  const closed = createServer();
  ports = {
    web: await listening(web),
    tls: await listening(
      createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => response.end()),
    ),
    silent: await listening(createServer((socket) => socket.on('error', () => undefined))),
    resets: await listening(
      createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => socket.resetAndDestroy());
      }),
    ),
    hangsUp: await listening(createServer((socket) => socket.once('data', () => socket.end()))),
    noHttp: await listening(createServer((socket) => socket.once('data', () => socket.end('220 smtp\r\n')))),
    closed: await listening(closed),
  };
  await new Promise((done) => closed.close(done));
});

const project = (endpoints: string, more: Readonly<Record<string, string>> = {}): Promise<string> =>
  projectOf({
    'inventory/prod.yml': inventory,
    'inventory/staging.yml': inventory,
    'inventory/endpoints.yml': endpoints,
    ...more,
  });

const ping = async (
  endpoints: string,
  words: readonly string[] = [],
  more?: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, string>> = {},
) => adfpush(['ping', '--env', 'prod', ...words], await project(endpoints, more), {}, variables);

describe('adfpush ping', () => {
  it('asks each endpoint for what it is to answer, and shows all in a table', async () => {
    const { exit, stdout } = await ping(`prod:
  - { name: orders, url: 'http://127.0.0.1:${ports.web}/health' }
  - { name: search, zone: [a, b], url: 'http://127.0.0.1:${ports.web}?zone={{ zone }}', path: /health }
  - { name: broken, url: 'http://127.0.0.1:${ports.web}/broken', status: [500-599] }
staging: [{ name: other, url: 'http://127.0.0.1:1' }]
`);

    expect(stdout).toMatch(/^Endpoints of prod\n {2}NAME +ZONE +URL +STATUS +TIME\n/);
    expect(stdout).toMatch(/orders +- +http:\/\/127\.0\.0\.1:\d+\/health +200 +\d+ ms\n/);
    expect(stdout).toMatch(/search +a .* 200 /);
    expect(stdout).toMatch(/search +b .* 200 /);
    expect(stdout).toMatch(/broken .* 500 /);
    expect(stdout).toContain('All 4 endpoints as expected.');
    expect(exit).toBe(0);
  });

  it('tells each way to fail by itself, in one document, and exits with 6', async () => {
    const { exit, stdout } = await ping(
      `prod:
  - { name: status, url: 'http://127.0.0.1:${ports.web}/broken' }
  - { name: refused, url: 'http://127.0.0.1:${ports.closed}/' }
  - { name: untrusted, url: 'https://127.0.0.1:${ports.tls}/' }
  - { name: no tls, url: 'https://127.0.0.1:${ports.web}/' }
  - { name: silent, url: 'http://127.0.0.1:${ports.silent}/', timeout: 500ms }
  - { name: silent tls, url: 'https://127.0.0.1:${ports.silent}/', timeout: 500ms }
  - { name: resets, url: 'http://127.0.0.1:${ports.resets}/' }
  - { name: hangs up, url: 'http://127.0.0.1:${ports.hangsUp}/' }
  - { name: no http, url: 'http://127.0.0.1:${ports.noHttp}/' }
  - { name: no name, url: 'http://orders.invalid/' }
  - { name: moved, url: 'http://127.0.0.1:${ports.web}/moved' }
  - { name: followed, url: 'http://127.0.0.1:${ports.web}/moved', follow_redirects: true }
  - { name: round, url: 'http://127.0.0.1:${ports.web}/round', follow_redirects: true }
`,
      ['--json'],
    );

    const report = JSON.parse(stdout) as { endpoints: { name: string; ok: boolean; reason?: string }[] };
    const at = (port: number): string => `127.0.0.1:${port}`;
    expect(Object.fromEntries(report.endpoints.map(({ name, reason }) => [name, reason]))).toEqual({
      status: 'answered 500, not 200',
      refused: `connection refused by ${at(ports.closed)}`,
      untrusted: 'the certificate is not trusted: it is signed by itself',
      'no tls': `${at(ports.web)} does not speak TLS, or no version of it that is safe`,
      silent: 'no answer within 0.5 s',
      'silent tls': 'no answer within 0.5 s',
      resets: `${at(ports.resets)} reset the connection`,
      'hangs up': `${at(ports.hangsUp)} closed the connection without an answer`,
      'no http': `${at(ports.noHttp)} does not speak HTTP`,
      'no name': expect.stringMatching(/^the name of orders\.invalid does not resolve/) as string,
      moved: `answered 302, which leads to http://${at(ports.web)}/health; redirects are not followed`,
      followed: undefined,
      round: `answered 301, which leads to http://${at(ports.web)}/round, after 5 redirects`,
    });
    expect(report).toMatchObject({ environment: 'prod', failed: 12, at: expect.any(Number) as number });
    expect(exit).toBe(6);
  });

  it('sends secrets, and shows none of them', async () => {
    asked.length = 0;
    const url = `http://127.0.0.1:${ports.web}`;
    const { exit, stdout, stderr } = await ping(
      `prod:
  - { name: hook, url: '${url}/{{ secret "hook" }}/x', headers: { X-Key: '{{ secret "key" }}' } }
  - { name: short, url: '${url}/away/{{ secret "short" }}' }
  - { name: plain, url: 'http://eve:plain-password@127.0.0.1:${ports.web}/away?api_key=plain-key', headers: { Authorization: Bearer written-out } }
  - { name: own, url: '${url}/{{ own }}' }
`,
      ['--json'],
      { 'adfpush.yml': 'secrets: { own: { env: OWN } }\n' },
      { hook: 'secret-of-the-hook', key: 'secret-of-the-key', short: 'abcde', OWN: 'own-secret' },
    );

    expect(exit, stderr).toBe(6);
    expect(asked.map(({ path }) => path).toSorted()).toEqual([
      '/away/abcde',
      '/away?api_key=plain-key',
      '/own-secret',
      '/secret-of-the-hook/x',
    ]);
    expect(asked.find(({ path }) => path.includes('hook'))?.headers['x-key']).toBe('secret-of-the-key');
    const said = stdout + stderr;
    for (const secret of ['of-the-', 'abcde', 'plain-', 'written-out', 'own-secret', 'of-location'])
      expect(said).not.toContain(secret);
    expect(said).toContain(`${url}/***/x`);
    expect(said).toContain('http://***@127.0.0.1');
  });

  it('does not send headers to another origin', async () => {
    asked.length = 0;
    const { stdout } = await ping(
      `prod: [{ name: away, url: 'http://127.0.0.1:${ports.web}/away', follow_redirects: true, headers: { X-Key: some-key } }]\n`,
    );

    expect(stdout).toContain('All 1 endpoint as expected.');
    expect(asked.map(({ headers }) => headers['x-key'])).toEqual(['some-key', undefined]);
  });

  it.each([
    [
      'an unknown key',
      'prod: [{ name: a, url: "http://a", statsu: 200 }]',
      ['endpoints.yml:1:', 'Did you mean "status"?'],
    ],
    [
      'an unknown environment',
      'prd: []\nprod: [{ name: a, url: "http://a" }]',
      ['endpoints.yml:1:1', 'Did you mean "prod"?'],
    ],
    [
      'a URL of another kind',
      'prod:\n  - name: a\n    url: ftp://a',
      ['endpoints.yml:3:10', 'begins with http://'],
    ],
    [
      'a URL that a variable makes wrong',
      'prod: [{ name: a, url: "{{ env }}" }]',
      ['endpoints.yml:1:24', 'begins with http://'],
    ],
    [
      'an unknown variable',
      'prod: [{ name: a, url: "http://{{ nev }}" }]',
      ['endpoints.yml:1:', 'Did you mean "env"?'],
    ],
    [
      'a name twice',
      'prod:\n  - { name: a, url: "http://a" }\n  - { name: a, url: "http://b" }',
      ['endpoints.yml:3:', 'must not be there twice'],
    ],
    ['a missing URL', 'prod: [{ name: a }]', ['`prod[0].url` is missing']],
    [
      'a header that HTTP cannot send',
      'prod: [{ name: a, url: "http://a", headers: { "a b": x } }]',
      ['no name of an HTTP header'],
    ],
    [
      'an endpoint made of itself',
      'prod: [{ name: a, url: "{{ endpoint \'a\' }}/b" }]',
      ['made of itself: a → a'],
    ],
    ['none at all', 'staging: [{ name: a, url: "http://a" }]', ['There are no endpoints of prod']],
    ['no YAML', 'prod: [', ['endpoints.yml:1:']],
  ])('exits with 2 for a file with %s', async (_, text, words) => {
    const { exit, stderr, stdout } = await ping(text);

    for (const word of words) expect(stderr).toContain(word);
    expect(exit).toBe(2);
    expect(stdout).toBe('');
  });

  it('says what to write where there is no file, and which environments there are', async () => {
    const folder = await projectOf({ 'inventory/prod.yml': inventory });
    expect(await adfpush(['ping', '--env', 'prod'], folder)).toMatchObject({ exit: 2 });

    const { exit, stderr } = await adfpush(['ping', '--env', 'endpoints'], await project('prod: []'));
    expect(exit).toBe(2);
    expect(stderr).toContain('no environment "endpoints"');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'tells each change on a line with --watch, until %s',
    async (signal) => {
      health = 200;
      const folder = await project(
        `prod:\n  - { name: orders, url: 'http://127.0.0.1:${ports.web}/health' }\n  - { name: down, url: 'http://127.0.0.1:${ports.closed}' }\n`,
      );
      const words = ['ping', '--env', 'prod', '--watch', '--interval', '100ms'];
      const child = execa(process.execPath, [program, ...words], {
        cwd: folder,
        reject: false,
        env: { NO_COLOR: '1' },
      });
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
      await until(() => /orders \S+ ok/.test(said) && said.includes('down'));
      health = 503;
      await until(() => said.includes('ok → failed: answered 503'));
      health = 200;
      await until(() => /failed → ok/.test(said));
      child.kill(signal);

      expect((await child).exitCode).toBe(signal === 'SIGINT' ? 130 : 143);
      expect(said.trimEnd().split('\n')).toHaveLength(4);
    },
  );
});

describe('{{ endpoint }}', () => {
  const endpoints = `prod:
  - { name: orders, url: 'http://orders.{{ env }}' }
  - { name: orders, zone: [a, b], url: 'http://orders.{{ zone }}.{{ env }}' }
  - { name: search, zone: a, url: 'http://search.a' }
  - { name: both, zone: [a, b], url: 'http://both.{{ zone }}' }
`;
  const groupVars = (value: string): Readonly<Record<string, string>> => ({
    'inventory/group_vars/api.yml': `image: shop/api\ntarget_groups: none\ncontainer:\n  name: api\n  env:\n    URL: '${value}'\n`,
  });
  const valueOf = async (value: string) => {
    const folder = await project(endpoints, {
      ...groupVars(value),
      'inventory/staging.yml': 'source: static\nhosts: { s-1: { address: 127.0.0.1 } }\n',
    });
    const words = ['inventory', 'vars', 'api-1', '--env', 'prod', '--group', 'api', '--json'];
    const { stdout } = await adfpush(words, folder);
    return { shown: stdout, folder };
  };

  it.each([
    ['{{ endpoint "orders" }}', 'http://orders.prod'],
    ['{{ endpoint "orders" zone="b" }}', 'http://orders.b.prod'],
    ['{{ endpoint "orders" zone="c" }}', 'http://orders.prod'],
    ['{{ endpoint "search" }}/x', 'http://search.a/x'],
  ])('%s is %s', async (value, url) => {
    const { shown, folder } = await valueOf(value);

    expect(shown).toContain(url);
    expect(await adfpush(['lint'], folder)).toMatchObject({ exit: 0 });
  });

  it.each([
    ['{{ endpoint "ordes" }}', 'Did you mean "orders"?'],
    ['{{ endpoint "both" }}', 'say which, zone="a"'],
    ['{{ endpoint "search" zone="b" }}', 'no URL for the zone "b" in prod'],
  ])('lint finds what is wrong with %s, at its place', async (value, message) => {
    const { folder } = await valueOf(value);
    const { exit, stdout, stderr } = await adfpush(['lint'], folder);

    expect(stdout + stderr).toContain(message);
    expect(stdout + stderr).toContain('inventory/group_vars/api.yml:6:');
    expect(exit).toBe(2);
  });

  it('lint finds an unknown name in a template file and in a playbook, and a wrong URL in the file itself', async () => {
    const folder = await project(`${endpoints}  - { name: wrong, url: 'http://{{ nothing }}' }\n`, {
      'playbooks/look.yml':
        '- hosts: api\n  tasks:\n    - template: { src: a.hbs, dest: /tmp/a }\n    - debug: { msg: \'{{ endpoint "serach" }}\' }\n',
      'templates/a.hbs': 'x\n{{ endpoint "ordes" }}\n',
      'inventory/staging.yml': 'source: static\nhosts: { s-1: { address: 127.0.0.1 } }\n',
    });
    const { exit, stdout, stderr } = await adfpush(['lint'], folder);

    const said = stdout + stderr;
    expect(said).toMatch(/templates\/a\.hbs:2:\d+/);
    expect(said).toContain('Did you mean "orders"?');
    expect(said).toContain('Did you mean "search"?');
    expect(said).toMatch(/inventory\/endpoints\.yml:6:/);
    expect(exit).toBe(2);
  });

  it('lint takes secrets as there, in URLs as in settings', async () => {
    const folder = await project('prod: [{ name: orders, url: \'https://x/{{ secret "key" }}\' }]\n', {
      ...groupVars('{{ endpoint "orders" }}/{{ secret "key" }}'),
      'inventory/staging.yml': 'source: static\nhosts: { s-1: { address: 127.0.0.1 } }\n',
    });
    expect(await adfpush(['lint'], folder)).toMatchObject({ exit: 0, stderr: '' });
  });

  it('has a JSON Schema', async () => {
    const { exit, stdout } = await adfpush(['schema', 'endpoints']);

    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ title: expect.stringContaining('endpoints.yml') as string });
  });
});

it('does not keep other commands from working when the file is wrong', async () => {
  const folder = await project('prod: [');
  expect(await adfpush(['inventory', 'list', '--env', 'prod'], folder)).toMatchObject({ exit: 0 });
});
