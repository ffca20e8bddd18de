import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DockerConfigCredentials } from '../../src/release/docker-config.js';
import { describeUnless, notOnPath } from '../describe-unless.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

let folder: string;
beforeEach(async () => {
  folder = temporaryFolder('docker');
  vi.stubEnv('PATH', `${folder}:${process.env['PATH'] ?? ''}`);
});
afterEach(() => vi.unstubAllEnvs());

const configured = async (
  config: unknown,
  warn: (message: string) => void = () => undefined,
): Promise<DockerConfigCredentials> => {
  await writeFile(
    path.join(folder, 'config.json'),
    typeof config === 'string' ? config : JSON.stringify(config),
  );
  return new DockerConfigCredentials(folder, warn);
};

/** A credential helper that notes what it is asked, in `NAME.asked`. */
async function helper(name: string, script: string): Promise<void> {
  const file = path.join(folder, `docker-credential-${name}`);
  const asked = path.join(folder, `${name}.asked`);
  await writeFile(file, `#!/bin/sh\nserver=$(cat)\necho "$1 $server" >> ${asked}\n${script}\n`);
  await chmod(file, 0o755);
}

const shown = async (credentials: DockerConfigCredentials, registry: string) => {
  const found = await credentials.credentials(registry);
  return found === undefined ? undefined : [found.server, found.username, found.password.reveal()];
};
const auth = (username: string, password: string) => ({
  auth: Buffer.from(`${username}:${password}`).toString('base64'),
});

test('without a configuration there are no credentials', async () => {
  expect(
    await shown(new DockerConfigCredentials(path.join(folder, 'none'), () => undefined), 'ghcr.io'),
  ).toBeUndefined();
});

test('what docker login wrote is found, however its key is spelled', async () => {
  const credentials = await configured({
    auths: {
      'ghcr.io': auth('alice', 'with:colon'),
      'https://registry.example.com/v1/': auth('bob', 'b'),
      'https://index.docker.io/v1/': auth('carol', 'c'),
      'plain.example.com': { username: 'dave', password: 'd' },
      'empty.example.com': {},
    },
  });

  expect(await shown(credentials, 'ghcr.io')).toEqual(['ghcr.io', 'alice', 'with:colon']);
  expect(await shown(credentials, 'registry.example.com')).toEqual(['registry.example.com', 'bob', 'b']);
  expect(await shown(credentials, 'docker.io')).toEqual(['https://index.docker.io/v1/', 'carol', 'c']);
  expect(await shown(credentials, 'plain.example.com')).toEqual(['plain.example.com', 'dave', 'd']);
  expect(await shown(credentials, 'empty.example.com')).toBeUndefined();
  expect(await shown(credentials, 'ghcr.io:444')).toBeUndefined();
});

test('an identity token comes with the user name that Docker gives it', async () => {
  const credentials = await configured({ auths: { 'acr.example.com': { identitytoken: 'refresh' } } });

  expect(await shown(credentials, 'acr.example.com')).toEqual(['acr.example.com', '<token>', 'refresh']);
});

test("a registry's own helper is asked over stdin, once, and comes before the store", async () => {
  await helper('own', `echo '{"ServerURL":"x","Username":"alice","Secret":"from-own"}'`);
  await helper('store', `echo '{"ServerURL":"x","Username":"bob","Secret":"from-store"}'`);
  const credentials = await configured({ credsStore: 'store', credHelpers: { 'ghcr.io': 'own' } });

  const both = [await shown(credentials, 'ghcr.io'), await shown(credentials, 'ghcr.io')];

  expect(both).toEqual([
    ['ghcr.io', 'alice', 'from-own'],
    ['ghcr.io', 'alice', 'from-own'],
  ]);
  expect(await shown(credentials, 'docker.io')).toEqual(['https://index.docker.io/v1/', 'bob', 'from-store']);
  expect(await readFile(path.join(folder, 'own.asked'), 'utf8')).toBe('get ghcr.io\n');
  expect(await readFile(path.join(folder, 'store.asked'), 'utf8')).toBe('get https://index.docker.io/v1/\n');
});

