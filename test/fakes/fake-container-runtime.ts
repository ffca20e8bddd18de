import {
  label,
  type ContainerSpec,
  type ObservedContainer,
  type RestartPolicy,
} from '../../src/model/container.js';
import type { Milliseconds } from '../../src/model/duration.js';
import type { Host } from '../../src/model/host.js';
import { isDigest, type ContainerId, type ContainerName } from '../../src/model/ids.js';
import { bindMounts } from '../../src/model/volume.js';
import { formatPinnedImage, type PinnedImage } from '../../src/model/release.js';
import { dockerApi, dockerPull, dockerUnreachable } from '../../src/errors/docker.js';
import { unreachable } from '../../src/errors/ssh.js';
import type {
  ContainerRuntime,
  HostContainers,
  LocalImage,
  PullProgress,
  RuntimeInfo,
  SourceKind,
} from '../../src/ports/container-runtime.js';
import type { RegistryCredentials } from '../../src/ports/registry.js';
import { FakeEngineObjects } from './fake-engine-objects.js';
import type { Caller } from './port-calls.js';
import type { FakeContainer } from './world/fake-container.js';
import type { FakeHost } from './world/fake-host.js';
import type { World } from './world/world.js';

/** The Docker Engines of a world's hosts. */
export class FakeContainerRuntime implements ContainerRuntime {
  constructor(
    private readonly world: World,
    private readonly caller: Caller = world,
  ) {}

  on(host: Host): HostContainers {
    return new FakeEngine(this.world, this.world.host(host.id), this.caller);
  }
}

class FakeEngine implements HostContainers {
  readonly objects: FakeEngineObjects;

