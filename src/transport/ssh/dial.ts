import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { Client } from 'ssh2';
import type { AdfError } from '../../errors/adf-error.js';
import { authenticationFailed, noCommonAlgorithm } from '../../errors/ssh-authentication.js';
import { unreachable, type ConnectPhase } from '../../errors/ssh.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Host } from '../../model/host.js';
import { unlessAborted, within, type Clock } from '../../ports/clock.js';
import { Authentication } from './authentication/authentication.js';
import type { Credentials } from './authentication/offer.js';
import type { WaitElsewhere } from './authentication/wait-elsewhere.js';
import { FirstWords } from './first-words.js';
import type { HostKeyPolicy } from './host-keys.js';
import type { Destination } from './settings.js';

/**
 * A TCP connection without Nagle's delay, which would cost 40 ms a command. `reset`: the other side accepted and hung up again before
 * we came to notice that it had accepted. Throws `ssh.unreachable`, and the reason of `closing`.
 */
export async function openTcp(
  host: Host,
  { address, port, connectTimeout }: Destination,
  clock: Clock,
  closing: AbortSignal,
): Promise<Duplex | 'reset'> {
  const socket = connectTcp({ host: address, port, noDelay: true });
  let isFound = isIP(address) !== 0;
  socket.once('lookup', () => (isFound = true));
  const connected = new Promise<Duplex | 'reset'>((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    // For the socket's whole life: an error without a listener would end the program.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET') resolve('reset');
      const [phase, reason] = tcpReasons[error.code ?? ''] ?? (['tcp', error.message] as const);
      reject(unreachable(host, phase, `${reason} (port ${port})`, error));
    });
  });
  const patience = connectTimeout / 1_000;
  const inTime = within(clock, connectTimeout, connected, () =>
    isFound
      ? unreachable(host, 'tcp', `no answer from port ${port} within ${patience} s`)
      : unreachable(host, 'name', `the name server did not answer within ${patience} s`),
  );
  try {
    return await unlessAborted(inTime, closing);
  } catch (error) {
    socket.destroy();
    throw error;
  }
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
  /** Awaited before the first byte that authenticates; what it rejects with ends the handshake. */
  readonly mayAuthenticate: () => Promise<void>;
  /** Aborted when no caller waits for it any more. */
  readonly closing: AbortSignal;
}

/**
 * How a handshake ended. `dropped`: the server hung up before it was told who we are, as sshd does when too many connections are not
 * authenticated yet (MaxStartups), or while it waited for others or a person (LoginGraceTime); it may be asked again.
 */
export type Greeting =
  | { readonly kind: 'welcome'; readonly client: Client }
  | { readonly kind: 'dropped'; readonly phase: ConnectPhase; readonly reason: string };

/**
 * Speaks SSH over a stream until the user is let in.
 * Throws `ssh.unreachable`, `ssh.host_key`, `ssh.no_common_algorithm`, `ssh.authentication`, `ssh.no_key`, and the reason of `closing`.
 */
