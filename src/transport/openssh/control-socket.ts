import { connect, type Socket } from 'node:net';
import type { Milliseconds } from '../../model/duration.js';
import { within, type Clock } from '../../ports/clock.js';
import { MessageCutter, MessageReader, uint32 } from './wire.js';

/** Numbers of OpenSSH's PROTOCOL.mux. */
const mux = {
  hello: 0x00000001,
  aliveCheck: 0x10000004,
  proxy: 0x1000000f,
  alive: 0x80000005,
  proxying: 0x8000000f,
} as const;
const version = 4;

/** A master that runs answers at once: it waits for nothing. */
const patience: Milliseconds = 10_000;

/** The socket of a master, in proxy mode: from now on the connection protocol is spoken on it, as if it went to the host. */
export interface ProxySocket {
  readonly socket: Socket;
  /** The master's process. */
  readonly pid: number;
  /** Goes on where the negotiation ended. */
  readonly cutter: MessageCutter;
}

/**
 * Asks a master to hand on the connection protocol (PROTOCOL.mux, proxy mode, since OpenSSH 7.4). That needs no program for each command,
 * and tells exits, signals and refusals exactly as the host does; the exit code of an ssh program says 255 for all that is not an exit.
 * Rejects with an Error when the master is gone, will not, or says nothing for 10 s.
 */
export async function openProxySocket(path: string, clock: Clock): Promise<ProxySocket> {
  const socket = connect({ path });
  const cutter = new MessageCutter();
  let pid: number | undefined;
  try {
    const agreed = new Promise<ProxySocket>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the master hung up')));
      socket.on('data', (chunk: Buffer) => {
        for (const bytes of cutter.cut(chunk)) {
          const answer = new MessageReader(bytes);
          const kind = answer.uint32();
          if (kind === mux.hello) continue;
          // What it answers to.
          answer.uint32();
          if (kind === mux.alive) pid = answer.uint32();
          else if (kind === mux.proxying && pid !== undefined) resolve({ socket, pid, cutter });
          else reject(new Error('the master does not offer the proxy mode of OpenSSH 7.4 and later'));
        }
      });
      const requests = [
        [mux.hello, version],
        [mux.aliveCheck, 1],
        [mux.proxy, 2],
      ];
      for (const [kind = 0, value = 0] of requests) {
        socket.write(Buffer.concat([uint32(8), uint32(kind), uint32(value)]));
      }
    });
    return await within(clock, patience, agreed, () => new Error('the master does not answer'));
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    for (const event of ['error', 'close', 'data']) socket.removeAllListeners(event);
  }
}
