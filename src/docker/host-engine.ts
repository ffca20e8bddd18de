import { label, type ContainerSpec, type ObservedContainer, type RestartPolicy } from '../model/container.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import { containerId, type ContainerId, type ContainerName } from '../model/ids.js';
import type { PinnedImage } from '../model/release.js';
import type { Clock } from '../ports/clock.js';
import type {
  HostContainers,
  LocalImage,
  PullProgress,
  RuntimeInfo,
  SourceKind,
} from '../ports/container-runtime.js';
import type { LogsOfHost } from '../ports/container-logs.js';
import type { EngineObjects } from '../ports/engine-objects.js';
import type { HoldsOfHost } from '../ports/host-holds.js';
import type { RegistryCredentials } from '../ports/registry.js';
import { succeeded, type Transport } from '../ports/transport.js';
import {
  containerAnswer,
  containerListAnswer,
  createdAnswer,
  environmentAnswer,
  infoAnswer,
  type ContainerAnswer,
} from './answers.js';
import { bindSourcesFrom, bindSourcesScript } from './bind-sources.js';
import { createBody, endpointBody, restartPolicyBody, seconds } from './create-body.js';
import { engineAddresses } from './engine-address.js';
import { EngineClient } from './engine-client.js';
import { EngineHolds } from './engine-holds.js';
import { EngineLogs } from './engine-logs.js';
import { EngineThings } from './engine-things.js';
import { EngineImages } from './engine-images.js';
import { dataFolderVariable, hostLookScript, readHostLook, type HostLook } from './host-look.js';
import { observedContainer } from './observe.js';
import { logText } from './raw-stream.js';
import { unitFilesScript, unitFileWords } from './unit-files.js';

/** The Docker Engine of one host, over its connection. */
export class HostEngine implements HostContainers {
  readonly #client: EngineClient;
  readonly #images: EngineImages;
  readonly holds: HoldsOfHost;
  readonly objects: EngineObjects;
  readonly printed: LogsOfHost;
  #unitWords: { readonly words: Promise<ReadonlySet<string>>; readonly until: Milliseconds } | undefined;

  constructor(
    private readonly host: Host,
    private readonly transport: Transport,
    private readonly clock: Clock,
  ) {
    this.#client = new EngineClient(host, transport, clock);
    this.#images = new EngineImages(host, this.#client);
    this.holds = new EngineHolds(this.#client);
    this.objects = new EngineThings(this.#client);
    this.printed = new EngineLogs(this.#client);
  }

  async info(): Promise<RuntimeInfo> {
    const info = await this.#client.read(infoAnswer, { method: 'GET', path: '/info' });
    const clockZero = Date.parse(info.SystemTime ?? '') - this.clock.elapsed();
    const identity = await this.#client.identity();
    const variant = variantOf(info.Architecture ?? '');
    const { freeBytes, login } = await this.#look(info.DockerRootDir ?? '');
    return {
      ...identity,
      ...engineAddresses(this.host.docker, login),
      ...defined({ variant, freeBytes }),
      ...(Number.isNaN(clockZero) ? {} : { clockZero }),
    };
  }

  async list(): Promise<readonly ObservedContainer[]> {
    const all = await this.#client.read(containerListAnswer, {
      method: 'GET',
      path: '/containers/json',
      query: { all: '1' },
    });
    const answers = await Promise.all(all.map(({ Id }) => this.#inspect(Id)));
    // One that was removed in the meantime is not there.
    return this.#observe(answers.filter((answer) => answer !== undefined));
  }

  async inspect(container: ContainerId | ContainerName): Promise<ObservedContainer | undefined> {
    const answer = await this.#inspect(container);
    return answer === undefined ? undefined : (await this.#observe([answer]))[0];
  }

  async environment(container: ContainerId): Promise<Readonly<Record<string, string>>> {
    const request = { method: 'GET', path: `${containerPath(container)}/json` } as const;
    const { Config } = await this.#client.read(environmentAnswer, request);
    const pairs = (Config.Env ?? []).map((line) => {
      const [name = ''] = line.split('=');
      return [name, line.slice(name.length + 1)] as const;
    });
    return Object.fromEntries(pairs);
  }

  image(image: PinnedImage): Promise<LocalImage | undefined> {
    return this.#images.image(image);
  }

  images(): Promise<readonly LocalImage[]> {
    return this.#images.images();
  }

  pull(
    image: PinnedImage,
    credentials: RegistryCredentials | undefined,
    onProgress: (progress: PullProgress) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    return this.#images.pull(image, credentials, onProgress, signal);
  }

  async sources(paths: readonly string[]): Promise<readonly SourceKind[]> {
    if (paths.length === 0) return [];
    const connection = await this.transport.connect(this.host);
    const { stdout } = await connection.run(
      { script: bindSourcesScript(paths) },
      { timeout: 20_000, become: this.host.docker.sudo === true },
    );
    return bindSourcesFrom(stdout, paths);
  }

  async create(
    spec: ContainerSpec,
    labels: Readonly<Record<string, string>>,
    onWarning: (warning: string) => void = () => undefined,
  ): Promise<ContainerId> {
    const { Id, Warnings } = await this.#client.read(createdAnswer, {
      method: 'POST',
      path: '/containers/create',
      query: { name: spec.name },
      body: createBody(spec, labels),
    });
    for (const warning of Warnings ?? []) onWarning(warning);
    const id = containerId(Id);
    try {
      // Engines before API 1.44 take only one network at creation.
      for (const network of spec.networks.slice(1)) {
        await this.#client.call({
          method: 'POST',
          path: `/networks/${encodeURIComponent(network)}/connect`,
          body: { Container: Id, EndpointConfig: endpointBody(spec, network) },
        });
      }
      return id;
    } catch (error) {
      // Half a container must not be left with the name; but why it failed matters more than that it is still there.
      await this.remove(id).catch(() => undefined);
      throw error;
    }
  }

