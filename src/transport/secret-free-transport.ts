import type { Duplex } from 'node:stream';
import { secretInArgument, secretInProxyCommand } from '../errors/secrets.js';
import { describeHost, type Host } from '../model/host.js';
import type { SecretKeeper } from '../ports/secret-keeper.js';
import type {
  AsUser,
  CommandResult,
  Connection,
  ForwardTarget,
  RemoteCommand,
  RunOptions,
  StepId,
  StepRecord,
  StreamOptions,
  Transport,
} from '../ports/transport.js';

/**
 * Promise 13 at the port: no program is started with a secret in its arguments, neither on a host nor on the way to it. Throws
 * `secret.in_argument`. All paths to a host go through one of these, which is made where the world is opened.
 */
export class SecretFreeTransport implements Transport {
  readonly #guarded = new WeakMap<Connection, Connection>();

  constructor(
    private readonly transport: Transport,
    private readonly secrets: Pick<SecretKeeper, 'isIn'>,
  ) {}

  async connect(host: Host, signal?: AbortSignal): Promise<Connection> {
    // What stands in the project was looked at before; some secrets are known only when they are used.
    if (this.secrets.isIn(host.ssh.proxyCommand ?? '')) {
      throw secretInProxyCommand({}, ` of ${describeHost(host)}`);
    }
    const connection = await this.transport.connect(host, signal);
    const known = this.#guarded.get(connection);
    if (known !== undefined) return known;
    const guarded = new SecretFreeConnection(connection, this.secrets);
    this.#guarded.set(connection, guarded);
    return guarded;
  }

  close(): Promise<void> {
    return this.transport.close();
  }
}

class SecretFreeConnection implements Connection {
  constructor(
    private readonly connection: Connection,
    private readonly secrets: Pick<SecretKeeper, 'isIn'>,
  ) {}

  get host(): Host {
    return this.connection.host;
  }

  get alive(): boolean {
    return this.connection.alive;
  }

  async run(command: RemoteCommand, options: RunOptions = {}): Promise<CommandResult> {
    // A script travels over stdin; with arguments, the folder that they are run in is one of them.
    this.#check([options.becomeUser ?? '']);
    this.#check('argv' in command ? [...command.argv, options.cwd ?? ''] : (command.exposes ?? []));
    return this.connection.run(command, options);
  }

  recordOf(step: StepId): Promise<StepRecord> {
    return this.connection.recordOf(step);
  }

  endStep(step: StepId, options?: AsUser): Promise<void> {
    return this.connection.endStep(step, options);
  }

  async stream(argv: readonly string[], options?: StreamOptions): Promise<Duplex> {
    this.#check(argv);
    return this.connection.stream(argv, options);
  }

  forward(to: ForwardTarget): Promise<Duplex> {
    return this.connection.forward(to);
  }

  #check(argv: readonly string[]): void {
    if (this.secrets.isIn(argv)) throw secretInArgument(`A command on ${describeHost(this.host)}`);
  }
}