export async function handshake(
  { host, destination, socket, hostKeys, credentials, mayAuthenticate, closing }: Handshake,
  clock: Clock,
): Promise<Greeting> {
  const client = new Client();
  const authentication = new Authentication(destination.user, credentials);
  const { waitElsewhere } = credentials;
  const firstWords = new FirstWords(socket);
  let keysAreAgreed = false;
  let permission: Promise<void> | undefined;
  let rejectedKey: AdfError | undefined;
  let acceptedKey: Buffer | undefined;

  const ended = new Promise<Greeting>((resolve, reject) => {
    const drop = (error: Error): void =>
      resolve({ kind: 'dropped', phase: phase(), reason: describe(error) });
    const fail = (error: SshError): void => {
      if (isDrop(error)) drop(error);
      else if (waitElsewhere.waiting) void waitElsewhere.answered().then(() => drop(error));
      else reject(explain(error));
    };
    client.once('ready', () => resolve({ kind: 'welcome', client: mortal(client, socket) }));
    client.once('handshake', () => (keysAreAgreed = true));
    client.once('close', () => fail(hungUp()));
    client.on('banner', (text) => authentication.hearBanner(text));
    // For the client's whole life: an error without a listener would end the program.
    client.on('error', (error: SshError) => {
      // A key that could not be signed with is told of by its offer; the next one's turn has come.
      if (error.level !== 'agent') fail(error);
    });
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
        // It is asked again at every rekey.
        if (acceptedKey !== undefined) return acceptedKey.equals(key);
        rejectedKey = hostKeys.judge(key);
        if (rejectedKey === undefined) acceptedKey = key;
        return rejectedKey === undefined;
      },
      authHandler: (methods, _partial, next) => {
        // Waiting for others is not the server's time either.
        permission ??= waitElsewhere.during(mayAuthenticate());
        permission
          // The host has proved by now that the key is its own; a new key is on record before a login is sent.
          .then(() => hostKeys.confirm())
          .then(() => authentication.next(methods))
          .then((method) => {
            if (method === undefined) fail(refused);
            else next(method);
          }, reject);
      },
    });
  });
  const phase = (): ConnectPhase => {
    if (keysAreAgreed) return 'authentication';
    return firstWords.isSsh ? 'handshake' : 'banner';
  };
  const isDrop = (error: SshError): boolean =>
    rejectedKey === undefined &&
    !keysAreAgreed &&
    isHangUp(error) &&
    (firstWords.instead === undefined || firstWords.tellsToComeBack);
  const describe = (error: Error): string =>
    firstWords.instead === undefined
      ? error.message
      : `it says "${firstWords.instead}", and not that it speaks SSH`;
  const explain = (error: SshError): AdfError => {
    if (rejectedKey !== undefined) return rejectedKey;
    const [, lacking] = /no matching (.*)/.exec(error.message) ?? [];
    if (error.level === 'handshake' && lacking !== undefined) return noCommonAlgorithm(host, lacking, error);
    if (error === refused) return authenticationFailed(host, authentication.refusal);
    if (tooManyFailures.test(error.message)) {
      return authenticationFailed(host, authentication.refusal, error);
    }
    return unreachable(host, phase(), describe(error), error);
  };
  const late = (): AdfError =>
    unreachable(
      host,
      phase(),
      describe(new Error(`no answer within ${destination.connectTimeout / 1_000} s`)),
    );
  try {
    const inTime = withinServersTime(clock, destination.connectTimeout, ended, waitElsewhere, late);
    const greeting = await unlessAborted(inTime, closing);
    if (greeting.kind === 'dropped') socket.destroy();
    return greeting;
  } catch (error) {
    client.destroy();
    socket.destroy();
    throw error;
  }
}

/** ssh2 leaves a socket alone on which it has said goodbye; when the other side never answers, it would keep the program from ending. */
const mortal = (client: Client, socket: Duplex): Client =>
  Object.assign(client, {
    destroy: (): Client => {
      socket.destroy();
      return client;
    },
  });

/** As `within`, and the clock stands still while a person is asked. */
async function withinServersTime<T>(
  clock: Clock,
  duration: Milliseconds,
  promise: Promise<T>,
  waitElsewhere: WaitElsewhere,
  late: () => AdfError,
): Promise<T> {
  const end = clock.elapsed() + duration - waitElsewhere.spent;
  for (;;) {
    const left = end + waitElsewhere.spent - clock.elapsed();
    if (left <= 0) throw late();
    const settled = promise.then((value) => ({ value }));
    const first = await within(clock, Math.max(left, 100), settled, () => expired).catch((error: unknown) => {
      if (error === expired) return undefined;
      throw error;
    });
    if (first !== undefined) return first.value;
  }
}

const expired = Symbol('expired');

type SshError = Error & { readonly level?: string };

/** Ours, for a server that refused all that there was to offer. */
const refused: SshError = new Error('all keys were refused');

/** In ssh2's words: what the socket says, or that it ended. Anything else was said by the server, or about what it said. */
const isHangUp = ({ level, message }: SshError): boolean =>
  level === 'client-socket' || (level === 'protocol' && message.startsWith('Connection lost'));

const hungUp = (): SshError =>
  Object.assign(new Error('the server closed the connection'), { level: 'client-socket' });

const tooManyFailures = /too many authentication failures/i;
