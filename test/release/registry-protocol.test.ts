import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import path from 'node:path';
import { expect, test } from 'vitest';
import { Secret } from '../../src/model/secret.js';
import type { RegistryCredentials } from '../../src/ports/registry.js';
import { HttpRegistry } from '../../src/release/http-registry.js';
import { parseImageReference } from '../../src/model/image-reference.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { digest } from './docker-registry.js';
import { HurriedClock } from '../fakes/hurried-clock.js';
import { stubRegistry, type SeenRequest, type StubReply } from './stub-registry.js';
import { describeUnless, notOnPath } from '../describe-unless.js';

const indexType = 'application/vnd.oci.image.index.v1+json';
const index = JSON.stringify({
  schemaVersion: 2,
  mediaType: indexType,
  manifests: [{ platform: { os: 'linux', architecture: 'amd64' } }],
});
const linux = [{ os: 'linux', architecture: 'amd64' }];
const served: StubReply = {
  headers: { 'content-type': indexType, 'docker-content-digest': digest(index) },
  body: index,
};
const refused = (code: string, message: string): string => JSON.stringify({ errors: [{ code, message }] });

function client(credentials?: Omit<RegistryCredentials, 'server'>, clock = new HurriedClock()) {
  const registry = new HttpRegistry({
    credentials: {
      credentials: async (server) => (credentials === undefined ? undefined : { server, ...credentials }),
    },
    insecureRegistries: [],
    clock,
    random: { next: () => 0.5 },
  });
  return { clock, resolve: (text: string) => registry.resolve(parseImageReference(text)) };
}
const alice = { username: 'alice', password: new Secret('s3cret-word') };
const lines = (seen: readonly SeenRequest[]) => seen.map(({ method, url }) => `${method} ${url.pathname}`);

test('without a digest header the bytes of the manifest are hashed', async () => {
  await using stub = await stubRegistry(() => ({ headers: { 'content-type': indexType }, body: index }));

  const resolved = await client().resolve(`${stub.host}/api:v1`);

  expect(resolved).toEqual({ digest: digest(index), platforms: linux });
  expect(lines(stub.seen)).toEqual(['HEAD /v2/api/manifests/v1', 'GET /v2/api/manifests/v1']);
});

test('the manifest is asked for in all four formats, indexes first', async () => {
  await using stub = await stubRegistry(() => served);

  await client().resolve(`${stub.host}/api:v1`);

  expect(stub.seen[0]?.headers['accept']).toBe(
    'application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, ' +
      'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json',
  );
});

test.each([400, 403, 404, 405, 416, 429, 500, 501, 503, undefined])(
  'a HEAD that fails, with status %s, is followed by GET, as with Docker',
  async (status) => {
    await using stub = await stubRegistry(({ method }) =>
      method !== 'HEAD' ? served : status === undefined ? undefined : { status },
    );

    expect((await client().resolve(`${stub.host}/api:v1`)).digest).toBe(digest(index));
    expect(new Set(lines(stub.seen))).toEqual(
      new Set(['HEAD /v2/api/manifests/v1', 'GET /v2/api/manifests/v1']),
    );
  },
);

test.each([200, 201, 203, 206])('any status that says success, %i, is one', async (status) => {
  await using stub = await stubRegistry(({ url, headers }, host): StubReply => {
    if (url.pathname === '/token') return { status, body: '{"token":"","access_token":"t"}' };
    if (headers['authorization'] === 'Bearer t') return { ...served, status };
    return { status: 401, headers: { 'www-authenticate': `Bearer realm="http://${host}/token"` } };
  });

  expect((await client().resolve(`${stub.host}/api:v1`)).digest).toBe(digest(index));
});

const asksForToken = (host: string): StubReply => ({
  status: 401,
  headers: { 'www-authenticate': `Bearer realm="http://${host}/token"` },
});

