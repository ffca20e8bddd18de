import type { Duplex } from 'node:stream';
import { AdfError } from '../../errors/adf-error.js';
import { unreachable } from '../../errors/ssh.js';
import { defined } from '../../model/defined.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Host } from '../../model/host.js';
import { unlessAborted, type Clock, type Random } from '../../ports/clock.js';
import type {
  Connection,
  HostKeySource,
  KeyPusher,
  RecordedHostKey,
  Transport,
} from '../../ports/transport.js';
import type { BecomePassword } from '../become-password.js';
import { AuthenticationBrake } from './authentication-brake.js';
import { KeyRing } from './authentication/key-ring.js';
import type { PassphraseSources } from './authentication/passphrases.js';
import { handshake, openTcp, type Greeting } from './dial.js';
import { HandshakeGate } from './handshake-gate.js';
import { HostKeys } from './host-keys.js';
import { defaultLimits, type SshLimits } from './limits.js';
import { localFacts } from './openssh-config/local-facts.js';
import { OpenSshConfig } from './openssh-config/openssh-config.js';
import { ProxyCommands } from './proxy-command.js';
import { DestinationResolver } from './resolver.js';
import { connectionKey, serverKey, type Destination, type Hop } from './settings.js';
import { SharedConnections } from './shared-connections.js';
import { SshConnection } from './ssh-connection.js';

export interface SshTransportOptions extends PassphraseSources {
  /** EC2 Instance Connect; absent where there is no EC2. */
  readonly keyPusher?: KeyPusher;
  readonly clock: Clock;
  readonly random: Random;
  /** Where `~` is, and `.ssh` in it. */
  readonly homeDirectory: string;
  /** What relative paths of an inventory begin at; the working directory when absent. */
  readonly baseDirectory?: string;
  /** SSH_AUTH_SOCK. */
  readonly agentSocket?: string;
  /** Who logs in where no user is set. */
  readonly defaultUser: string;
  readonly limits?: Partial<SshLimits>;
  /** The OpenSSH client that is asked about its configuration; `ssh` on the PATH when absent. */
  readonly sshProgram?: string;
  /** Asked for the keys of hosts with `host_keys: console`. */
  readonly hostKeySource?: HostKeySource;
  /** Told of each key that was accepted and put on record. */
  readonly onHostKeyRecorded?: (recorded: RecordedHostKey) => void;
  /** For sudo, where it wants one. */
  readonly becomePassword?: BecomePassword;
  /** Shared with others who connect to the same servers. */
  readonly gate?: HandshakeGate;
  /** Shared likewise. */
  readonly brake?: AuthenticationBrake;
}

/**
 * Reaches hosts by SSH: one connection a host, opened when it is first asked for, shared by all who ask, and opened anew by
 * the first who asks after it was lost.
 */
export class SshTransport implements Transport {
  readonly #limits: SshLimits;
  readonly #gate: HandshakeGate;
  readonly #brake: AuthenticationBrake;
  readonly #keys: KeyRing;
  readonly #resolver: DestinationResolver;
  readonly #hostKeys: HostKeys;
  readonly #connections: SharedConnections<SshConnection>;
  readonly #proxyCommands: ProxyCommands;

