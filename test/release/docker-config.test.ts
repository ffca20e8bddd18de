import { chmod, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DockerConfigCredentials } from '../../src/release/docker-config.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

let folder: string;
beforeEach(async () => {
  folder = temporaryFolder('docker');
  vi.stubEnv('PATH', `${folder}:${process.env['PATH'] ?? ''}`);
});
afterEach(() => vi.unstubAllEnvs());

const configured = async (config: unknown): Promise<DockerConfigCredentials> => {
  await writeFile(
    path.join(folder, 'config.json'),
    typeof config === 'string' ? config : JSON.stringify(config),
  );
  return new DockerConfigCredentials(folder);
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
  expect(await shown(new DockerConfigCredentials(path.join(folder, 'none')), 'ghcr.io')).toBeUndefined();
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

test('a store that knows nothing leaves the file to answer', async () => {
  await helper('store', 'echo "credentials not found in native keychain"; exit 1');
  const credentials = await configured({ credsStore: 'store', auths: { 'ghcr.io': auth('alice', 'a') } });

  expect(await shown(credentials, 'ghcr.io')).toEqual(['ghcr.io', 'alice', 'a']);
  expect(await shown(credentials, 'quay.io')).toBeUndefined();
});

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

test.each(['absent', '../evil'])('a helper that cannot be run, %s, is an error', async (name) => {
  const credentials = await configured({ credsStore: name });

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
