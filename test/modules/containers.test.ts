import { describe, expect, it } from 'vitest';
import { label } from '../../src/model/container.js';
import { asideName } from '../../src/modules/docker-container.js';
import type { Taking } from '../../src/model/hold.js';
import { labelsOf } from '../fakes/fake-container-runtime.js';
import { image } from '../fakes/world/image-behaviour.js';
import type { FoundContainer } from '../fakes/world/fake-host.js';
import { World } from '../fakes/world/world.js';
import { FakeModuleHost } from './fake-module-host.js';

const repository = 'registry/api';

/** A host that has these containers, and all images of the releases v1 and v2. */
function hostWith(...found: readonly FoundContainer[]) {
  const world = new World();
  const [v1, v2] = ['v1', 'v2'].map((tag) => world.images.publish(repository, tag, image.healthy()).digest);
  if (v1 === undefined || v2 === undefined) throw new Error('two were published');
  const host = world.addHost('h1');
  const stage = new FakeModuleHost(world, host);
  host.addImage('world', v1);
  host.addImage('world', v2);
  for (const one of found) host.runs({ digest: v1, ...one });
  /** Applies what a check found, and lets time pass meanwhile. */
  const apply = async (module: string, args: unknown) => {
    const checked = await world.clock.run(stage.check(module, args));
    return checked.changes ? world.clock.run(checked.apply()) : checked.result;
  };
  const before = world.calls.log.length;
  const changes = (): readonly string[] =>
    world.calls
      .of('runtime')
      .slice(before)
      .filter((call) => !/^(list|image|images|inspect|info|logs)\b/.test(call));
  return { world, host, stage, apply, changes, v1, v2 };
}

const ours = (name: string, digest: string): Readonly<Record<string, string>> =>
  labelsOf(name, { digest, version: 'v1' });
const api = { name: 'api', ports: ['5060:5000'] };
const web = { name: 'web', ports: ['80:80'] };
const names = (takes: readonly Taking[]): readonly string[] =>
  takes.map((taking) => (taking.kind === 'container' ? taking.name : 'a registration'));

describe('docker_container: restarted', () => {
  const args = { state: 'restarted', containers: [api, web] };

  it('stops and starts what runs, replaces nothing, and holds it meanwhile', async () => {
    const { host, stage, apply, changes, v1 } = hostWith(
      { name: 'api', ports: [5060], labels: ours('api', 'x') },
      { name: 'web', ports: [80], labels: ours('web', 'x'), running: false },
    );
    const before = [...host.containers.keys()];
    const checked = await stage.check('docker_container', args);
    expect(checked).toMatchObject({ summary: 'restart api; start web' });
    expect(checked.changes ? names(checked.takes) : []).toEqual(['api', 'web']);
    await apply('docker_container', args);
    expect(changes()).toEqual(['stop api', 'start api', 'start web']);
    expect([...host.containers.keys()]).toEqual(before);
    expect(await stage.containers.list()).toMatchObject([
      { name: 'api', running: true, digest: v1 },
      { name: 'web', running: true },
    ]);
  });

  it('refuses a container that is not there, or is not ours', async () => {
    const { stage } = hostWith({ name: 'api', labels: ours('api', 'x') }, { name: 'cron' });
    await expect(stage.check('docker_container', args)).rejects.toMatchObject({
      code: 'docker.no_container',
      hint: 'It has api, cron.',
    });
    const cron = { state: 'restarted', container: { name: 'cron' } };
    await expect(stage.check('docker_container', cron)).rejects.toMatchObject({ code: 'container.foreign' });
  });
});

