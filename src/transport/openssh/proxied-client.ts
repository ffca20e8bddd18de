import { EventEmitter } from 'node:events';
import type { Clock } from '../../ports/clock.js';
import type { ChannelAnswer, SshClient } from '../ssh/ssh-client.js';
import {
  about,
  directStreamLocal,
  directTcp,
  exec,
  message,
  open,
  session,
  type ChannelKind,
} from './connection-protocol.js';
import { openProxySocket, type ProxySocket } from './control-socket.js';
import { ProxiedChannel } from './proxied-channel.js';
import { MessageReader, uint32 } from './wire.js';

/** A channel that was asked for, until the host is done with it. */
interface Entry {
  readonly kind: ChannelKind;
  /** Run once the channel is open. */
  readonly line?: string;
  /** Taken away once it was given its answer. */
  answer?: ChannelAnswer;
  channel?: ProxiedChannel;
}

/** Speaks the connection protocol (RFC 4254) over the socket of a master; the master does all that comes below it. */
export class ProxiedClient extends EventEmitter implements SshClient {
  readonly #channels = new Map<number, Entry>();
  #nextId = 0;
  #refused = 0;
  #lost = false;

  private constructor(
    private readonly proxy: ProxySocket,
    /** Why the master ended, when it said so. */
    private readonly lastWords: () => string | undefined,
  ) {
    super();
    const { socket, cutter } = proxy;
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const bytes of cutter.cut(chunk)) this.#receive(new MessageReader(bytes));
      } catch (error) {
        this.emit('error', error);
        socket.destroy();
      }
    });
    socket.on('error', (error) => this.emit('error', error));
    socket.once('close', () => this.#lose());
    socket.resume();
  }

  /** Rejects with an Error when the master is gone, or does not answer. */
  static async open(path: string, lastWords: () => string | undefined, clock: Clock): Promise<ProxiedClient> {
    return new ProxiedClient(await openProxySocket(path, clock), lastWords);
  }

  /**
   * How many channels were refused. A master keeps a place for each for as long as it lives, and ends when all 10,000 are taken
   * (OpenSSH's channels.c: channel_proxy_upstream, channel_new).
   */
  get refused(): number {
    return this.#refused;
  }

  exec(line: string, answer: ChannelAnswer): void {
    this.#open({ kind: session, line, answer });
  }

  forwardOut(
    originAddress: string,
    originPort: number,
    address: string,
    port: number,
    answer: ChannelAnswer,
  ): void {
    this.#open({ kind: directTcp(address, port, originAddress, originPort), answer });
  }

  openssh_forwardOutStreamLocal(socketPath: string, answer: ChannelAnswer): void {
    this.#open({ kind: directStreamLocal(socketPath), answer });
  }

  /** The master says goodbye to the host and ends. */
  end(): void {
    this.#signal('SIGTERM');
  }

  destroy(): void {
    this.#signal('SIGKILL');
    this.proxy.socket.destroy();
  }

  #signal(name: NodeJS.Signals): void {
    // While its end of the socket is open, the number is certainly still the master's.
    if (this.#lost) return;
    try {
      process.kill(this.proxy.pid, name);
    } catch {
      // It ended just now.
    }
  }

  #open(entry: Entry): void {
    const id = this.#nextId++;
    this.#channels.set(id, entry);
    this.#send(open(id, entry.kind));
  }

  readonly #send = (parts: readonly Uint8Array[]): void => {
    const { socket } = this.proxy;
    if (this.#lost || !socket.writable) return;
    // The master wants padding of length 0 in front.
    const length = parts.reduce((sum, part) => sum + part.length, 1);
    socket.write(Buffer.concat([uint32(length), Buffer.of(0), ...parts]));
  };

  #receive(reader: MessageReader): void {
    // The length of the padding, always 0.
    reader.byte();
    const type = reader.byte();
    const id = reader.uint32();
    const entry = this.#channels.get(id);
    if (entry === undefined) return;
    const { channel } = entry;
    switch (type) {
      case message.channelOpenConfirmation:
        this.#confirmed(entry, {
          id: reader.uint32(),
          window: reader.uint32(),
          largestPacket: reader.uint32(),
        });
        return;
      case message.channelOpenFailure:
        this.#channels.delete(id);
        this.#refused += 1;
        this.#settle(entry, new ChannelRefused(reader.uint32(), reader.text()));
        return;
      case message.channelSuccess:
        this.#settle(entry, undefined);
        return;
      case message.channelFailure:
        this.#settle(entry, new Error('the host refuses to run commands'));
        channel?.close();
        return;
      case message.channelData:
        channel?.receive('stdout', reader.bytes());
        return;
      case message.channelExtendedData:
        // The kind of data: there is only stderr.
        reader.uint32();
        channel?.receive('stderr', reader.bytes());
        return;
      case message.channelWindowAdjust:
        channel?.grow(reader.uint32());
        return;
      case message.channelEof:
        channel?.receiveEnd();
        return;
      case message.channelRequest:
        if (channel !== undefined) this.#requested(channel, reader);
        return;
      case message.channelClose:
        this.#channels.delete(id);
        channel?.receiveClose();
        this.#settle(entry, new Error('the host closed the channel'));
    }
  }

  #confirmed(entry: Entry, remote: ConstructorParameters<typeof ProxiedChannel>[0]): void {
    entry.channel = new ProxiedChannel(remote, this.#send);
    if (entry.line !== undefined) {
      this.#send(exec(remote.id, entry.line));
      return;
    }
    // Nothing comes there; it ends with the rest.
    entry.channel.stderr.resume();
    this.#settle(entry, undefined);
  }

  #requested(channel: ProxiedChannel, reader: MessageReader): void {
    const name = reader.text();
    const wantsReply = reader.boolean();
    if (name === 'exit-status') channel.emit('exit', reader.uint32());
    else if (name === 'exit-signal') channel.emit('exit', null, `SIG${reader.text()}`);
    // A sign of life that the host asks for (ClientAliveInterval) comes as an unknown request, too: any answer does.
    if (wantsReply) this.#send(about(channel.remoteId, 'channelFailure'));
  }

  #settle(entry: Entry, error: Error | undefined): void {
    const { answer, channel } = entry;
    delete entry.answer;
    // As ssh2 does it: with an error there is no channel, which nobody looks at then.
    answer?.(error, channel as ProxiedChannel);
  }

  #lose(): void {
    this.#lost = true;
    const entries = [...this.#channels.values()];
    this.#channels.clear();
    // Before the channels close: they must find the connection lost when they are asked why.
    const words = this.lastWords();
    if (words !== undefined) this.emit('error', new Error(words));
    this.emit('close');
    for (const entry of entries) {
      this.#settle(entry, new Error('the connection was lost'));
      entry.channel?.receiveClose();
    }
  }
}

/** The host will not open a channel; the reason is one of RFC 4254, 5.1. */
class ChannelRefused extends Error {
  override readonly name = 'ChannelRefused';

  constructor(
    readonly reason: number,
    message: string,
  ) {
    super(message);
  }
}
