import { join } from 'node:path';
import type { Host } from '../../../model/host.js';
import type { Clock } from '../../../ports/clock.js';
import type { KeyPusher } from '../../../ports/transport.js';
import type { Destination } from '../settings.js';
import { SshAgent } from './agent.js';
import { KeyFiles, type KeyFile } from './key-files.js';
import { KeyUnavailable, needsOpenssh, type LeftOut } from './left-out.js';
import type { Credentials, Offer, OfferedKey } from './offer.js';
import { Passphrases, type PassphraseSources } from './passphrases.js';
import { whyNotPlain, type PrivateKey } from './private-key.js';
import { fingerprintOf, kindOf, type PublicKey } from './public-key.js';
import { RunKey } from './run-key.js';
import { WaitElsewhere } from './wait-elsewhere.js';

/** A server counts each key that it refuses, and hangs up at the sixth (MaxAuthTries). */
const mostOffers = 5;

/** As ssh looks for them (ssh_config(5), IdentityFile). Those that ssh2 has no use for are looked for to be named. */
const usualFiles = ['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk'];

export interface KeyRingOptions extends PassphraseSources {
  /** For hosts with `instance_connect`; absent where there is no EC2. */
  readonly keyPusher?: KeyPusher;
  readonly homeDirectory: string;
  readonly clock: Clock;
}

/** Finds the keys to offer: which, and in which order. */
export class KeyRing {
  readonly #files = new KeyFiles();
  readonly #passphrases: Passphrases;
  #runKey: RunKey | undefined;

  constructor(private readonly options: KeyRingOptions) {
    this.#passphrases = new Passphrases(options);
  }