test.each([
  ['{"errors":[{"code":"DENIED","message":"not \\"yours\\""}]}', 'not "yours"'],
  ['{"details":"incorrect username or password"}', 'incorrect username or password'],
  ['{"error":"invalid_grant","error_description":"The token is revoked."}', 'The token is revoked'],
  ['{"error":"unauthorized"}', 'unauthorized'],
  ['You may not\npull this.', 'You may not pull this'],
])('what a registry and its token server say is told: %s', async (body, said) => {
  await using stub = await stubRegistry(({ url }, host) =>
    url.pathname === '/token' ? { status: 401, body } : asksForToken(host),
  );
  const name = `${stub.host}/api:v1`;
  await expect(client(alice).resolve(name)).rejects.toMatchObject({
    code: 'registry.denied',
    message: `${stub.host} denies access to ${name} for alice: ${said}.`,
  });
  await expect(client().resolve(name)).rejects.toMatchObject({
    message: `${stub.host} denies access to ${name}, asked without credentials: ${said}.`,
  });

  await using denying = await stubRegistry(() => ({ status: 403, body }));
  await expect(client(alice).resolve(`${denying.host}/api:v1`)).rejects.toMatchObject({
    code: 'registry.denied',
    message: expect.stringContaining(`: ${said}.`) as string,
  });

  await using limiting = await stubRegistry(() => ({ status: 429, body }));
  await expect(client(alice).resolve(`${limiting.host}/api:v1`)).rejects.toMatchObject({
    code: 'registry.unavailable',
    message: `The registry ${limiting.host} answers with status 429: ${said}.`,
    hint: expect.stringContaining(`docker login ${limiting.host}`) as string,
  });
});

test('bytes that are not what the digest promised are refused', async () => {
  await using stub = await stubRegistry(() => ({ ...served, body: `${index} ` }));

  await expect(client().resolve(`${stub.host}/api:v1`)).rejects.toMatchObject({
    code: 'registry.digest_mismatch',
  });
  await expect(client().resolve(`${stub.host}/api@${digest(index)}`)).rejects.toMatchObject({
    code: 'registry.digest_mismatch',
  });
});

test.each([
  ['no manifest', 'text/html', '<html>Please log in</html>'],
  ['a manifest of the old schema 1', 'application/json', '{"schemaVersion":1}'],
])('%s is refused', async (_, type, body) => {
  await using stub = await stubRegistry(() => ({ headers: { 'content-type': type }, body }));

  await expect(client().resolve(`${stub.host}/api:v1`)).rejects.toMatchObject({
    code: 'registry.malformed_answer',
  });
});

test('a registry with Basic authentication is given the credentials, once it asks for them', async () => {
  await using stub = await stubRegistry(({ headers }) =>
    headers['authorization'] === `Basic ${Buffer.from('alice:s3cret-word').toString('base64')}`
      ? served
      : { status: 401, headers: { 'www-authenticate': 'Basic realm="Registry"' } },
  );

  expect((await client(alice).resolve(`${stub.host}/api:v1`)).platforms).toEqual(linux);
  expect(stub.seen.map(({ headers }) => headers['authorization'] !== undefined)).toEqual([false, true, true]);
});

/** A registry whose token server is itself. */
const tokenRegistry = (lifetime: number) => {
  let tokens = 0;
  return stubRegistry(({ url, headers }, host): StubReply => {
    if (url.pathname === '/token') {
      tokens += 1;
      return { body: JSON.stringify({ token: `token-${tokens}`, expires_in: lifetime }) };
    }
    if (headers['authorization'] === `Bearer token-${tokens}`) return served;
    const scope = `repository:${url.pathname.split('/')[2] ?? ''}:pull`;
    const challenge = `Bearer realm="http://${host}/token",service="registry,test",scope="${scope}"`;
    return { status: 401, headers: { 'www-authenticate': challenge } };
  });
};

test('a token is fetched from the server that the challenge names, and used as long as it lasts', async () => {
  await using stub = await tokenRegistry(3_600);
  const { resolve } = client(alice);

  await resolve(`${stub.host}/api:v1`);
  await resolve(`${stub.host}/api:v2`);

  const asked = stub.seen.filter(({ url }) => url.pathname === '/token');
  expect(asked).toHaveLength(1);
  expect(Object.fromEntries(asked[0]?.url.searchParams ?? [])).toEqual({
    service: 'registry,test',
    scope: 'repository:api:pull',
  });
  expect(asked[0]?.headers['authorization']).toMatch(/^Basic /);
});

test('each repository has a token of its own, and an expired one is fetched again', async () => {
  await using stub = await tokenRegistry(0);
  const { resolve } = client();

  await resolve(`${stub.host}/api:v1`);
  await resolve(`${stub.host}/web:v1`);

  const asked = stub.seen.filter(({ url }) => url.pathname === '/token');
  expect(new Set(asked.map(({ url }) => url.searchParams.get('scope')))).toEqual(
    new Set(['repository:api:pull', 'repository:web:pull']),
  );
  expect(asked.every(({ headers }) => headers['authorization'] === undefined)).toBe(true);
});

