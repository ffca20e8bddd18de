import { AdfError } from '../../errors/adf-error.js';
import { authenticationStopped } from '../../errors/ssh-authentication.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Host } from '../../model/host.js';
import type { Clock } from '../../ports/clock.js';
import { serverKey, type Destination, type Hop } from './settings.js';

/**
 * Where refusals add up. OpenSSH 9.8 and later keep a record of each source address (PerSourcePenalties), and fail2ban did so before:
 * a few refused logins, or a dozen refused host keys, and the control machine is blocked.
 */
const bearable = { refusals: 2, disbeliefs: 4 } as const;

/** Who may be on the way to one address at a time, accepted and proven keys aside: each of them may meet a key that is not to be trusted. */
const visitorsAtOnce = 8;

/**
 * How long one who has not come to authenticating keeps others from trying: hosts that are down must not hold up a fleet of which
 * none has answered yet.
 */
const patience: Milliseconds = 250;

/** What became of those who tried at one place. */
class LoginPlace {
  readonly refused: Host[] = [];
  readonly disbelieved: Host[] = [];
  /** Credentials that were taken here. */
  readonly proven = new Set<string>();
  /** On the way here, as far as they keep others from trying. */
  underWay = 0;
  /** On the way here. */
  visitors = 0;
  #waiting: (() => void)[] = [];

  constructor(
    /** For people: `at 10.0.0.5`, `behind bastion.example.com`. */
    readonly description: string,
    /** One server, that is, and not all those behind a bastion: each of them may well have an unknown key. */
    readonly isOneAddress: boolean,
  ) {}

  /** Whether one more may come; or, for one who `isHere` already, may go on to authenticate. */
  verdict(credentials: string, isHere: boolean): 'go' | 'wait' | 'stop' {
    if (this.proven.has(credentials)) return 'go';
    const { refused, disbelieved, underWay } = this;
    if (refused.length >= bearable.refusals || disbelieved.length >= bearable.disbeliefs) return 'stop';
    if (!isHere && this.isOneAddress && this.visitors + disbelieved.length >= visitorsAtOnce) return 'wait';
    return underWay + refused.length < bearable.refusals ? 'go' : 'wait';
  }

  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  tell(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const proceed of waiting) proceed();
  }
}

/** Which login goes to which address, as far as it matters to servers that block clients. */
export interface Approach {
  readonly host: Host;
  readonly address: string;
  /** The last one on the way; `key` is the same for all who come through it. */
  readonly bastion?: { readonly name: string; readonly key: string };
  /** The same for all who offer the same. */
  readonly credentials: string;
}

function approachOf({ host, destination }: Hop): Approach {
  const { address, route } = destination;
  const credentials = credentialsOf(destination);
  if (route.kind !== 'jump') return { host, address, credentials };
  const { bastion } = route;
  return {
    host,
    address,
    credentials,
    bastion: { name: bastion.host.name, key: serverKey(bastion.destination) },
  };
}

/**
 * Stops before a fleet that refuses our logins blocks us. At each address, and behind each bastion, only two may try to authenticate
 * until one has succeeded, and once two were refused no other login is tried with what was not proven there. From the first success on
 * it is open to all with the same credentials.
 */
export class AuthenticationBrake {
  readonly #places = new Map<string, LoginPlace>();

  constructor(private readonly clock: Clock) {}

  /**
   * Runs one attempt, which must ask `mayAuthenticate` before the first byte that authenticates. `proves` tells whether its result means
   * that the user was let in. Throws `ssh.authentication_stopped`, and what the attempt throws.
   */
  async pass<T>(
    hop: Hop,
    attempt: (mayAuthenticate: () => Promise<void>) => Promise<T>,
    proves: (result: T) => boolean,
  ): Promise<T> {
    return this.passTo(approachOf(hop), attempt, proves);
  }

  /** The same for those who know less of the way. */
  async passTo<T>(
    approach: Approach,
    attempt: (mayAuthenticate: () => Promise<void>) => Promise<T>,
    proves: (result: T) => boolean,
  ): Promise<T> {
    const { host, credentials } = approach;
    const places = this.#placesOf(approach);
    let counted = false;
    const enter = async (isHere = false): Promise<void> => {
      await admitted(host, places, credentials, isHere);
      counted = true;
    };
    const leave = (): void => {
      if (counted) for (const place of places) place.underWay -= 1;
      counted = false;
      for (const place of places) place.tell();
    };
    await enter();
    const arrived = new AbortController();
    void this.clock.sleep(patience, arrived.signal).then(leave, () => undefined);
    try {
      const result = await attempt(async () => {
        arrived.abort();
        if (!counted) await enter(true);
      });
      if (proves(result)) for (const place of places) place.proven.add(credentials);
      return result;
    } catch (error) {
      const code = error instanceof AdfError ? error.code : '';
      for (const place of places) {
        if (code === 'ssh.authentication') place.refused.push(host);
        if (code === 'ssh.host_key' && place.isOneAddress) place.disbelieved.push(host);
      }
      throw error;
    } finally {
      arrived.abort();
      for (const place of places) place.visitors -= 1;
      leave();
    }
  }

  /**
   * A server counts by address and not by port. Behind a bastion every server sees the bastion only; there a fleet that takes no key
   * of ours is stopped as a whole, while a server that takes another key is none of its concern.
   */
  #placesOf({ address, bastion, credentials }: Approach): readonly LoginPlace[] {
    if (bastion === undefined) return [this.#place(`at ${address}`, `at ${address}`, true)];
    const behind = `behind ${bastion.name}`;
    return [
      this.#place(`behind ${bastion.key} with ${credentials}`, behind, false),
      this.#place(`at ${address} behind ${bastion.key}`, `at ${address} ${behind}`, true),
    ];
  }

  #place(key: string, description: string, isOneAddress: boolean): LoginPlace {
    const before = this.#places.get(key);
    if (before !== undefined) return before;
    const place = new LoginPlace(description, isOneAddress);
    this.#places.set(key, place);
    return place;
  }
}

/** Resolves when all places allow one more, which is counted there then. */
async function admitted(
  host: Host,
  places: readonly LoginPlace[],
  credentials: string,
  isHere: boolean,
): Promise<void> {
  for (;;) {
    const stopped = places.find((place) => place.verdict(credentials, isHere) === 'stop');
    if (stopped !== undefined) throw authenticationStopped(host, stopped);
    const full = places.find((place) => place.verdict(credentials, isHere) === 'wait');
    if (full === undefined) break;
    await full.changed();
  }
  for (const place of places) {
    place.underWay += 1;
    if (!isHere) place.visitors += 1;
  }
}

/** What is offered to a server, as far as it is known before. */
const credentialsOf = ({ user, identityFiles, identityAgent, identitiesOnly }: Destination): string =>
  JSON.stringify([user, identityFiles, identityAgent, identitiesOnly]);