  constructor(private readonly options: SshTransportOptions) {
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#connections = new SharedConnections(options.clock, this.#limits.refusalMemory);
    this.#proxyCommands = new ProxyCommands(options.clock);
    this.#gate = options.gate ?? new HandshakeGate(this.#limits);
    this.#brake = options.brake ?? new AuthenticationBrake(options.clock);
    this.#keys = new KeyRing(options);
    const { clock, hostKeySource: source, onHostKeyRecorded: onRecorded } = options;
    this.#hostKeys = new HostKeys({
      clock,
      ...defined({ source, onRecorded }),
    });
    const { homeDirectory, baseDirectory = process.cwd(), defaultUser, agentSocket } = options;
    const local = localFacts(homeDirectory);
    this.#resolver = new DestinationResolver({
      homeDirectory,
      baseDirectory,
      defaultUser,
      ...defined({ agentSocket }),
      limits: this.#limits,
      config: new OpenSshConfig({
        clock: options.clock,
        local,
        ...defined({ program: options.sshProgram }),
      }),
      local,
    });
  }

  /** An abort leaves the connection to the others who asked for it. */
  async connect(host: Host, signal?: AbortSignal): Promise<Connection> {
    signal?.throwIfAborted();
    return unlessAborted(this.#reach(host), signal);
  }

  /** How a host would be reached, without speaking to it. Throws `ssh.config`, `ssh.proxy_jump`, `ssh.unsafe_name`. */
  route(host: Host): Promise<Hop> {
    return this.#resolver.resolve(host);
  }

  async close(): Promise<void> {
    await this.#connections.close();
    await this.#proxyCommands.close();
  }

  async #reach(host: Host): Promise<SshConnection> {
    return this.#shared(await this.#resolver.resolve(host), 'host');
  }

  #shared(hop: Hop, role: 'host' | 'bastion'): Promise<SshConnection> {
    const open = (closing: AbortSignal): Promise<SshConnection> => this.#open(hop, closing);
    return this.#connections.get(connectionKey(hop, role), hop.host, open);
  }

  /** Tries until the server lets us in, refuses for a reason, or the time is up. */
  async #open(hop: Hop, closing: AbortSignal): Promise<SshConnection> {
    const { host, destination } = hop;
    const { clock, random } = this.options;
    const credentials = await this.#keys.credentialsFor(host, destination);
    const hostKeys = await this.#hostKeys.policyFor(host, destination);
    const server = serverKey(destination);
    let spent: Milliseconds = 0;
    for (let attempt = 0; ; attempt += 1) {
      // Before our own turn: a bastion needs one too.
      const bastion = await this.#bastion(host, destination);
      const visit = (mayAuthenticate: () => Promise<void>): Promise<Greeting> =>
        this.#gate.pass(server, async () => {
          closing.throwIfAborted();
          // The time that a person takes to answer is not counted.
          const servers = (): Milliseconds => clock.elapsed() - credentials.waitElsewhere.spent;
          const started = servers();
          try {
            const { socket, failure } = await this.#link(host, destination, bastion, closing);
            if (socket === 'reset') {
              return { kind: 'dropped', phase: 'tcp', reason: 'the connection was reset' };
            }
            const speakers = { host, destination, socket, hostKeys, credentials, mayAuthenticate, closing };
            const greeting = await handshake(speakers, clock);
            const reason = greeting.kind === 'dropped' ? await failure : undefined;
            if (reason !== undefined) throw reason;
            return greeting;
          } catch (error) {
            // No fault of the host: it is gone to again, over a new connection to the bastion.
            if (bastion?.alive !== false || !(error instanceof AdfError) || error.code !== 'ssh.unreachable')
              throw error;
            return { kind: 'dropped', phase: 'bastion', reason: 'the connection to its bastion was lost' };
          } finally {
            spent += servers() - started;
          }
        });
      const greeting = await this.#brake.pass(hop, visit, ({ kind }) => kind === 'welcome');
      if (greeting.kind === 'welcome') {
        const { becomePassword } = this.options;
        const further = (): Promise<SshConnection> => this.#open(hop, closing);
        return new SshConnection(host, greeting.client, clock, this.#limits, becomePassword, further);
      }
      if (spent >= destination.connectTimeout) {
        throw unreachable(host, greeting.phase, `${greeting.reason}, ${attempt + 1} times`);
      }
      const pause = Math.min(100 * 2 ** attempt, 2_000) * (0.5 + random.next());
      spent += pause;
      await clock.sleep(pause, closing);
    }
  }

  async #bastion(host: Host, { route }: Destination): Promise<SshConnection | undefined> {
    if (route.kind !== 'jump') return undefined;
    try {
      return await this.#shared(route.bastion, 'bastion');
    } catch (error) {
      if (error instanceof AdfError) throw unreachable(host, 'bastion', error.message, error);
      throw error;
    }
  }

  async #link(
    host: Host,
    destination: Destination,
    bastion: SshConnection | undefined,
    closing: AbortSignal,
  ): Promise<Link> {
    const { route } = destination;
    if (route.kind === 'command') {
      const { stream, failure } = this.#proxyCommands.start(host, route.command);
      return { socket: stream, failure };
    }
    if (bastion === undefined)
      return { socket: await openTcp(host, destination, this.options.clock, closing) };
    try {
      return { socket: await bastion.forward({ address: destination.address, port: destination.port }) };
    } catch (error) {
      if (!(error instanceof AdfError)) throw error;
      const phase = error.code === 'ssh.forwarding_unanswered' ? 'tcp' : 'bastion';
      throw unreachable(host, phase, error.message, error);
    }
  }
}

/** What SSH is spoken over, and whether it broke for a reason of its own, which asking again would not mend. */
interface Link {
  /** `reset`: as `openTcp` has it. */
  readonly socket: Duplex | 'reset';
  readonly failure?: Promise<AdfError | undefined>;
}
