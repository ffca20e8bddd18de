import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { HttpRegistry } from '../../src/release/http-registry.js';
import type { Digest } from '../../src/model/ids.js';
import { parseImageReference } from '../../src/model/image-reference.js';
import { describeUnless } from '../describe-unless.js';
import { digest, registryBinary, startDockerRegistry, type DockerRegistry } from './docker-registry.js';
import { httpProxy } from '../stages/http-proxy.js';
import { HurriedClock } from '../fakes/hurried-clock.js';

const oci = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
};
const docker = {
  list: 'application/vnd.docker.distribution.manifest.list.v2+json',
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar',
};

const options = {
  credentials: { credentials: async () => undefined },
  insecureRegistries: [],
  clock: new HurriedClock(),
  random: { next: () => 0.5 },
};
const open = () => new HttpRegistry(options);

const missing = existsSync(registryBinary) ? undefined : `${registryBinary} is not installed`;

describeUnless(missing, 'against a real registry', () => {
  let registry: DockerRegistry;
  beforeAll(async () => {
    registry = await startDockerRegistry();
  });
  afterAll(() => registry.close());

  /** One image of one platform; gives its digest. */
  async function pushImage(
    repository: string,
    tag: string,
    architecture: string,
    types = oci,
  ): Promise<string> {
    const config = JSON.stringify({ os: 'linux', architecture, tag });
    const configDigest = await registry.pushBlob(repository, config);
    const layer = await registry.pushBlob(repository, 'layer');
    return registry.push(repository, tag, {
      mediaType: types.manifest,
      body: {
        config: { mediaType: types.config, size: config.length, digest: configDigest },
        layers: [{ mediaType: types.layer, size: 5, digest: layer }],
      },
    });
  }

  test.each([
    ['OCI', oci],
    ['Docker', { ...docker, index: docker.list }],
  ])(
    'an %s image of one platform resolves to its digest and the platform of its configuration',
    async (_, types) => {
      const pushed = await pushImage('team/api', 'v1', 'arm64', types);

      const resolved = await open().resolve(parseImageReference(`${registry.host}/team/api:v1`));

      expect(resolved).toEqual({ digest: pushed, platforms: [{ os: 'linux', architecture: 'arm64' }] });
    },
  );

  test.each([
    ['OCI index', oci.index, oci],
    ['Docker list', docker.list, { ...docker, index: docker.list }],
  ])('an image of several platforms resolves to the digest of its %s', async (_, mediaType, types) => {
    const [amd64, arm64] = [
      await pushImage('team/multi', 'amd64', 'amd64', types),
      await pushImage('team/multi', 'arm64', 'arm64', types),
    ];
    const entry = (of: string, architecture: string, os = 'linux') => ({
      mediaType: types.manifest,
      size: 400,
      digest: of,
      platform: { os, architecture },
    });
    const manifests = [entry(amd64, 'amd64'), entry(arm64, 'arm64'), entry(amd64, 'unknown', 'unknown')];
    const pushed = await registry.push('team/multi', 'latest', { mediaType, body: { manifests } });

    const resolved = await open().resolve(parseImageReference(`${registry.host}/team/multi`));

    expect(resolved).toEqual({
      digest: pushed,
      platforms: [
        { os: 'linux', architecture: 'amd64' },
        { os: 'linux', architecture: 'arm64' },
      ],
    });
  });

  test.each(['single', 'index'])(
    'the labels of an image of a %s manifest are those of its configuration',
    async (kind) => {
      const repository = `shop/labels-${kind}`;
      const labels = { 'org.opencontainers.image.revision': 'abc123' };
      const config = JSON.stringify({ os: 'linux', architecture: 'amd64', config: { Labels: labels } });
      const configDigest = await registry.pushBlob(repository, config);
      const layer = await registry.pushBlob(repository, 'layer');
      const single = await registry.push(repository, 'v1', {
        mediaType: oci.manifest,
        body: {
          config: { mediaType: oci.config, size: config.length, digest: configDigest },
          layers: [{ mediaType: oci.layer, size: 5, digest: layer }],
        },
      });
      const entry = { mediaType: oci.manifest, size: 1, digest: single };
      const platform = { os: 'linux', architecture: 'amd64' };
      const whole =
        kind === 'single'
          ? single
          : await registry.push(repository, 'all', {
              mediaType: oci.index,
              body: {
                manifests: [
                  { ...entry, platform: { os: 'unknown', architecture: 'unknown' } },
                  { ...entry, platform },
                ],
              },
            });
      const { repository: name } = parseImageReference(`${registry.host}/${repository}`);
      expect(await open().labels({ repository: name, digest: whole as Digest })).toEqual(labels);
    },
  );

  test('a moved tag resolves to where it points now, and a digest to itself', async () => {
    const first = await pushImage('team/moved', 'latest', 'amd64');
    const second = await pushImage('team/moved', 'latest', 'arm64');
    const http = open();

    expect((await http.resolve(parseImageReference(`${registry.host}/team/moved`))).digest).toBe(second);
    expect((await http.resolve(parseImageReference(`${registry.host}/team/moved@${first}`))).digest).toBe(
      first,
    );
  });

  test('a missing tag is refused, and the hint names the nearest tags first', async () => {
    for (const tag of ['v1.4.1', 'v1.4.2', 'nightly', 'main-7f3a2b1'])
      await pushImage('team/tags', tag, 'amd64');

    await expect(
      open().resolve(parseImageReference(`${registry.host}/team/tags:v1.4.3`)),
    ).rejects.toMatchObject({
      code: 'registry.image_missing',
      class: 'refused',
      message: `${registry.host} has no image ${registry.host}/team/tags:v1.4.3.`,
      hint: 'The repository has v1.4.2, v1.4.1, nightly, main-7f3a2b1.',
    });
  });

  test('a missing digest and a missing repository are refused', async () => {
    await pushImage('team/api', 'v1', 'amd64');
    const absent = digest('nothing');

    await expect(
      open().resolve(parseImageReference(`${registry.host}/team/api@${absent}`)),
    ).rejects.toMatchObject({
      code: 'registry.image_missing',
    });
    await expect(open().resolve(parseImageReference(`${registry.host}/team/none:v1`))).rejects.toMatchObject({
      code: 'registry.image_missing',
      hint: 'Was it pushed? The registry shows no tags in this repository.',
    });
  });
});

test('a registry is asked through the proxy that the environment names', async () => {
  const platform = { os: 'linux', architecture: 'amd64' };
  const of = { mediaType: oci.manifest, size: 2, digest: digest('{}') };
  const body = JSON.stringify({ schemaVersion: 2, mediaType: oci.index, manifests: [{ ...of, platform }] });
  await using proxy = await httpProxy(0, (request, response) => {
    const isKnown = request.url?.startsWith('http://registry.test:5000/v2/api/manifests/') === true;
    response.writeHead(isKnown ? 200 : 404, {
      'content-type': oci.index,
      'docker-content-digest': digest(body),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  for (const name of ['http_proxy', 'NO_PROXY', 'no_proxy']) vi.stubEnv(name, undefined);
  vi.stubEnv('HTTP_PROXY', proxy.url);
  const registry = new HttpRegistry({ ...options, insecureRegistries: ['registry.test:5000'] });
  const found = await registry.resolve(parseImageReference('registry.test:5000/api:v1'));
  vi.unstubAllEnvs();
  expect(found).toMatchObject({ digest: digest(body), platforms: [platform] });
  expect(proxy.seen[0]).toBe('HEAD http://registry.test:5000/v2/api/manifests/v1');
});