test('an identity token is exchanged in a request body, not in a URL', async () => {
  await using stub = await stubRegistry(({ url, headers }, host): StubReply => {
    if (url.pathname === '/token') return { body: '{"access_token":"t"}' };
    if (headers['authorization'] === 'Bearer t') return served;
    return { status: 401, headers: { 'www-authenticate': `Bearer realm="http://${host}/token"` } };
  });

  await client({ username: '<token>', password: new Secret('refresh-me') }).resolve(`${stub.host}/api:v1`);

  const asked = stub.seen.find(({ url }) => url.pathname === '/token');
  expect([asked?.method, asked?.url.search]).toEqual(['POST', '']);
  expect(new URLSearchParams(asked?.body).get('refresh_token')).toBe('refresh-me');
});

test.each([
  ['without credentials', undefined, ', asked without credentials'],
  ['with wrong ones', alice, ' for alice'],
])(
  'an unmet challenge %s is denied, and the password is nowhere in the error',
  async (_, credentials, who) => {
    await using stub = await stubRegistry(() => ({
      status: 401,
      headers: { 'www-authenticate': 'Basic realm="Registry"' },
      body: refused('UNAUTHORIZED', 'authentication required'),
    }));

    const error: unknown = await client(credentials)
      .resolve(`${stub.host}/api@${digest(index)}`)
      .catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({
      code: 'registry.denied',
      class: 'refused',
      message: `${stub.host} denies access to ${stub.host}/api@${digest(index)}${who}: authentication required.`,
    });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('s3cret-word');
  },
);

test('403 is denied, too', async () => {
  await using stub = await stubRegistry(() => ({ status: 403 }));

  await expect(client(alice).resolve(`${stub.host}/api:v1`)).rejects.toMatchObject({
    code: 'registry.denied',
  });
});

test('a stumbling registry is asked again after a growing pause', async () => {
  let failures = 3;
  await using stub = await stubRegistry(() => (failures-- > 0 ? { status: 503 } : served));
  const { clock, resolve } = client();

  expect((await resolve(`${stub.host}/api:v1`)).digest).toBe(digest(index));
  expect(clock.slept).toEqual([500, 1_000]);
});

test('a lost connection is asked again; TLS is tried once before plain HTTP', async () => {
  let failures = 1;
  await using stub = await stubRegistry(() => (failures-- > 0 ? undefined : served));

  expect((await client().resolve(`${stub.host}/api:v1`)).digest).toBe(digest(index));
});

test('a registry that asks to wait is waited for', async () => {
  let failures = 2;
  await using stub = await stubRegistry(() =>
    failures-- > 0 ? { status: 429, headers: { 'retry-after': '3' } } : served,
  );
  const { clock, resolve } = client();

  await resolve(`${stub.host}/api:v1`);

  expect(clock.slept).toEqual([3_000]);
});

test('a registry that stays broken is unavailable', async () => {
  await using stub = await stubRegistry(() => ({ status: 500 }));

  await expect(client().resolve(`${stub.host}/api:v1`)).rejects.toMatchObject({
    code: 'registry.unavailable',
    message: `The registry ${stub.host} answers with status 500.`,
  });
});

test('a registry that is not there is unavailable', async () => {
  const stub = await stubRegistry(() => served);
  await stub[Symbol.asyncDispose]();

  await expect(client().resolve(`${stub.host}/api:v1`)).rejects.toMatchObject({
    code: 'registry.unavailable',
    class: 'refused',
    message: expect.stringContaining('ECONNREFUSED') as string,
  });
});

test('a token server without TLS is refused when the registry is not declared insecure', async () => {
  const { RegistryAuthorization } = await import('../../src/release/registry-authorization.js');
  const authorization = new RegistryAuthorization({
    registry: 'registry.example.com',
    insecure: false,
    clock: new HurriedClock(),
    credentials: { credentials: async (server) => ({ server, ...alice }) },
    fetchToken: () => Promise.reject(new Error('the password left the machine')),
  });

  await expect(
    authorization.grant('api', 'Bearer realm="http://evil.example.com/token"'),
  ).rejects.toMatchObject({
    code: 'registry.malformed_answer',
  });
});