  /**
   * The named keys first, from file or agent; then the agent's others, unless only the named ones are wanted. Where none is named, the
   * usual files of the agent's keys count as named, and the rest of the usual files come last, as with ssh.
   */
  async credentialsFor(host: Host, destination: Destination): Promise<Credentials> {
    const selection = new Selection(new WaitElsewhere(this.options.clock));
    if (host.ssh.instanceConnect === true) {
      this.#runKey ??= new RunKey(this.options.clock, this.options.keyPusher);
      selection.offer(undefined, this.#runKey.offer(host, destination.user, selection.waitElsewhere));
      // What the inventory names besides; not what OpenSSH's configuration says of every host.
      if (host.ssh.identityFile === undefined) return selection.credentials;
    }
    const agent = await this.#agentKeys(destination, selection);
    const { identityFiles, certificateFiles, identitiesOnly } = destination;
    const usual = identityFiles === 'usual';
    const paths = usual
      ? usualFiles.map((name) => join(this.options.homeDirectory, '.ssh', name))
      : identityFiles;
    const read = await Promise.all(paths.map(async (path) => ({ path, file: await this.#files.read(path) })));
    const inAgent = ({ file }: (typeof read)[number]): boolean =>
      agent.keys.some(({ blob }) => publicHalfOf(file)?.blob.equals(blob));
    const [first, last] = usual ? [read.filter(inAgent), read.filter((one) => !inAgent(one))] : [read, []];

    for (const { path, file } of first) this.#offerFile(selection, path, file, agent);
    if (!identitiesOnly) for (const key of agent.keys) offerFromAgent(selection, agent, key);
    for (const { path, file } of last) {
      if (file.kind !== 'missing') this.#offerFile(selection, path, file, agent);
    }
    const besides = paths.map((path) => `${path}-cert.pub`);
    await this.#nameCertificates(selection, certificateFiles, besides);
    return selection.credentials;
  }

  async #agentKeys({ identityAgent }: Destination, selection: Selection): Promise<AgentKeys> {
    if (identityAgent === undefined) return { keys: [] };
    const agent = new SshAgent(identityAgent, this.options.clock);
    try {
      return { agent, keys: await agent.keys() };
    } catch (error) {
      if (!(error instanceof KeyUnavailable)) throw error;
      selection.leaveOut({ name: `the agent at ${identityAgent}`, ...error.why });
      return { keys: [] };
    }
  }

  #offerFile(selection: Selection, path: string, file: KeyFile, agent: AgentKeys): void {
    const publicKey = publicHalfOf(file);
    const held = publicKey && agent.keys.find(({ blob }) => blob.equals(publicKey.blob));
    if (held !== undefined) {
      offerFromAgent(selection, agent, held, path);
      return;
    }
    switch (file.kind) {
      case 'missing':
        selection.leaveOut({ name: path, reason: 'there is no such file' });
        return;
      case 'unusable':
        selection.leaveOut({ name: path, ...file.why });
        return;
      case 'public':
        if (kindOf(file.publicKey) !== 'plain') {
          selection.leaveOut({ name: path, ...whyNotPlain(file.publicKey) });
          return;
        }
        selection.leaveOut({
          name: path,
          reason: 'only its public half is there, and no agent has the other',
          remedy: 'Add the key to the SSH agent.',
        });
        return;
      case 'open':
        selection.offer(file.key.publicKey, { name: path, prepare: () => Promise.resolve(ready(file.key)) });
        return;
      case 'locked': {
        const hopeless = this.#passphrases.hopeless(path);
        if (hopeless !== undefined) {
          selection.leaveOut({ name: path, ...hopeless });
          return;
        }
        const open = (): Promise<PrivateKey> =>
          selection.waitElsewhere.during(this.#passphrases.open(path, file.text));
        // The public half is enough to offer; the passphrase is asked for once the server says that it would take the key.
        const prepare = async (): Promise<OfferedKey> =>
          file.publicKey === undefined
            ? ready(await open())
            : {
                publicKey: file.publicKey,
                sign: async (data, hash) => matching(await open(), file.publicKey).sign(data, hash),
              };
        selection.offer(file.publicKey, { name: path, prepare });
      }
    }
  }

  /** ssh would show them before the keys they belong to. */
  async #nameCertificates(
    selection: Selection,
    configured: readonly string[],
    besides: readonly string[],
  ): Promise<void> {
    for (const path of new Set([...configured, ...besides])) {
      const key = await this.#files.certificate(path);
      if (key !== undefined && kindOf(key) === 'certificate') {
        selection.leaveOut({ name: path, ...needsOpenssh('it is a certificate') });
      }
    }
  }
}

interface AgentKeys {
  readonly agent?: SshAgent;
  readonly keys: readonly PublicKey[];
}

function offerFromAgent(selection: Selection, { agent }: AgentKeys, key: PublicKey, file?: string): void {
  if (agent === undefined) return;
  const name = `${file ?? (key.comment === '' ? fingerprintOf(key) : key.comment)} in the agent`;
  if (kindOf(key) !== 'plain') {
    selection.leaveOut({ name, ...whyNotPlain(key) });
    return;
  }
  const sign: OfferedKey['sign'] = (data, hash) =>
    selection.waitElsewhere.during(agent.sign(key, data, hash));
  selection.offer(key, { name, prepare: () => Promise.resolve({ publicKey: key, sign }) });
}

const publicHalfOf = (file: KeyFile): PublicKey | undefined => {
  if (file.kind === 'open') return file.key.publicKey;
  return file.kind === 'missing' ? undefined : file.publicKey;
};

const ready = (key: PrivateKey): OfferedKey => ({
  publicKey: key.publicKey,
  sign: async (data, hash) => Promise.resolve(key.sign(data, hash)),
});

/** A public half beside a file may be that of another key. */
function matching(key: PrivateKey, promised: PublicKey | undefined): PrivateKey {
  if (promised === undefined || key.publicKey.blob.equals(promised.blob)) return key;
  throw new KeyUnavailable({
    reason: 'the public key beside it belongs to another private key',
    remedy: 'Write it anew: ssh-keygen -y -f KEY > KEY.pub',
  });
}

/** What is offered to one server: each key once, and no more than the server allows. */
class Selection {
  readonly #offers: Offer[] = [];
  readonly #leftOut: LeftOut[] = [];
  readonly #blobs: Buffer[] = [];

  constructor(readonly waitElsewhere: WaitElsewhere) {}

  get credentials(): Credentials {
    return { offers: this.#offers, leftOut: this.#leftOut, waitElsewhere: this.waitElsewhere };
  }

  offer(publicKey: PublicKey | undefined, offer: Offer): void {
    if (publicKey !== undefined) {
      if (this.#blobs.some((blob) => blob.equals(publicKey.blob))) return;
      this.#blobs.push(publicKey.blob);
    }
    if (this.#offers.length < mostOffers) this.#offers.push(offer);
    else {
      this.leaveOut({
        name: offer.name,
        reason: `${mostOffers} others come first`,
        remedy: 'Name the right key in ssh: { identity_file }.',
      });
    }
  }

  leaveOut(leftOut: LeftOut): void {
    if (!this.#leftOut.some(({ name }) => name === leftOut.name)) this.#leftOut.push(leftOut);
  }
}