/** Configurations, the registry that is asked, and what the Docker CLI logs in with there: a user and a password, or a token. */
const cases: readonly (readonly [config: unknown, registry: string, login: string | undefined])[] = [
  [{ auths: { 'r.io': { ...auth('u', 'p'), username: 'other', password: 'q' } } }, 'r.io', 'u p'],
  [{ auths: { 'r.io': { ...auth('u', 'p'), username: '' } } }, 'r.io', 'u p'],
  [{ auths: { 'r.io': { ...auth('u', 'p'), username: null } } }, 'r.io', 'u p'],
  [{ auths: { 'r.io': { auth: '', username: 'other', password: 'q' } } }, 'r.io', 'other q'],
  [{ auths: { 'r.io': { auth: null, username: 'other', password: 'q' } } }, 'r.io', 'other q'],
  [{ auths: { 'r.io': auth('u', 'p\0\0') } }, 'r.io', 'u p'],
  [{ auths: { 'r.io': { ...auth('u', 'p'), identitytoken: 't' } } }, 'r.io', 'token t'],
  [{ auths: { 'r.io': { ...auth('u', 'p'), identitytoken: null } } }, 'r.io', 'u p'],
  [{ auths: { 'https://r.io/v1/': auth('url', 'p'), 'r.io': auth('exact', 'p') } }, 'r.io', 'exact p'],
  [{ auths: { 'r.io/path': auth('u', 'p') } }, 'r.io', 'u p'],
  [{ auths: { 'https://r.io:5000/v1/': auth('u', 'p') } }, 'r.io:5000', 'u p'],
  [{ auths: { 'https://r.io:5000/v1/': auth('u', 'p') } }, 'r.io', undefined],
  [{ auths: { x: null, 'r.io': auth('u', 'p') }, credHelpers: null, credsStore: null }, 'r.io', 'u p'],
  [{ auths: { 'r.io': null } }, 'r.io', undefined],
  [{ auths: null }, 'r.io', undefined],
  ['', 'r.io', undefined],
  ['\n', 'r.io', undefined],
  ['null', 'r.io', undefined],
  [{ auths: { 'r.io': auth('u', 'p') }, credHelpers: {}, credsStore: '' }, 'r.io', 'u p'],
  [{ auths: { 'r.io': auth('u', 'p') }, credHelpers: { 'r.io': '' }, credsStore: 'store' }, 'r.io', 'u p'],
  [{ auths: { 'r.io': auth('u', 'p') }, credHelpers: { 'r.io': null }, credsStore: 'store' }, 'r.io', 'u p'],
  [{ auths: { 'r.io': auth('u', 'p') }, credsStore: 'store' }, 'r.io', 's from-store'],
  [{ auths: { 'r.io': auth('u', 'p') }, credsStore: 'nothing' }, 'r.io', undefined],
  [{ auths: { 'r.io': auth('u', 'p') }, credsStore: 'absent' }, 'r.io', 'u p'],
  [{ auths: { 'r.io': auth('u', 'p') }, credsStore: 'locked' }, 'r.io', 'u p'],
  [{ credsStore: 'absent' }, 'r.io', undefined],
  [{ auths: { 'https://index.docker.io/v1/': auth('u', 'p') } }, 'docker.io', 'u p'],
  [{ auths: { 'index.docker.io': auth('u', 'p'), 'docker.io': auth('v', 'p') } }, 'docker.io', undefined],
  [{ credHelpers: { 'docker.io': 'store', 'index.docker.io': 'store' } }, 'docker.io', undefined],
  [{ credHelpers: { 'https://index.docker.io/v1/': 'store' } }, 'docker.io', 's from-store'],
];

const helpers = async (): Promise<void> => {
  await helper('store', `echo '{"ServerURL":"x","Username":"s","Secret":"from-store"}'`);
  await helper('nothing', 'echo "credentials not found in native keychain"; exit 1');
  await helper('locked', 'echo "the keyring is locked" >&2; exit 1');
};

test.each(cases)('%j at %s logs in %s, as Docker does', async (config, registry, login) => {
  await helpers();
  const credentials = await configured(config);

  const found = await credentials.credentials(registry);

  const shownLogin = found && `${found.username.replace(/[<>]/g, '')} ${found.password.reveal()}`;
  expect(shownLogin).toBe(login);
});

describeUnless(notOnPath('docker'), 'the Docker CLI', () => {
  test('logs in as these cases say', async () => {
    await helpers();
    let header = '';
    const daemon = createServer((request, response) => {
      if (request.url?.includes('images/create') === true)
        header = String(request.headers['x-registry-auth']);
      response.setHeader('Api-Version', '1.43');
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(daemon, 'listening');
    const { port } = daemon.address() as AddressInfo;
    const env = { ...process.env, DOCKER_CONFIG: folder, DOCKER_HOST: `tcp://127.0.0.1:${port}` };
    const logins: (string | undefined)[] = [];
    for (const [config, registry] of cases) {
      await configured(config);
      await promisify(execFile)('docker', ['pull', `${registry}/team/api:v1`], { env });
      const sent = JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, string>;
      const { username, password, identitytoken: token } = sent;
      logins.push(
        token === undefined
          ? username === undefined
            ? undefined
            : `${username} ${password}`
          : `token ${token}`,
      );
    }
    daemon.closeAllConnections();
    daemon.close();
    expect(logins).toEqual(cases.map(([, , login]) => login));
  });
});

test.each(['absent', 'locked'])(
  'a helper that is %s is warned of when the file answers instead',
  async (name) => {
    await helpers();
    const warnings: string[] = [];
    const credentials = await configured(
      { credsStore: name, auths: { 'ghcr.io': auth('u', 'p') } },
      (warning) => warnings.push(warning),
    );

    await credentials.credentials('ghcr.io');
    await credentials.credentials('ghcr.io');

    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`docker-credential-${name} gave no credentials for ghcr.io`);
  },
);

test.each([
  ['fails', 'echo "the keyring is locked" >&2; exit 1', /the keyring is locked/],
  ['speaks no JSON', 'echo hello', /no Username and Secret/],
])('a helper that %s is an error that tells how to try it', async (_, script, reason) => {
  await helper('store', script);
  const credentials = await configured({ credsStore: 'store' });

  await expect(credentials.credentials('ghcr.io')).rejects.toMatchObject({
    code: 'registry.credential_helper',
    message: expect.stringMatching(reason) as string,
    hint: 'Try it: echo ghcr.io | docker-credential-store get',
  });
});

test('a helper that is no name of a program is an error', async () => {
  const credentials = await configured({ credsStore: '../evil' });

  await expect(credentials.credentials('ghcr.io')).rejects.toMatchObject({
    code: 'registry.credential_helper',
  });
});

test.each(['{"auths": {"ghcr.io": {"auth": "c2VjcmV0', '{"auths":{"ghcr.io":{"auth":5}}}', '[]'])(
  'a broken configuration names its file and shows nothing of it: %s',
  async (text) => {
    const credentials = await configured(text);

    const error: unknown = await credentials.credentials('ghcr.io').catch((thrown: unknown) => thrown);

    expect(error).toMatchObject({ code: 'registry.docker_config', class: 'invalid' });
    expect(String(error)).toContain(path.join(folder, 'config.json'));
    expect(String(error)).not.toContain('c2VjcmV0');
  },
);
