import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { connectionLost, unreachable } from '../../errors/ssh.js';
import { defined } from '../../model/defined.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Host } from '../../model/host.js';
import { unlessAborted, type Clock, type Random } from '../../ports/clock.js';
import type { Connection, Transport } from '../../ports/transport.js';
import type { BecomePassword } from '../become-password.js';
import { AuthenticationBrake } from '../ssh/authentication-brake.js';
import { HandshakeGate } from '../ssh/handshake-gate.js';
import { defaultLimits, type SshLimits } from '../ssh/limits.js';
import { SharedConnections } from '../ssh/shared-connections.js';
import { SshConnection } from '../ssh/ssh-connection.js';
import { startCarefully } from './careful-start.js';
import { SettingsEnquiry } from './effective-settings.js';
import { checkFit, configFor, masterArguments } from './master-settings.js';
import { startMaster } from './master.js';
import { PrivateFolder } from './private-folder.js';
import { ProxiedClient } from './proxied-client.js';
import type { Surroundings } from './surroundings.js';

export interface OpenSshTransportOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Where `~` is, and `.ssh` in it. */
  readonly homeDirectory: string;
  /** What relative paths of an inventory begin at; the working directory when absent. */
  readonly baseDirectory?: string;
  /** SSH_AUTH_SOCK. */
  readonly agentSocket?: string;
  /** Who logs in where no user is set: ssh knows by itself, and this is for people. */
  readonly defaultUser: string;
  /** The OpenSSH client; `ssh` on the PATH when absent. */
  readonly sshProgram?: string;
  /** Seconds that a master outlives the last who used it: until we are back from starting it, and after we were killed. */
  readonly persist?: number;
  readonly limits?: Partial<SshLimits>;
  /** For sudo, where it wants one. */
  readonly becomePassword?: BecomePassword;
  /** Shared with others who connect to the same servers. */
  readonly gate?: HandshakeGate;
  /** Shared likewise. */
  readonly brake?: AuthenticationBrake;
}

/** A connection whose master had to refuse so often that it must be replaced before it fails (see ProxiedClient.refused). */
const wornOut = 5_000;

/** Marks of a Jenkins build: what has them is killed with it, before we could put anything back in service. */
const marksOfBuild = ['JENKINS_NODE_COOKIE', 'JENKINS_SERVER_COOKIE', 'HUDSON_SERVER_COOKIE', 'BUILD_ID'];

/**
 * Reaches hosts by the system's ssh, for what our own connections cannot do: certificates, FIDO keys, servers with post-quantum key
 * exchange only. One master (`ssh -M`) a host authenticates and encrypts; commands and forwarded connections go through its socket, so
 * that everything above is the same as with our own.
 */
export class OpenSshTransport implements Transport {
  readonly #limits: SshLimits;
  readonly #gate: HandshakeGate;
  readonly #brake: AuthenticationBrake;
  readonly #surroundings: Surroundings;
  readonly #enquiry: SettingsEnquiry;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #connections: SharedConnections<MasteredConnection>;
  #folder: Promise<PrivateFolder> | undefined;

  constructor(private readonly options: OpenSshTransportOptions) {
    const { clock, homeDirectory, baseDirectory = process.cwd(), sshProgram: program = 'ssh' } = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#gate = options.gate ?? new HandshakeGate(this.#limits);
    this.#brake = options.brake ?? new AuthenticationBrake(clock);
    this.#surroundings = { program, homeDirectory, baseDirectory };
    this.#enquiry = new SettingsEnquiry(this.#surroundings, this.#limits, clock);
    this.#environment = environmentOf(process.env, options.agentSocket);
    this.#connections = new SharedConnections(clock, this.#limits.refusalMemory, (one) => !one.wornOut);
  }

  /** An abort leaves the connection to the others who asked for it. */
  async connect(host: Host, signal?: AbortSignal): Promise<Connection> {
    signal?.throwIfAborted();
    const key = JSON.stringify([host.id, host.address, host.ssh]);
    return unlessAborted(
      this.#connections.get(key, host, (closing) => this.#open(host, closing)),
      signal,
    );
  }

  async close(): Promise<void> {
    await this.#connections.close();
    const folder = await this.#folder?.catch(() => undefined);
    await folder?.remove().catch(() => undefined);
  }

  /** Tries until the server lets us in, refuses for a reason, or the time is up. */
  async #open(host: Host, closing: AbortSignal): Promise<MasteredConnection> {
    const { clock, random, persist = 15 } = this.options;
    checkFit(host);
    const settings = await this.#enquiry.about(host);
    const files = (await this.#privateFolder()).next();
    await writeFile(files.config, configFor(host, settings, this.#surroundings), { mode: 0o600 });
    const args = masterArguments(host, settings, files, persist, this.#surroundings);
    const command = { program: this.#surroundings.program, args, environment: this.#environment };
    const user = settings.user ?? this.options.defaultUser;
    let spent: Milliseconds = 0;
    for (let attempt = 0; ; attempt += 1) {
      const start = await startCarefully(host, settings, this.#brake, () =>
        this.#gate.pass(settings.server, async () => {
          closing.throwIfAborted();
          const began = clock.elapsed();
          const started = startMaster(host, user, command, settings.connectTimeout, clock, closing);
          return started.finally(() => (spent += clock.elapsed() - began));
        }),
      );
      if (start.kind === 'ready') {
        const { talk } = start;
        const client = await ProxiedClient.open(files.socket, () => talk.lastWords, clock).catch(
          (error: unknown) => {
            const reason = error instanceof Error ? error.message : String(error);
            throw connectionLost(host, talk.lastWords ?? reason, error);
          },
        );
        const { becomePassword } = this.options;
        return new MasteredConnection(host, client, clock, this.#limits, becomePassword);
      }
      if (spent >= settings.connectTimeout) {
        throw unreachable(host, 'banner', `${start.reason}, ${attempt + 1} times`);
      }
      const pause = Math.min(100 * 2 ** attempt, 2_000) * (0.5 + random.next());
      spent += pause;
      await clock.sleep(pause, closing);
    }
  }

  #privateFolder(): Promise<PrivateFolder> {
    return (this.#folder ??= PrivateFolder.make([tmpdir(), '/tmp'], this.options.clock.now()));
  }
}

/** A connection through a master. */
class MasteredConnection extends SshConnection {
  constructor(
    host: Host,
    private readonly proxied: ProxiedClient,
    clock: Clock,
    limits: SshLimits,
    becomePassword: BecomePassword | undefined,
  ) {
    super(host, proxied, clock, limits, becomePassword);
  }

  get wornOut(): boolean {
    return this.proxied.refused >= wornOut;
  }
}

function environmentOf(own: NodeJS.ProcessEnv, agentSocket: string | undefined): NodeJS.ProcessEnv {
  const unwanted = [...marksOfBuild, 'SSH_AUTH_SOCK'];
  const kept = Object.entries(own).filter(([name]) => !unwanted.includes(name));
  return {
    ...Object.fromEntries(kept),
    ...defined({ SSH_AUTH_SOCK: agentSocket }),
  };
}