describe('docker_container', () => {
  it('starts a container where there is none, and holds that there was none', async () => {
    const { stage, apply, changes, v2 } = hostWith();
    const args = { image: `${repository}:v2`, container: api };

    expect(await stage.check('docker_container', args)).toMatchObject({
      changes: true,
      summary: `start api ${v2.slice(7, 19)}`,
      takes: [{ kind: 'container', name: 'api' }],
    });
    const result = await apply('docker_container', args);

    expect(result).toMatchObject({ changed: true, values: { containers: ['api'] } });
    expect(changes()).toEqual(['create api', 'start api']);
    expect(await stage.containers.list()).toMatchObject([{ name: 'api', running: true, digest: v2 }]);
  });

  it('keeps what ran before: renamed, its restart policy no, stopped; then starts the new one', async () => {
    const { stage, host, apply, changes, v1, v2 } = hostWith();
    const { id } = host.runs({ name: 'api', digest: v1, ports: [5060], labels: ours('api', v1) });
    const args = { image: `${repository}:v2`, container: api };

    const result = await apply('docker_container', args);

    const aside = asideName({ name: host.containers.get(id)!.birth.name, id });
    expect(changes()).toEqual([
      `rename api to ${aside}`,
      `setRestartPolicy ${aside} to no`,
      `stop ${aside}`,
      'create api',
      'start api',
    ]);
    expect(result.message).toBe(`replace api ${v1.slice(7, 19)} by api ${v2.slice(7, 19)}`);
    expect(await stage.containers.inspect(id)).toMatchObject({
      name: aside,
      running: false,
      restartPolicy: { name: 'no' },
    });
  });

  it('tells what the Engine warns of when it creates one', async () => {
    const { world, stage, apply } = hostWith();
    const warning = 'Your kernel does not support swap limit capabilities.';
    world.images.publish(repository, 'v3', { ...image.healthy(), createWarnings: [warning] });
    world.host(stage.host.id).addImage('world', world.images.tagged(repository, 'v3')!);

    await apply('docker_container', { image: `${repository}:v3`, container: api });

    expect(stage.warned).toEqual([`container api: ${warning}`]);
  });

  it('takes several down in the reverse of their start order, and up in it', async () => {
    const { host, apply, changes, v1 } = hostWith();
    for (const { name } of [api, web]) host.runs({ name, digest: v1, labels: ours(name, v1) });
    await apply('docker_container', { image: `${repository}:v2`, containers: [api, web] });
    expect(changes().map((change) => change.replace(/\.kept-\S+/, '.kept'))).toEqual([
      'rename web to web.kept',
      'setRestartPolicy web.kept to no',
      'stop web.kept',
      'rename api to api.kept',
      'setRestartPolicy api.kept to no',
      'stop api.kept',
      'create api',
      'start api',
      'create web',
      'start web',
    ]);
  });

  it('holds each container that it takes, with all that bringing it back needs', async () => {
    const { stage, host, v1 } = hostWith();
    stage.probe = { kind: 'command', argv: ['true'], passes: 1, interval: 1, timeout: 1, attemptTimeout: 1 };
    const { id } = host.runs({
      name: 'api',
      digest: v1,
      labels: ours('api', v1),
      restartPolicy: { name: 'on-failure', maximumRetries: 3 },
    });
    const checked = await stage.check('docker_container', { image: `${repository}:v2`, container: api });
    expect(checked).toMatchObject({
      takes: [
        {
          kind: 'container',
          name: 'api',
          probe: stage.probe,
          previous: {
            id,
            running: true,
            restartPolicy: { name: 'on-failure', maximumRetries: 3 },
            digest: v1,
            version: 'v1',
          },
        },
      ],
    });
  });

  it('changes nothing where all run as planned, and starts again what stopped', async () => {
    const { host, apply, stage, changes } = hostWith();
    const args = { image: `${repository}:v2`, container: api };
    await apply('docker_container', args);
    const afterFirst = changes().length;

    expect(await stage.check('docker_container', args)).toMatchObject({
      changes: false,
      result: { changed: false, message: 'api as planned' },
    });
    host.named('api')?.stop('world');
    await apply('docker_container', args);

    expect(changes().slice(afterFirst)).toContain('start api');
  });

  it('replaces only the container of several that differs', async () => {
    const { apply, changes } = hostWith();
    const image2 = `${repository}:v2`;
    await apply('docker_container', { image: image2, containers: [api, web] });
    const before = changes().length;
    await apply('docker_container', { image: image2, containers: [api, { ...web, env: { A: '1' } }] });
    expect(
      changes()
        .slice(before)
        .some((change) => change.includes('api')),
    ).toBe(false);
    expect(changes().slice(before)).toContain('start web');
  });

  it('tells each setting that changes, and of an environment variable its name only', async () => {
    const { stage, apply } = hostWith();
    const image2 = `${repository}:v2`;
    const first = { ...api, env: { KEPT: 'k', ROTATED: 'old-secret', GONE: 'g' }, networks: ['shop'] };
    await apply('docker_container', { image: image2, container: first });
    const then = {
      ...api,
      ports: ['127.0.0.1:5061:5000'],
      env: { KEPT: 'k', ROTATED: 'new-secret', ADDED: 'a' },
      networks: ['shop', 'metrics'],
      restart: 'always',
      stop_timeout: '20s',
      volumes: ['/srv/data:/data'],
      limits: { memory: '256m' },
      command: ['serve', '--fast'],
    };
    const checked = await stage.check('docker_container', { image: image2, container: then });
    const text = checked.changes ? checked.diff : undefined;

    expect(text?.split('\n').slice(1)).toEqual([
      '  ~ command: serve, --fast',
      '  + environment variable ADDED',
      '  - environment variable GONE',
      '  ~ environment variable ROTATED',
      '  ~ limits: {"memoryBytes":268435456}',
      '  ~ networks: shop -> shop, metrics',
      '  ~ ports: 5060:5000/tcp -> 127.0.0.1:5061:5000/tcp',
      '  ~ restart: unless-stopped -> always',
      '  ~ stop timeout: 20 s',
      '  ~ volumes: /srv/data:/data',
    ]);
    const applied = await apply('docker_container', { image: image2, container: then });
    expect(applied.diff).toBe(text);
  });

  it.each([
    ['somebody else', {}, 'The container "api" was not started by adfpush.'],
    [
      'another group',
      { [label.group]: 'worker', [label.container]: 'api' },
      'The container "api" belongs to group "worker".',
    ],
  ])('refuses to replace a container of %s', async (_, labels, message) => {
    const { stage, changes } = hostWith({ name: 'api', labels });
    const args = { image: `${repository}:v2`, container: api };
    await expect(stage.check('docker_container', args)).rejects.toThrow(message);
    expect(changes()).toEqual([]);
  });

  it('adopts a container of its own name, and one of another, where it is told to', async () => {
    const own = hostWith({ name: 'api' });
    await own.apply('docker_container', { image: `${repository}:v2`, container: { ...api, adopt: 'api' } });
    expect(own.host.named('api')?.birth.digest).toBe(own.v2);

    const other = hostWith({ name: 'legacy', ports: [5060] });
    const args = { image: `${repository}:v2`, container: { ...api, adopt: 'legacy' } };
    const checked = await other.stage.check('docker_container', args);
    expect(checked.changes && names(checked.takes)).toEqual(['api', 'legacy']);
    await other.apply('docker_container', args);
    expect(other.host.named('api')?.running).toBe(true);
    expect(other.host.named('legacy')).toBeUndefined();
  });

  it('lets the predecessor stop in its own time, as the container says', async () => {
    const { world, host, apply, v1 } = hostWith();
    host.runs({ name: 'api', digest: v1, labels: ours('api', v1) });
    const patient = { ...api, stop_timeout: '100ms' };
    const begun = world.clock.elapsed();
    await apply('docker_container', { image: `${repository}:v2`, container: patient });
    // The image needs 300 ms from SIGTERM on.
    expect(world.clock.elapsed() - begun).toBe(100);
  });

  it('creates the networks of a container before the container', async () => {
    const { apply, changes } = hostWith();
    const container = { ...api, networks: ['back'] };
    await apply('docker_container', { image: `${repository}:v2`, container });
    expect(changes()).toEqual(['ensureNetwork back', 'create api', 'start api']);
  });

  it.each([{}, { container: api, containers: [api] }])('wants container or containers: %j', async (args) => {
    const { stage } = hostWith();
    await expect(stage.check('docker_container', args)).rejects.toThrow(
      'write either container or containers',
    );
  });
});