  constructor(
    private readonly world: World,
    private readonly fake: FakeHost,
    private readonly caller: Caller,
  ) {
    this.objects = new FakeEngineObjects(fake, (method, about, effect) => this.#call(method, about, effect));
  }

  info(): Promise<RuntimeInfo> {
    const { freeBytes, engineVersion } = this.fake;
    return this.#call('info', '', () => ({
      version: engineVersion,
      apiVersion: '1.46',
      address: 'unix:///var/run/docker.sock',
      os: 'linux',
      architecture: 'amd64',
      freeBytes,
      clockZero: this.world.clock.now() - this.world.clock.elapsed(),
    }));
  }

  sources(paths: readonly string[]): Promise<readonly SourceKind[]> {
    return this.#call('sources', paths.join(' '), () =>
      paths.map((path) => this.fake.sources.get(path) ?? 'folder'),
    );
  }

  list(): Promise<readonly ObservedContainer[]> {
    return this.#call('list', '', () => [...this.fake.containers.values()].map((each) => each.observed()));
  }

  inspect(container: ContainerId | ContainerName): Promise<ObservedContainer | undefined> {
    return this.#call('inspect', container, () => this.#find(container)?.observed());
  }

  environment(container: ContainerId): Promise<Readonly<Record<string, string>>> {
    return this.#call('environment', container, () => this.#existing(container).birth.env ?? {});
  }

  image(image: PinnedImage): Promise<LocalImage | undefined> {
    return this.#call('image', formatPinnedImage(image), () =>
      this.fake.images.has(image.digest) ? this.#local(image.digest) : undefined,
    );
  }

  images(): Promise<readonly LocalImage[]> {
    return this.#call('images', '', () => [...this.fake.images].map((digest) => this.#local(digest)));
  }

  pull(
    image: PinnedImage,
    _credentials: RegistryCredentials | undefined,
    onProgress: (progress: PullProgress) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const name = formatPinnedImage(image);
    return this.#call('pull', name, async () => {
      const published = this.world.images.find(image.digest);
      if (published === undefined) throw dockerPull(this.fake.host, name, 'manifest unknown');
      const { pullTime, pullError, sizeBytes, wrongDigest } = published.behaviour;
      if (this.fake.images.has(image.digest)) return;
      onProgress({ layers: 1, layersDone: 0, bytes: 0, totalBytes: sizeBytes });
      await this.world.clock.sleep(pullTime, signal);
      if (pullError !== undefined) throw dockerPull(this.fake.host, name, pullError);
      if (this.fake.freeBytes < sizeBytes) throw dockerPull(this.fake.host, name, 'no space left on device');
      this.fake.freeBytes -= sizeBytes;
      onProgress({ layers: 1, layersDone: 1, bytes: sizeBytes, totalBytes: sizeBytes });
      if (!wrongDigest) this.fake.addImage(this.caller.actor, image.digest);
    });
  }

  create(
    spec: ContainerSpec,
    labels: Readonly<Record<string, string>>,
    onWarning?: (warning: string) => void,
  ): Promise<ContainerId> {
    return this.#call('create', spec.name, () => {
      const { digest } = spec.image;
      if (!this.fake.images.has(digest))
        throw this.#refuses(404, `No such image: ${formatPinnedImage(spec.image)}`);
      if (this.fake.named(spec.name) !== undefined)
        throw this.#refuses(409, `Conflict. The container name "/${spec.name}" is already in use`);
      const network = spec.networks.find((name) => !this.fake.networks.has(name) && !isBuiltIn(name));
      if (network !== undefined) throw this.#refuses(404, `network ${network} not found`);
      const behaviour = this.fake.behaviours.get(digest) ?? this.world.images.behaviour(digest);
      for (const warning of behaviour.createWarnings ?? []) onWarning?.(warning);
      return this.fake.create(this.caller.actor, {
        name: spec.name,
        image: formatPinnedImage(spec.image),
        digest,
        behaviour,
        labels: { ...spec.labels, ...labels },
        env: spec.env,
        ports: spec.ports,
        networks: spec.networks,
        bindSources: bindMounts(spec.volumes).flatMap(({ create, source }) => (create ? [] : [source])),
        restartPolicy: spec.restart,
      }).id;
    });
  }

  start(id: ContainerId): Promise<void> {
    return this.#call('start', this.#nameOf(id), () => {
      const container = this.#existing(id);
      if (container.running) return;
      for (const { hostPort } of container.birth.ports) {
        if (this.fake.onPort(hostPort) !== undefined) {
          throw this.#refuses(
            500,
            `driver failed programming external connectivity: Bind for 0.0.0.0:${hostPort} failed: port is already allocated`,
          );
        }
      }
      container.start(this.caller.actor);
    });
  }

  stop(id: ContainerId, timeout: Milliseconds): Promise<void> {
    return this.#call('stop', this.#nameOf(id), async () => {
      const container = this.#existing(id);
      container.forgetRestart();
      if (!container.running) return;
      const { stopsAfter } = container.birth.behaviour;
      // It accepts nothing new from SIGTERM on, so for the world it has stopped by then.
      container.stop(this.caller.actor, stopsAfter > timeout ? 137 : 0);
      await this.world.clock.sleep(Math.min(stopsAfter, timeout));
    });
  }

  rename(id: ContainerId, name: ContainerName): Promise<void> {
    return this.#call('rename', `${this.#nameOf(id)} to ${name}`, () => {
      const container = this.#existing(id);
      const other = this.fake.named(name);
      if (other !== undefined && other.id !== id)
        throw this.#refuses(409, `Conflict. The container name "/${name}" is already in use`);
      container.name = name;
      this.world.timeline.record(this.caller.actor, {
        type: 'container.renamed',
        host: this.fake.host.id,
        container: container.id,
        name,
      });
    });
  }

  setRestartPolicy(id: ContainerId, policy: RestartPolicy): Promise<void> {
    return this.#call('setRestartPolicy', `${this.#nameOf(id)} to ${policy.name}`, () => {
      this.#existing(id).restartPolicy = policy;
    });
  }

  remove(id: ContainerId): Promise<void> {
    return this.#call('remove', this.#nameOf(id), () => {
      const container = this.#find(id);
      if (container === undefined) return;
      if (container.running) container.stop(this.caller.actor, 137);
      this.fake.remove(this.caller.actor, container);
    });
  }

  ensureNetwork(name: string): Promise<void> {
    return this.#call('ensureNetwork', name, () => void this.fake.networks.add(name));
  }

  removeImage(id: string): Promise<boolean> {
    return this.#call('removeImage', id, () => {
      const digest = [...this.fake.images].find((candidate) => imageId(candidate) === id);
      if (digest === undefined) return false;
      if (this.fake.usesImage(digest)) return false;
      this.fake.removeImage(this.caller.actor, digest);
      return true;
    });
  }

  logs(id: ContainerId): Promise<string> {
    // As many a program does that crashes: it tells all that it was given.
    return this.#call('logs', this.#nameOf(id), () => {
      const { name, birth } = this.#existing(id);
      return `${name} says ${JSON.stringify(birth.env ?? 'nothing')}\n`;
    });
  }

  #call<T>(method: string, about: string, effect: () => T | Promise<T>): Promise<T> {
    const { id } = this.fake.host;
    return this.caller.calls.make({ port: 'runtime', method, actor: id, host: id, about }, () => {
      if (!this.fake.reachable) throw unreachable(this.fake.host, 'tcp', 'connect ETIMEDOUT');
      if (!this.fake.hasDocker) throw dockerUnreachable(this.fake.host, 'sh: docker: not found');
      if (!this.fake.engineRuns) throw engineDown(this.fake.host);
      return effect();
    });
  }

  #find(idOrName: string): FakeContainer | undefined {
    return [...this.fake.containers.values()].find(({ id, name }) => id === idOrName || name === idOrName);
  }

  #existing(id: ContainerId): FakeContainer {
    const container = this.#find(id);
    if (container === undefined) throw this.#refuses(404, `No such container: ${id}`);
    return container;
  }

  #nameOf(id: ContainerId): string {
    return this.#find(id)?.name ?? id;
  }

  #local(digest: string): LocalImage {
    const published = isDigest(digest) ? this.world.images.find(digest) : undefined;
    return {
      id: imageId(digest),
      repoTags: [],
      repoDigests: [`${published?.repository ?? 'registry/unknown'}@${digest}`],
      os: published?.behaviour.os ?? 'linux',
      architecture: published?.behaviour.architecture ?? 'amd64',
      labels: {},
    };
  }

  #refuses(status: number, message: string) {
    return dockerApi(this.fake.host, status, message);
  }
}

/** What the host says while its Docker Engine is down. */
export const engineDown = (host: Host) =>
  dockerUnreachable(host, 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock');

const isBuiltIn = (network: string): boolean => ['bridge', 'host', 'none'].includes(network);

/** The Engine's own id of an image, which is not its digest. */
const imageId = (digest: string): string => `sha256:image-of-${digest.slice('sha256:'.length)}`;

/** The labels of a container that adfpush started, for worlds that begin with one. */
export const labelsOf = (
  container: string,
  given: {
    readonly digest: string;
    readonly version: string;
    readonly run?: string;
    readonly group?: string;
  },
): Readonly<Record<string, string>> => ({
  [label.environment]: 'test',
  [label.group]: given.group ?? 'api',
  [label.container]: container,
  [label.digest]: given.digest,
  [label.release]: given.version,
  [label.run]: given.run ?? 'an-earlier-run',
});
