import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { environmentName, hostId } from '../../src/model/ids.js';
import type { Host, SshSettings } from '../../src/model/host.js';
import { SshTransport, type SshTransportOptions } from '../../src/transport/ssh/ssh-transport.js';
import { describeUnless } from '../describe-unless.js';
import { atEnd } from './at-end.js';
import { kill } from './processes.js';
import { removeFolder, temporaryFolder } from './temporary-folder.js';
import { systemClock } from './system-clock.js';

const program = '/usr/sbin/sshd';

/** Why there can be no real OpenSSH server here; undefined when there can. */
export const noSshd = existsSync(program) ? undefined : `${program} is not installed`;

/** Tests that need a real OpenSSH server. Without one they are skipped aloud, or fail where everything is demanded. */
export function describeWithSshd(name: string, body: () => void): void {
  describeUnless(noSshd, name, body);
}

export interface SshdOptions {
  /** Further lines of sshd_config; they come first, and the first one counts. */
  readonly config?: readonly string[];
  /** ed25519 when absent. */
  readonly hostKeyTypes?: readonly ('ed25519' | 'ecdsa' | 'rsa')[];
  /** The folder of an earlier one, to come back with its keys and port. */
  readonly successorOf?: Sshd;
  /** Where it listens: 127.0.0.1 when absent. With `0.0.0.0` every address of 127.0.0.0/8 is a host of its own. */
  readonly listenAddress?: string;
  /** Environment variables of every session. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A real OpenSSH server of our own on 127.0.0.1, for the user who runs the tests. */
export class Sshd {
  readonly user = userInfo().username;
  readonly identityFile: string;
  readonly knownHostsFile: string;

  private constructor(
    readonly folder: string,
    readonly port: number,
    private readonly process: ChildProcess,
    private readonly log: string[],
  ) {
    this.identityFile = join(folder, 'client');
    this.knownHostsFile = join(folder, 'known_hosts');
  }

  static async start(options: SshdOptions = {}): Promise<Sshd> {
    const folder = options.successorOf?.folder ?? temporaryFolder('sshd');
    const port = options.successorOf?.port ?? (await freePort());
    const types = options.hostKeyTypes ?? ['ed25519'];
    if (options.successorOf === undefined) makeKeys(folder, port, types, options.environment ?? {});
    // Where sshd separates its privileges; packages make it at boot only.
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
    const config = [
      ...(options.config ?? []),
      `Port ${port}`,
      `ListenAddress ${options.listenAddress ?? '127.0.0.1'}`,
      ...types.map((type) => `HostKey ${folder}/host_${type}`),
      `AuthorizedKeysFile ${folder}/authorized_keys`,
      'PermitRootLogin prohibit-password',
      'PermitUserEnvironment yes',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'StrictModes no',
      'UsePAM no',
      'UseDNS no',
      'PidFile none',
      'LogLevel VERBOSE',
      // The default of newer ones costs ssh some 50 ms of CPU for each connection.
      'KexAlgorithms curve25519-sha256,curve25519-sha256@libssh.org',
    ];
    writeFileSync(join(folder, 'sshd_config'), `${config.join('\n')}\n`);
    const log: string[] = [];
    // -r: without a fresh program for each connection, which costs 10 ms of CPU.
    const child = spawn(program, ['-D', '-e', '-r', '-f', join(folder, 'sshd_config')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.on('data', (chunk: Buffer) => log.push(chunk.toString()));
    const sshd = new Sshd(folder, port, child, log);
    atEnd(() => sshd.stop());
    await until(`sshd listens on port ${port}`, async () => {
      if (child.exitCode !== null) throw new Error(`sshd ended: ${log.join('')}`);
      return answers(port);
    });
    return sshd;
  }

  /** What the server said so far. */
  get output(): string {
    return this.log.join('');
  }

  /** The first line that it says to everybody. */
  get identification(): string {
    return execFileSync('/bin/bash', [
      '-c',
      `exec 3<>/dev/tcp/127.0.0.1/${this.port}; head -n 1 <&3`,
    ]).toString();
  }

  /** This server as a host of an inventory. */
  host(ssh: SshSettings = {}, more: Partial<Host> = {}): Host {
    return {
      id: hostId(`sshd-${this.port}`),
      name: `sshd-${this.port}`,
      environment: environmentName('test'),
      groups: [],
      address: '127.0.0.1',
      targetIds: [],
      ssh: {
        user: this.user,
        port: this.port,
        identityFile: this.identityFile,
        knownHostsFile: this.knownHostsFile,
        // Not what the OpenSSH configuration of whoever runs the tests says.
        configFile: 'none',
        ...ssh,
      },
      docker: {},
      facts: {},
      ...more,
    };
  }

  /** A transport whose home is this server's folder, where no keys lie around. */
  transport(options: Partial<SshTransportOptions> = {}): SshTransport {
    return new SshTransport({
      clock: systemClock,
      random: { next: () => Math.random() },
      homeDirectory: this.folder,
      defaultUser: this.user,
      ...options,
    });
  }

  /** How many processes serve connections; each lives until its command has ended. */
  get sessions(): number {
    return this.#children().length;
  }

  /** Kills the processes that serve connections, as a crash or the kernel would; the server goes on. */
  killSessions(signal: NodeJS.Signals = 'SIGKILL'): void {
    for (const pid of this.#children()) {
      try {
        process.kill(pid, signal);
      } catch {
        // It ended by itself meanwhile.
      }
    }
  }

  /** Ends the server; sessions that are open stay as they are. */
  async stopListening(): Promise<void> {
    await kill(this.process);
  }

  async stop(): Promise<void> {
    this.killSessions();
    await this.stopListening();
    removeFolder(this.folder);
  }

  #children(): readonly number[] {
    // Another process may have the id of one that has ended.
    const { pid, exitCode, signalCode } = this.process;
    return pid === undefined || exitCode !== null || signalCode !== null ? [] : childrenOf(pid);
  }
}

function makeKeys(
  folder: string,
  port: number,
  types: readonly string[],
  environment: Readonly<Record<string, string>>,
): void {
  const makeKey = (name: string, type: string): unknown =>
    execFileSync('ssh-keygen', ['-q', '-N', '', '-t', type, '-f', join(folder, name)]);
  makeKey('client', 'ed25519');
  for (const type of types) makeKey(`host_${type}`, type);
  // Start-up files of the user's own shell would be read for every command: give the sessions a home without any.
  const variables = Object.entries({ HOME: folder, ...environment });
  const prefix = variables.map(([name, value]) => `environment="${name}=${value}"`).join(',');
  const authorized = readFileSync(join(folder, 'client.pub'), 'utf8');
  writeFileSync(join(folder, 'authorized_keys'), `${prefix} ${authorized}`);
  const known = types.map((type) => {
    const [algorithm, key] = readFileSync(join(folder, `host_${type}.pub`), 'utf8').split(' ');
    return `[127.0.0.1]:${port} ${algorithm} ${key}\n`;
  });
  writeFileSync(join(folder, 'known_hosts'), known.join(''));
}

/** Waits until `holds` says yes, and fails with `what` when it never does. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  deadline = 120_000,
): Promise<void> {
  const end = performance.now() + deadline;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`it never came true that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A port of 127.0.0.1 on which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}
