import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { labUnknown } from '../../errors/lab.js';
import { defined } from '../../model/defined.js';
import { Engine } from '../docker-engine/engine.js';
import { closed, type Address } from '../listen.js';
import { writeCommands } from './commands.js';
import type { KeyPair } from './keys.js';
import { PublishedAddresses } from './published.js';
import { signalGroup } from './session.js';
import { SshServer } from './ssh-server.js';

export interface HostSettings {
  /** The instance id. */
  readonly id: string;
  readonly name: string;
  readonly zone: string;
  /** The host's own address; its apps are published there. */
  readonly address: string;
  /** Where its sshd listens: its own address, or anything of the loopback that a bastion leads to. */
  readonly ssh: Address;
  /** False where only 127.0.0.1 may be listened on: then its ports are others in reality. */
  readonly ownAddress: boolean;
  /** The host's folder: the root of its file system, as far as that goes. */
  readonly root: string;
  /** Where the Engine's socket is made; short, since a socket's path may have about 100 characters. */
  readonly socketPath: string;
  readonly hostKey: KeyPair;
  readonly clientKey: KeyPair;
  /** Keys that let a user in besides, as lines of authorized_keys. */
  readonly alsoAuthorized?: (user: string) => readonly string[];
}

/** One host of the lab: a real SSH server, a Docker Engine, a folder; and the handles to hurt it. */
export class LabHost {
  readonly id: string;
  readonly name: string;
  readonly zone: string;
  readonly address: string;
  readonly root: string;
  /** A Docker client connects here. */
  readonly dockerSocket: string;
  readonly engine: Engine;
  readonly #settings: HostSettings;
  readonly #published: PublishedAddresses;
  readonly #children = new Set<ChildProcess>();
  readonly #dockerServer: Server;
  #ssh: SshServer;
  #sshAddress: Address;

  constructor(settings: HostSettings) {
    this.#settings = settings;
    this.id = settings.id;
    this.name = settings.name;
    this.zone = settings.zone;
    this.address = settings.address;
    this.root = settings.root;
    this.dockerSocket = settings.socketPath;
    this.#published = new PublishedAddresses(settings.address, settings.ownAddress);
    this.engine = new Engine({
      name: settings.name,
      disk: diskOf(this.#diskMark()),
      publish: (port) => this.#published.publish(port),
    });
    this.#dockerServer = createServer((socket) => this.engine.accept(socket));
    this.#ssh = this.#makeSshServer();
    this.#sshAddress = settings.ssh;
  }

  /** Where its sshd really listens. */
  get sshAddress(): Address {
    return this.#sshAddress;
  }

  /** Logins since sshd was started last. */
  get logins(): number {
    return this.#ssh.logins;
  }

  /** Throws `lab.port_taken`. */
  async start(): Promise<void> {
    for (const folder of ['bin', 'tmp', 'var/tmp']) mkdirSync(join(this.root, folder), { recursive: true });
    writeCommands(join(this.root, 'bin'));
    await new Promise<void>((resolve) => this.#dockerServer.listen(this.dockerSocket, resolve));
    await this.startSshd();
  }

  /** Ends everything of it, at once: connections, containers, commands. */
  async stop(): Promise<void> {
    await this.#ssh.stop();
    for (const { pid } of this.#children) if (pid !== undefined) signalGroup(pid, 'SIGKILL');
    await this.engine.stop();
    await closed(this.#dockerServer);
  }

  /** Connections break, and new ones are refused; containers and commands go on. */
  async stopSshd(): Promise<void> {
    await this.#ssh.stop();
  }

  async startSshd(): Promise<void> {
    this.#ssh = this.#makeSshServer();
    this.#sshAddress = await this.#ssh.listen(this.#sshAddress);
  }

  /** Connections break, and new ones are welcome. */
  dropConnections(): void {
    this.#ssh.dropConnections();
  }

  /** The container's process ends; its restart policy decides what follows. Throws `lab.unknown`. */
  crash(container: string): void {
    const found = this.engine.containers.find(container);
    const known = this.engine.containers.all().map(({ name }) => name);
    if (found === undefined) throw labUnknown('container', container, known);
    found.crash();
  }

  async restartDocker(): Promise<void> {
    await this.engine.restart();
  }

  /** Pulls fail and `df` shows no room. */
  fillDisk(): void {
    writeFileSync(this.#diskMark(), '');
  }

  emptyDisk(): void {
    rmSync(this.#diskMark(), { force: true });
  }

  /** Where a published port of this host is really listened on. */
  locate(port: number): Address {
    return this.#published.locate(port);
  }

  #diskMark(): string {
    return join(this.#settings.root, '.disk-full');
  }

  #makeSshServer(): SshServer {
    const { hostKey, clientKey, alsoAuthorized, root } = this.#settings;
    const environment = {
      PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? '/usr/bin:/bin'}`,
      HOME: root,
      TMPDIR: join(root, 'tmp'),
      USER: 'lab',
      LOGNAME: 'lab',
      SHELL: '/bin/sh',
      LANG: 'C.UTF-8',
      HOSTNAME: this.name,
      ADFPUSH_HOST_ROOT: root,
      LAB_DOCKER_SOCKET: this.dockerSocket,
    };
    return new SshServer({
      name: this.name,
      hostKey,
      clientKey,
      ...defined({ alsoAuthorized }),
      forwardTo: ({ address, port }) => (this.#isMine(address) ? this.locate(port) : { address, port }),
      host: {
        root,
        environment,
        dialDocker: (stream: Duplex) => this.engine.accept(stream),
        started: (child) => {
          this.#children.add(child);
          child.once('close', () => this.#children.delete(child));
        },
      },
    });
  }

  /** Seen from a host, its loopback is its own, though all hosts of the lab share one. */
  #isMine(address: string): boolean {
    return ['127.0.0.1', '::1', 'localhost', '0.0.0.0', this.address].includes(address);
  }
}

const diskOf = (mark: string) => ({
  get full(): boolean {
    return existsSync(mark);
  },
});
