import { PassThrough, type Duplex } from 'node:stream';
import type { Host } from '../../src/model/host.js';
import { unreachable } from '../../src/errors/ssh.js';
import type {
  CommandResult,
  Connection,
  RemoteCommand,
  RunOptions,
  Transport,
} from '../../src/ports/transport.js';
import type { World } from './world/world.js';

/** A command as a host was given it. */
export interface RanCommand {
  readonly host: Host;
  readonly command: RemoteCommand;
  /** The argv joined by blanks, or the script. */
  readonly text: string;
  readonly options: RunOptions;
}

/** What a command does; undefined leaves it to the next script, and at last to success with no output. */
export type CommandScript = (ran: RanCommand) => Partial<CommandResult> | undefined;

/** Connections to a world's hosts, whose commands do what the test says. */
export class FakeTransport implements Transport {
  readonly commands: RanCommand[] = [];
  readonly #scripts: CommandScript[] = [];

  constructor(private readonly world: World) {}

  /** Says what commands do; the last one said is asked first. */
  when(script: CommandScript): void {
    this.#scripts.unshift(script);
  }

  connect(host: Host): Promise<Connection> {
    const call = { port: 'transport', method: 'connect', actor: host.id, host: host.id, about: '' } as const;
    return this.world.calls.make(call, () => {
      if (!this.world.host(host.id).reachable) throw unreachable(host, 'tcp', 'connect ETIMEDOUT');
      return this.#connection(host);
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #connection(host: Host): Connection {
    const fake = this.world.host(host.id);
    return {
      host,
      get alive() {
        return fake.reachable;
      },
      run: (command, options = {}) => this.#run({ host, command, text: textOf(command), options }),
      stream: () => Promise.resolve<Duplex>(new PassThrough()),
      forward: () => Promise.resolve<Duplex>(new PassThrough()),
    };
  }

  #run(ran: RanCommand): Promise<CommandResult> {
    const { host, text } = ran;
    const call = { port: 'transport', method: 'run', actor: host.id, host: host.id, about: text } as const;
    return this.world.calls.make(call, () => {
      this.commands.push(ran);
      if (!this.world.host(host.id).reachable) {
        return result({ outcome: { kind: 'unknown', reason: 'connection lost' } });
      }
      for (const script of this.#scripts) {
        const told = script(ran);
        if (told !== undefined) return result(told);
      }
      return result({});
    });
  }
}

const textOf = (command: RemoteCommand): string =>
  'argv' in command ? command.argv.join(' ') : command.script;

const result = (told: Partial<CommandResult>): CommandResult => ({
  outcome: { kind: 'exited', code: 0 },
  stdout: '',
  stderr: '',
  duration: 0,
  truncated: false,
  ...told,
});