describe('docker_image', () => {
  it('pulls what is missing, each image once, and says how far it is', async () => {
    const { world, host, stage, apply, changes, v2 } = hostWith();
    host.images.delete(v2);
    const containers = [
      { ...api, image: `${repository}:v2` },
      { ...web, image: `${repository}:v1` },
    ];
    const args = { image: `${repository}@${v2}`, containers };

    const checked = await stage.check('docker_image', args);
    expect(checked).toMatchObject({ changes: true, summary: `pull ${repository}@${v2}`, takes: [] });
    const result = await apply('docker_image', args);

    expect(result).toMatchObject({ changed: true, message: `pulled ${repository}@${v2}` });
    expect(changes()).toEqual([`pull ${repository}@${v2}`]);
    expect(stage.progressed).toContain('pulling, 1 of 1 layers');
    expect(world.timeline.entries.some(({ type }) => type === 'image.pulled')).toBe(true);
  });

  it('changes nothing when all is there', async () => {
    const { stage, v1 } = hostWith();
    expect(await stage.check('docker_image', { image: `${repository}:v1` })).toMatchObject({
      changes: false,
      result: { changed: false, values: { images: [`${repository}@${v1}`] } },
    });
  });

  it('fails when the host got something else than the digest', async () => {
    const { world, apply } = hostWith();
    const { digest } = world.images.publish(repository, 'v3', image.wrongDigestAfterPull());
    await expect(apply('docker_image', { image: `${repository}:v3` })).rejects.toThrow(
      `After the pull the host has no such image instead of ${repository}@${digest}.`,
    );
  });

  it('fails when what it pulled is for another platform, and names both', async () => {
    const { world, apply } = hostWith();
    const { digest } = world.images.publish(repository, 'v3', { ...image.healthy(), architecture: 'arm64' });

    await expect(apply('docker_image', { image: `${repository}:v3` })).rejects.toMatchObject({
      code: 'image.wrong_platform',
      message: `${repository}@${digest} is there for linux/arm64, but the host is linux/amd64.`,
      host: 'h1',
    });
  });

  it('fails before a pull when what is there already is for another platform: no pull would mend it', async () => {
    const { world, host, stage } = hostWith();
    const { digest } = world.images.publish(repository, 'v3', { ...image.healthy(), architecture: 'arm64' });
    host.addImage('world', digest);

    await expect(stage.check('docker_image', { image: `${repository}:v3` })).rejects.toMatchObject({
      code: 'image.wrong_platform',
      hint: expect.stringContaining(`docker image rm`) as unknown,
    });
  });
});