test('a manifest that is elsewhere is fetched from there, without the credentials of the registry', async () => {
  await using elsewhere = await stubRegistry(() => served);
  await using stub = await stubRegistry(({ url, headers }): StubReply => {
    if (headers['authorization'] === undefined) {
      return { status: 401, headers: { 'www-authenticate': 'Basic realm="Registry"' } };
    }
    // Once within the registry, and from there to another one: as registry.k8s.io does it.
    const location = url.searchParams.has('here') ? `http://${elsewhere.host}${url.pathname}` : '?here';
    return { status: 307, headers: { location } };
  });

  expect((await client(alice).resolve(`${stub.host}/api:v1`)).digest).toBe(digest(index));

  const hops = stub.seen.filter(({ url }) => url.searchParams.has('here'));
  expect(hops.map(({ headers }) => headers['authorization'] !== undefined)).toEqual([true, true]);
  expect(lines(elsewhere.seen)).toEqual([
    'HEAD /v2/api/manifests/v1',
    `GET /v2/api/manifests/${digest(index)}`,
  ]);
  expect(elsewhere.seen.map(({ headers }) => headers['authorization'])).toEqual([undefined, undefined]);
  expect(new Set(elsewhere.seen.map(({ headers }) => headers['accept']))).toEqual(
    new Set([stub.seen[0]?.headers['accept']]),
  );
});

test('a registry that sends us round in circles is unavailable', async () => {
  await using stub = await stubRegistry(({ url }) => ({ status: 302, headers: { location: url.pathname } }));

  await expect(client().resolve(`${stub.host}/api:v1`)).rejects.toMatchObject({
    code: 'registry.unavailable',
    message: expect.stringContaining('redirect') as string,
  });
});

test('a token request that is redirected for good stays a POST with its body; one that is answered elsewhere does not', async () => {
  const status: Record<string, number> = { '/kept': 308, '/answered': 303 };
  await using stub = await stubRegistry(({ url, headers }, host): StubReply => {
    const moved = status[url.pathname];
    if (moved !== undefined) return { status: moved, headers: { location: '/token' } };
    if (url.pathname === '/token') return { body: '{"access_token":"t"}' };
    if (headers['authorization'] === 'Bearer t') return served;
    const realm = `http://${host}/${url.pathname.split('/')[2] ?? ''}`;
    return { status: 401, headers: { 'www-authenticate': `Bearer realm="${realm}"` } };
  });
  const { resolve } = client({ username: '<token>', password: new Secret('refresh-me') });

  await resolve(`${stub.host}/kept:v1`);
  await resolve(`${stub.host}/answered:v1`);

  const asked = stub.seen.filter(({ url }) => url.pathname === '/token');
  expect(asked.map(({ method }) => method)).toEqual(['POST', 'GET']);
  expect(asked.map(({ body }) => new URLSearchParams(body).get('refresh_token'))).toEqual([
    'refresh-me',
    null,
  ]);
});

test('a manifest that is larger than any is not read to its end', async () => {
  await using stub = await stubRegistry(() => ({ ...served, body: 'x'.repeat(9 * 1024 * 1024) }));

  // Its megabytes take a busy machine longer than a hurried clock has patience.
  const { resolve } = client(undefined, new HurriedClock(1));
  await expect(resolve(`${stub.host}/api:v1`)).rejects.toMatchObject({
    code: 'registry.unavailable',
    message: expect.stringContaining('more than 8388608 bytes') as string,
  });
});

describeUnless(notOnPath('openssl'), 'a registry whose certificate is not trusted', () => {
  test('is not asked without TLS instead', async () => {
    const folder = temporaryFolder('tls');
    const [keyFile, certFile] = [path.join(folder, 'key'), path.join(folder, 'cert')];
    const subject = ['-nodes', '-days', '1', '-subj', '/CN=localhost', '-keyout', keyFile, '-out', certFile];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...subject], { stdio: 'ignore' });
    const tls = { key: await readFile(keyFile), cert: await readFile(certFile) };
    let asked = 0;
    const server = createServer(tls, (_, response) => {
      asked += 1;
      response.end();
    }).listen(0, 'localhost');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;

    await expect(client(alice).resolve(`localhost:${port}/api:v1`)).rejects.toMatchObject({
      code: 'registry.unavailable',
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS') as string,
    });

    expect(asked).toBe(0);
    server.close();
  });
});
