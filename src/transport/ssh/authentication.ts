import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ssh2, {
  type AgentAuthMethod,
  type OpenSSHAgent,
  type IdentityCallback,
  type ParsedKey,
  type PublicKeyAuthMethod,
  type SignCallback,
  type SigningRequestOptions,
} from 'ssh2';
import type { Destination } from './settings.js';

// ssh2 is CommonJS: Node sees only some of its exports by name.
const { BaseAgent, utils } = ssh2;

/** One thing to offer to a server. */
export interface Credential {
  /** For people: the file, or `the agent`. */
  readonly name: string;
  readonly method: PublicKeyAuthMethod | AgentAuthMethod;
}

export interface Credentials {
  readonly offered: readonly Credential[];
  /** What could not be offered, and why. */
  readonly leftOut: readonly string[];
}

/** Keys that an agent is asked for at most: a server counts each, and hangs up at MaxAuthTries, 6. */
const agentKeys = 4;

const defaultFiles = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

type KeyFile =
  | { readonly kind: 'key'; readonly key: ParsedKey }
  | { readonly kind: 'missing' }
  /** It cannot be used by itself; with its public half an agent may still know it. */
  | { readonly kind: 'unusable'; readonly reason: string; readonly publicKey?: ParsedKey };

/** Finds the keys to offer. Each file is read once. */
export class KeyRing {
  readonly #files = new Map<string, Promise<KeyFile>>();
  constructor(private readonly homeDirectory: string) {}

  /** The named keys and nothing else; or, when none is named, the agent's keys and the usual files. */
  async credentialsFor({ user, identityFiles, identityAgent }: Destination): Promise<Credentials> {
    const agent = identityAgent === undefined ? undefined : new ssh2.OpenSSHAgent(identityAgent);
    if (identityFiles.length === 0) return this.#usual(user, agent);
    const named = await Promise.all(identityFiles.map((file) => this.#named(user, file, agent)));
    return {
      offered: named.flatMap(({ offered }) => offered),
      leftOut: named.flatMap(({ leftOut }) => leftOut),
    };
  }

  async #named(username: string, file: string, agent: OpenSSHAgent | undefined): Promise<Credentials> {
    const read = await this.#read(file);
    if (read.kind === 'key') {
      return {
        offered: [{ name: file, method: { type: 'publickey', username, key: read.key } }],
        leftOut: [],
      };
    }
    const reason = read.kind === 'missing' ? 'there is no such file' : read.reason;
    if (agent !== undefined && read.kind === 'unusable' && read.publicKey !== undefined) {
      const one = new PickyAgent(agent, (key) => key.equals(read.publicKey ?? ''));
      return {
        offered: [{ name: `${file} in the agent`, method: { type: 'agent', username, agent: one } }],
        leftOut: [],
      };
    }
    return { offered: [], leftOut: [`${file}: ${reason}`] };
  }

  async #usual(username: string, agent: OpenSSHAgent | undefined): Promise<Credentials> {
    const offered: Credential[] = [];
    const leftOut: string[] = [];
    if (agent !== undefined) {
      const few = new PickyAgent(agent, (_key, index) => index < agentKeys);
      offered.push({ name: 'the agent', method: { type: 'agent', username, agent: few } });
    }
    for (const file of defaultFiles.map((name) => join(this.homeDirectory, '.ssh', name))) {
      const read = await this.#read(file);
      if (read.kind === 'key') {
        offered.push({ name: file, method: { type: 'publickey', username, key: read.key } });
      } else if (read.kind === 'unusable') {
        leftOut.push(`${file}: ${read.reason}`);
      }
    }
    return { offered, leftOut };
  }

  #read(file: string): Promise<KeyFile> {
    const before = this.#files.get(file);
    if (before !== undefined) return before;
    const reading = readKeyFile(file);
    this.#files.set(file, reading);
    return reading;
  }
}

async function readKeyFile(file: string): Promise<KeyFile> {
  const text = await readText(file);
  if (text.error === 'ENOENT') return { kind: 'missing' };
  if (text.content === undefined) return { kind: 'unusable', reason: `it cannot be read (${text.error})` };
  const key = parse(text.content);
  if (!(key instanceof Error) && key.isPrivateKey()) return { kind: 'key', key };
  const publicText = key instanceof Error ? (await readText(`${file}.pub`)).content : text.content;
  const publicKey = publicText === undefined ? undefined : parse(publicText);
  const reason = key instanceof Error ? whyUnusable(key.message, text.content) : 'it is a public key';
  return {
    kind: 'unusable',
    reason,
    ...(publicKey === undefined || publicKey instanceof Error ? {} : { publicKey }),
  };
}

function whyUnusable(message: string, text: string): string {
  if (/encrypted|passphrase/i.test(message)) return 'it is encrypted: add it to the SSH agent';
  if (text.includes('BEGIN PRIVATE KEY'))
    return 'it is in PKCS#8 form: convert a copy with ssh-keygen -p -m PEM';
  return `it is no private key that can be used (${message})`;
}

function parse(text: string): ParsedKey | Error {
  // The types promise one key, but the newer form of OpenSSH is read as a list, of one in practice.
  const parsed: unknown = utils.parseKey(text);
  const key: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error) return key;
  return isKey(key) ? key : utils.parseKey('');
}

const isKey = (value: unknown): value is ParsedKey =>
  typeof value === 'object' && value !== null && 'isPrivateKey' in value && 'getPublicSSH' in value;

async function readText(file: string): Promise<{ content?: string; error: string }> {
  try {
    return { content: await readFile(file, 'utf8'), error: '' };
  } catch (error) {
    return { error: error instanceof Error && 'code' in error ? String(error.code) : String(error) };
  }
}

/** An agent that shows only some of its keys. */
class PickyAgent extends BaseAgent<ParsedKey> {
  constructor(
    private readonly agent: OpenSSHAgent,
    private readonly wanted: (key: ParsedKey, index: number) => boolean,
  ) {
    super();
  }

  override getIdentities(callback: IdentityCallback<ParsedKey>): void {
    this.agent.getIdentities((error, keys) => {
      const own = keys?.filter((key): key is ParsedKey => 'equals' in key);
      callback(error, own?.filter(this.wanted) ?? []);
    });
  }

  override sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    callback?: SignCallback,
  ): void {
    if (typeof options === 'function') this.agent.sign(key, data, options);
    else this.agent.sign(key, data, options, callback);
  }
}