describe('docker_prune', () => {
  /** Kept predecessors of `api`, the oldest first, one minute apart. */
  async function hostWithKept(count: number, more: Partial<FoundContainer> = {}) {
    const stage = hostWith();
    for (let index = 0; index < count; index += 1) {
      const { digest } = stage.world.images.publish(repository, `old-${index}`, image.healthy());
      const name = `api.kept-${index}`;
      stage.host.runs({ name, digest, running: false, labels: ours('api', digest), ...more });
      await stage.world.clock.advance(60_000);
    }
    return stage;
  }
  const left = ({
    host,
  }: {
    readonly host: { readonly containers: ReadonlyMap<unknown, { readonly name: string }> };
  }) => [...host.containers.values()].map(({ name }) => name);

  it('keeps the newest, and removes the images that only the others used', async () => {
    const stage = await hostWithKept(5);
    const result = await stage.apply('docker_prune', { keep_releases: 2 });
    expect(left(stage)).toEqual(['api.kept-3', 'api.kept-4']);
    const gone = stage.world.timeline.entries.filter(({ type }) => type === 'image.removed').length;
    // The releases v1 and v2 too: no container was made from them.
    expect(gone).toBe(5);
    expect(result).toMatchObject({ changed: true, values: { removed: 3 } });
  });

  it('counts a release once that the host runs, or keeps, several times', async () => {
    const stage = await hostWithKept(2);
    const { digest: main } = stage.world.images.publish(repository, 'gone-back-to', image.healthy());
    const of = (run: string, digest = main) => ({
      ...ours('api', digest),
      [label.release]: 'v1',
      [label.run]: run,
    });
    for (const run of ['first', 'second']) {
      const name = `api.kept-${run}`;
      stage.host.runs({ name, digest: main, running: false, labels: of(run) });
      // What ran beside it goes with it; of another image, it has no label of a release.
      const { [label.release]: _, ...plain } = ours('web', stage.v1);
      const beside = { ...plain, [label.run]: run };
      stage.host.runs({ name: `web.kept-${run}`, digest: stage.v1, running: false, labels: beside });
      await stage.world.clock.advance(60_000);
    }
    await stage.apply('docker_prune', { keep_releases: 3 });
    expect(left(stage)).toEqual(['api.kept-0', 'api.kept-1', 'api.kept-second', 'web.kept-second']);

    stage.host.runs({ name: 'api', digest: main, labels: of('third') });
    await stage.apply('docker_prune', { keep_releases: 3 });
    expect(left(stage)).toEqual(['api.kept-0', 'api.kept-1', 'api']);
  });

  it('keeps a release whole of which several containers have the same image', async () => {
    const stage = hostWith();
    for (const [run, digest] of [
      ['first', stage.v1],
      ['second', stage.v2],
    ] as const) {
      for (const name of ['api', 'worker']) {
        const labels = { ...ours(name, digest), [label.release]: run, [label.run]: run };
        stage.host.runs({ name: `${name}.kept-${run}`, digest, running: false, labels });
      }
      await stage.world.clock.advance(60_000);
    }
    await stage.apply('docker_prune', { keep_releases: 3 });
    const whole = ['first', 'second'].flatMap((run) => [`api.kept-${run}`, `worker.kept-${run}`]);
    expect(left(stage)).toEqual(whole);

    // What was gone back to runs again: the release that it was kept from counts no more, and the other one stays whole.
    for (const name of ['api', 'worker']) {
      const labels = { ...ours(name, stage.v1), [label.release]: 'first', [label.run]: 'third' };
      stage.host.runs({ name, digest: stage.v1, labels });
    }
    await stage.apply('docker_prune', { keep_releases: 3 });
    expect(left(stage)).toEqual(['api.kept-second', 'worker.kept-second', 'api', 'worker']);
  });

  it('counts each container of a group for itself', async () => {
    const stage = await hostWithKept(2);
    stage.host.runs({ name: 'web.kept-9', digest: stage.v1, running: false, labels: ours('web', stage.v1) });
    await stage.apply('docker_prune', { keep_releases: 1 });
    expect(left(stage)).toEqual(['api.kept-1', 'web.kept-9']);
  });

  it.each<[string, Partial<FoundContainer>]>([
    ['runs', { running: true }],
    ['has its own name, though it stopped', { name: 'api' }],
    [
      'is of another environment',
      {
        labels: { [label.environment]: 'staging', [label.group]: 'api', [label.container]: 'api' },
      },
    ],
    ['is of another group', { labels: { [label.group]: 'worker', [label.container]: 'api' } }],
    ['is of somebody else', { labels: {} }],
  ])('never removes a container that %s', async (_, given) => {
    const stage = await hostWithKept(1, given);
    expect(await stage.stage.check('docker_prune', { keep_releases: 0 })).toSatisfy(
      (checked: { changes: boolean }) => !checked.changes || left(stage).length === 1,
    );
    await stage.apply('docker_prune', { keep_releases: 0 });
    expect(left(stage)).toHaveLength(1);
  });

  it('keeps three without being told how many, and nothing with 0', async () => {
    const stage = await hostWithKept(5);
    await stage.apply('docker_prune', {});
    expect(left(stage)).toHaveLength(3);
    await stage.apply('docker_prune', { keep_releases: 0 });
    expect(left(stage)).toEqual([]);
  });

  it('leaves the image of what runs, and images of other repositories', async () => {
    const { host, apply, v2, world } = hostWith();
    host.runs({ name: 'api', digest: v2, labels: ours('api', v2) });
    const other = world.images.publish('registry/other', 'v1', image.healthy()).digest;
    host.addImage('world', other);
    await apply('docker_prune', { keep_releases: 3 });
    expect([...host.images].sort()).toEqual([v2, other].sort());
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['group', { [label.group]: 'web' }],
    ['environment', { [label.environment]: 'staging' }],
  ])(
    'leaves images that another %s may be about to start, where it shares the repository',
    async (_, owner) => {
      const stage = await hostWithKept(2);
      const { digest } = stage.world.images.publish(repository, 'next', image.healthy());
      stage.host.addImage('world', digest);
      stage.host.runs({ name: 'web', digest: stage.v1, labels: { ...ours('web', stage.v1), ...owner } });
      await stage.apply('docker_prune', { keep_releases: 1 });
      expect(left(stage)).toEqual(['api.kept-1', 'web']);
      const [oldest, newest] = [0, 1].map((index) => stage.world.images.tagged(repository, `old-${index}`));
      expect([oldest, newest, digest].map((one) => one !== undefined && stage.host.images.has(one))).toEqual([
        false,
        true,
        true,
      ]);
    },
  );

  it('does nothing outside a group', async () => {
    const stage = await hostWithKept(2);
    stage.stage.group = undefined;
    expect(await stage.stage.check('docker_prune', { keep_releases: 0 })).toMatchObject({ changes: false });
  });
});

describe('a check', () => {
  it('changes nothing, whatever it finds', async () => {
    const { stage, changes, host, v2 } = hostWith({ name: 'legacy', ports: [5060] });
    host.images.delete(v2);
    const containers = [{ ...api, adopt: 'legacy' }];
    for (const [module, args] of [
      ['docker_image', { image: `${repository}:v2` }],
      ['docker_container', { image: `${repository}:v2`, containers }],
      ['docker_prune', { keep_releases: 0 }],
    ] as const) {
      expect(await stage.check(module, args)).toMatchObject({ changes: module !== 'docker_prune' });
    }
    expect(changes()).toEqual([]);
  });
});
