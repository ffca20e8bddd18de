import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { Client } from 'ssh2';
import type { AdfError } from '../../errors/adf-error.js';
import { authenticationFailed, unreachable, type ConnectPhase } from '../../errors/ssh.js';
import type { Host } from '../../model/host.js';
import type { Clock } from '../../ports/clock.js';
import type { Credentials } from './authentication.js';
import { within } from '../../ports/deadline.js';
import type { HostKeyPolicy } from './host-keys.js';
import type { Destination } from './settings.js';

/** A TCP connection without Nagle's delay, which would cost 40 ms a command. Throws `ssh.unreachable`. */
export async function openTcp(
  host: Host,
  { address, port, connectTimeout }: Destination,
  clock: Clock,
): Promise<Duplex> {
  const socket = connectTcp({ host: address, port, noDelay: true });
  const connected = new Promise<Duplex>((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    // For the socket's whole life: an error without a listener would end the program.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const [phase, reason] = tcpReasons[error.code ?? ''] ?? (['tcp', error.message] as const);
      reject(unreachable(host, phase, `${reason} (port ${port})`, error));
    });
  });
  return within(clock, connectTimeout, connected, () => {
    socket.destroy();
    return unreachable(host, 'tcp', `no answer from port ${port} within ${connectTimeout / 1_000} s`);
  });
}

const tcpReasons: Readonly<Record<string, readonly [ConnectPhase, string]>> = {
  ENOTFOUND: ['name', 'there is no such name'],
  EAI_AGAIN: ['name', 'the name server does not answer'],
  ECONNREFUSED: ['tcp', 'connection refused'],
  EHOSTUNREACH: ['tcp', 'no route to it'],
  ENETUNREACH: ['tcp', 'no route to its network'],
  ETIMEDOUT: ['tcp', 'no answer'],
};

export interface Handshake {
  readonly host: Host;
  readonly destination: Destination;
  readonly socket: Duplex;
  readonly hostKeys: HostKeyPolicy;
  readonly credentials: Credentials;
}

/**
 * How a handshake ended. `dropped`: the server hung up before it said who it is, as sshd does when too many connections are not
 * authenticated yet (MaxStartups); it may be asked again.
 */
export type Greeting =
  | { readonly kind: 'welcome'; readonly client: Client }
  | { readonly kind: 'dropped'; readonly reason: string };

/**
 * Speaks SSH over a stream until the user is let in.
 * Throws `ssh.unreachable`, `ssh.host_key`, `ssh.authentication`.
 */
export async function handshake(
  { host, destination, socket, hostKeys, credentials }: Handshake,
  clock: Clock,
): Promise<Greeting> {
  const client = new Client();
  const offers = [...credentials.offered];
  const troubles = [...credentials.leftOut];
  let phase: ConnectPhase = 'banner';
  let rejectedKey: AdfError | undefined;
  let acceptedKey: Buffer | undefined;

  const ended = new Promise<Greeting>((resolve, reject) => {
    const fail = (error: SshError): void => {
      if (phase === 'banner' && error.level !== 'handshake')
        resolve({ kind: 'dropped', reason: error.message });
      else reject(explain(error));
    };
    client.once('ready', () => resolve({ kind: 'welcome', client }));
    client.once('handshake', () => (phase = 'authentication'));
    client.once('close', () => fail(new Error('the server closed the connection')));
    // For the client's whole life: an error without a listener would end the program.
    client.on('error', (error: SshError) => {
      if (error.level === 'agent') troubles.push(`the agent: ${error.message}`);
      else fail(error);
    });
  });
  const explain = (error: SshError): AdfError => {
    if (rejectedKey !== undefined) return rejectedKey;
    if (error.level === 'handshake') return unreachable(host, 'handshake', error.message, error);
    if (error.level !== 'client-authentication' && !tooManyFailures.test(error.message))
      return unreachable(host, phase, error.message, error);
    const offered = credentials.offered.map(({ name }) => name);
    return authenticationFailed(host, destination.user, offered, troubles.join('; '));
  };

  client.connect({
    sock: socket,
    username: destination.user,
    readyTimeout: 0,
    keepaliveInterval: destination.serverAliveInterval,
    keepaliveCountMax: destination.serverAliveCountMax,
    // Stream-local forwarding is an extension of OpenSSH, and not only OpenSSH has it.
    strictVendor: false,
    algorithms: { serverHostKey: [...hostKeys.algorithms] },
    hostVerifier: (key: Buffer): boolean => {
      if (phase === 'banner') phase = 'handshake';
      // It is asked again at every rekey.
      if (acceptedKey !== undefined) return acceptedKey.equals(key);
      rejectedKey = hostKeys.judge(key);
      if (rejectedKey === undefined) acceptedKey = key;
      return rejectedKey === undefined;
    },
    // Nothing but our keys: ssh2 would try `none` first, and each try is a round trip and counts as a failure.
    authHandler: () => offers.shift()?.method ?? false,
  });
  const late = (): AdfError =>
    unreachable(host, phase, `no answer within ${destination.connectTimeout / 1_000} s`);
  try {
    const greeting = await within(clock, destination.connectTimeout, ended, late);
    if (greeting.kind === 'dropped') socket.destroy();
    return greeting;
  } catch (error) {
    client.destroy();
    socket.destroy();
    throw error;
  }
}

type SshError = Error & { readonly level?: string };

const tooManyFailures = /too many authentication failures/i;
