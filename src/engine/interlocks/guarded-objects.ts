import type {
  ContainerOutput,
  EngineNetwork,
  EngineObjects,
  EngineVolume,
  ExecCommand,
  ExecId,
  ExecState,
  NewNetwork,
  NewVolume,
  OutputOptions,
} from '../../ports/engine-objects.js';
import type { RegistryCredentials } from '../../ports/registry.js';
import type { SentRequest } from './unfinished-requests.js';

/** How the guarded Engine reads and changes. */
interface Ways {
  /** Read again while the Engine does not answer. */
  read<T>(read: () => Promise<T>): Promise<T>;
  /** Recorded first; when its answer was lost, `isDone` says whether it was carried out, and only if not it is asked for again. */
  change(
    request: SentRequest & Required<Pick<SentRequest, 'isDone'>>,
    act: () => Promise<void>,
  ): Promise<void>;
  /** Recorded first, and made again when its answer was lost: what it does once more does no harm. */
  prepare<T>(what: string, act: () => Promise<T>): Promise<T>;
}

/** Networks, volumes and commands of one Engine behind the run's interlocks. */
export class GuardedObjects implements EngineObjects {
  constructor(
    private readonly objects: EngineObjects,
    private readonly ways: Ways,
  ) {}

  network(name: string): Promise<EngineNetwork | undefined> {
    return this.ways.read(() => this.objects.network(name));
  }

  createNetwork(network: NewNetwork): Promise<void> {
    const isDone = async (): Promise<boolean> => (await this.objects.network(network.name)) !== undefined;
    const what = `create network ${network.name}`;
    return this.ways.change({ what, isDone }, () => this.objects.createNetwork(network));
  }

  removeNetwork(name: string): Promise<void> {
    const isDone = async (): Promise<boolean> => (await this.objects.network(name)) === undefined;
    return this.ways.change({ what: `remove network ${name}`, isDone }, () =>
      this.objects.removeNetwork(name),
    );
  }

  volume(name: string): Promise<EngineVolume | undefined> {
    return this.ways.read(() => this.objects.volume(name));
  }

  createVolume(volume: NewVolume): Promise<void> {
    const isDone = async (): Promise<boolean> => (await this.objects.volume(volume.name)) !== undefined;
    const what = `create volume ${volume.name}`;
    return this.ways.change({ what, isDone }, () => this.objects.createVolume(volume));
  }

  removeVolume(name: string): Promise<void> {
    const isDone = async (): Promise<boolean> => (await this.objects.volume(name)) === undefined;
    return this.ways.change({ what: `remove volume ${name}`, isDone }, () => this.objects.removeVolume(name));
  }

  usersOf(kind: 'volume' | 'network', name: string): Promise<readonly string[]> {
    return this.ways.read(() => this.objects.usersOf(kind, name));
  }

  verifyLogin(credentials: RegistryCredentials): Promise<void> {
    return this.ways.read(() => this.objects.verifyLogin(credentials));
  }

  output(container: string, options: OutputOptions): Promise<ContainerOutput> {
    return this.ways.read(() => this.objects.output(container, options));
  }

  /** One that was prepared and is never started runs nothing. */
  prepareExec(container: string, command: ExecCommand): Promise<ExecId> {
    return this.ways.prepare(`run a command in container ${container}`, () =>
      this.objects.prepareExec(container, command),
    );
  }

  /** Sent once: see `runExec` for what becomes of a lost answer. */
  startExec(id: ExecId, stdin: string | undefined, signal?: AbortSignal): Promise<ContainerOutput> {
    return this.objects.startExec(id, stdin, signal);
  }

  exec(id: ExecId): Promise<ExecState | undefined> {
    return this.objects.exec(id);
  }
}
