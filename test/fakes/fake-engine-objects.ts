import { dockerApi } from '../../src/errors/docker.js';
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
} from '../../src/ports/engine-objects.js';
import type { RegistryCredentials } from '../../src/ports/registry.js';
import type { FakeHost } from './world/fake-host.js';

/** A command that a container was given. */
interface FakeExec {
  readonly container: string;
  readonly command: ExecCommand;
  stdin?: string | undefined;
  state: ExecState;
}

/** What an Engine has of a world's host besides containers and images. */
export class FakeEngineObjects implements EngineObjects {
  readonly execs = new Map<ExecId, FakeExec>();

  constructor(
    private readonly fake: FakeHost,
    private readonly call: <T>(method: string, about: string, effect: () => T | Promise<T>) => Promise<T>,
  ) {}

  network(name: string): Promise<EngineNetwork | undefined> {
    return this.call('network', name, () => this.fake.objects.networks.get(name));
  }

  createNetwork(network: NewNetwork): Promise<void> {
    return this.call('createNetwork', network.name, () => {
      this.fake.objects.networks.set(network.name, { id: `id-of-${network.name}`, ...network });
      this.fake.networks.add(network.name);
    });
  }

  removeNetwork(name: string): Promise<void> {
    return this.call('removeNetwork', name, () => {
      this.fake.objects.networks.delete(name);
      this.fake.networks.delete(name);
    });
  }

  volume(name: string): Promise<EngineVolume | undefined> {
    return this.call('volume', name, () => this.fake.objects.volumes.get(name));
  }

  createVolume(volume: NewVolume): Promise<void> {
    return this.call('createVolume', volume.name, () => {
      this.fake.objects.volumes.set(volume.name, { mountpoint: `/volumes/${volume.name}`, ...volume });
    });
  }

  removeVolume(name: string): Promise<void> {
    return this.call('removeVolume', name, () => void this.fake.objects.volumes.delete(name));
  }

  usersOf(_kind: 'volume' | 'network', name: string): Promise<readonly string[]> {
    return this.call('usersOf', name, () => this.fake.objects.users.get(name) ?? []);
  }

  verifyLogin({ server, username, password }: RegistryCredentials): Promise<void> {
    return this.call('verifyLogin', server, () => {
      if (this.fake.objects.logins.get(username) !== password.reveal())
        throw dockerApi(this.fake.host, 401, 'incorrect username or password');
    });
  }

  output(container: string, { tail }: OutputOptions): Promise<ContainerOutput> {
    return this.call('output', container, () => {
      const output = this.fake.objects.outputs.get(container);
      if (output === undefined) throw dockerApi(this.fake.host, 404, `No such container: ${container}`);
      const lines = output.stdout.split('\n');
      return { ...output, stdout: tail === undefined ? output.stdout : lines.slice(-tail - 1).join('\n') };
    });
  }

  prepareExec(container: string, command: ExecCommand): Promise<ExecId> {
    return this.call('prepareExec', container, () => {
      const id = `exec-${this.execs.size + 1}`;
      this.execs.set(id, { container, command, state: { state: 'prepared' } });
      return id;
    });
  }

  startExec(id: ExecId, stdin: string | undefined): Promise<ContainerOutput> {
    return this.call('startExec', id, () => {
      const exec = this.execs.get(id);
      if (exec === undefined) throw dockerApi(this.fake.host, 404, `No such exec instance: ${id}`);
      if (exec.state.state !== 'prepared')
        throw dockerApi(this.fake.host, 409, `Error: Exec command ${id} has already run`);
      exec.stdin = stdin;
      this.fake.objects.ran.push({ container: exec.container, command: exec.command, stdin });
      exec.state = { state: 'ended', code: this.fake.objects.execResult.code };
      const { stdout, stderr } = this.fake.objects.execResult;
      return { stdout, stderr };
    });
  }

  exec(id: ExecId): Promise<ExecState | undefined> {
    return this.call('exec', id, () => this.execs.get(id)?.state);
  }
}

/** The same as data of a host: what there is, and what was done. */
export class HostObjects {
  readonly networks = new Map<string, EngineNetwork>();
  readonly volumes = new Map<string, EngineVolume>();
  /** Containers by what they use. */
  readonly users = new Map<string, readonly string[]>();
  /** Passwords by user names. */
  readonly logins = new Map<string, string>();
  readonly outputs = new Map<string, ContainerOutput>();
  readonly ran: { container: string; command: ExecCommand; stdin: string | undefined }[] = [];
  execResult = { code: 0, stdout: '', stderr: '' };
}