  async start(id: ContainerId): Promise<void> {
    await this.#client.call({ method: 'POST', path: `${containerPath(id)}/start` }, [notModified]);
  }

  async stop(id: ContainerId, timeout: Milliseconds): Promise<void> {
    const query = { t: String(seconds(timeout)) };
    // The Engine answers when the container has stopped, which takes a little longer than its time to stop.
    const patience = seconds(timeout) * 1_000 + 60_000;
    await this.#client.call({ method: 'POST', path: `${containerPath(id)}/stop`, query, patience }, [
      notModified,
    ]);
  }

  async rename(id: ContainerId, name: ContainerName): Promise<void> {
    await this.#client.call({ method: 'POST', path: `${containerPath(id)}/rename`, query: { name } });
  }

  async setRestartPolicy(id: ContainerId, policy: RestartPolicy): Promise<void> {
    const body = { RestartPolicy: restartPolicyBody(policy) };
    await this.#client.call({ method: 'POST', path: `${containerPath(id)}/update`, body });
  }

  async remove(id: ContainerId): Promise<void> {
    const query = { force: '1', v: '1' };
    const answer = await this.#client.call({ method: 'DELETE', path: containerPath(id), query }, [
      notFound,
      conflict,
    ]);
    if (answer.status !== conflict) return;
    // Another client is removing it already: done when it is gone.
    const until = this.clock.elapsed() + 30_000;
    while ((await this.#inspect(id)) !== undefined) {
      if (this.clock.elapsed() >= until) throw this.#client.failure(answer);
      await this.clock.sleep(200);
    }
  }

  async ensureNetwork(name: string): Promise<void> {
    const path = `/networks/${encodeURIComponent(name)}`;
    const found = await this.#client.call({ method: 'GET', path }, [notFound]);
    if (found.status !== notFound) return;
    const body = { Name: name, Driver: 'bridge', CheckDuplicate: true };
    // A conflict means that another client made it just now.
    await this.#client.call({ method: 'POST', path: '/networks/create', body }, [conflict]);
  }

  removeImage(id: string): Promise<boolean> {
    return this.#images.removeImage(id);
  }

  async logs(id: ContainerId, lines: number): Promise<string> {
    const query = { stdout: '1', stderr: '1', tail: String(lines) };
    const { body } = await this.#client.call({ method: 'GET', path: `${containerPath(id)}/logs`, query });
    return logText(body);
  }

  async #inspect(container: ContainerId | ContainerName | string): Promise<ContainerAnswer | undefined> {
    const path = `${containerPath(container)}/json`;
    const answer = await this.#client.call({ method: 'GET', path }, [notFound]);
    return answer.status === notFound ? undefined : this.#client.parse(containerAnswer, answer);
  }

  async #observe(answers: readonly ContainerAnswer[]): Promise<ObservedContainer[]> {
    const foreign = answers.some(({ Config }) => Config.Labels?.[label.container] === undefined);
    const words = foreign ? await this.#wordsOfUnits() : new Set<string>();
    return answers.map((answer) => observedContainer(answer, (name) => words.has(name)));
  }

  /** What systemd's unit files on the host say to docker; read again after a minute. */
  #wordsOfUnits(): Promise<ReadonlySet<string>> {
    const known = this.#unitWords;
    if (known !== undefined && this.clock.elapsed() < known.until) return known.words;
    const words = this.transport
      .connect(this.host)
      .then((connection) => connection.run({ script: unitFilesScript }, { timeout: 20_000 }))
      .then(({ stdout }) => unitFileWords(stdout));
    this.#unitWords = { words, until: this.clock.elapsed() + 60_000 };
    words.catch(() => (this.#unitWords = undefined));
    return words;
  }

  /** `folder` is where the Engine keeps its data; empty when it does not tell. */
  async #look(folder: string): Promise<HostLook> {
    const connection = await this.transport.connect(this.host);
    const options = { timeout: 20_000, env: { [dataFolderVariable]: folder } };
    const result = await connection.run({ script: hostLookScript, exposes: [folder] }, options);
    return succeeded(result) ? readHostLook(result.stdout) : {};
  }
}

/** The variant of a machine that its kernel calls so: `armv7l`, `aarch64`. Other architectures have none that a kernel tells. */
function variantOf(machine: string): string | undefined {
  if (machine === 'aarch64') return 'v8';
  const version = /^armv(\d+)/.exec(machine)?.[1];
  return version === undefined ? undefined : `v${version}`;
}

const notModified = 304;
const notFound = 404;
const conflict = 409;

const containerPath = (container: string): string => `/containers/${encodeURIComponent(container)}`;
