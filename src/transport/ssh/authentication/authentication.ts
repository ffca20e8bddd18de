import ssh2, {
  type AnyAuthMethod,
  type IdentityCallback,
  type ParsedKey,
  type SignCallback,
  type SigningRequestOptions,
} from 'ssh2';
import type { OfferedKeyOutcome, Refusal } from '../../../errors/ssh-authentication.js';
import { defined } from '../../../model/defined.js';
import { KeyUnavailable, type LeftOut } from './left-out.js';
import type { Credentials, OfferedKey } from './offer.js';

// ssh2 is CommonJS: Node sees only some of its exports by name.
const { BaseAgent, utils } = ssh2;

/**
 * One key, as ssh2 sees it: an agent that holds nothing else. Only agents may take their time to sign, and only of an agent's key does
 * ssh2 ask the server first whether it would take it, so that a passphrase is asked for only when it is needed.
 */
class SigningAgent extends BaseAgent<ParsedKey> {
  /** Undefined until the server said that it would take the key. */
  accepted = false;
  /** Why it was not signed with. */
  failure: unknown;

  constructor(private readonly key: OfferedKey) {
    super();
  }

  override getIdentities(callback: IdentityCallback<ParsedKey>): void {
    const { type, blob } = this.key.publicKey;
    // The types promise a key, and it may be an error.
    const parsed: unknown = utils.parseKey(`${type} ${blob.toString('base64')}`);
    if (parsed instanceof Error) callback(parsed);
    else callback(undefined, [parsed as ParsedKey]);
  }

  override sign(
    _key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    callback?: SignCallback,
  ): void {
    this.accepted = true;
    const [hash, done] = typeof options === 'function' ? [undefined, options] : [options.hash, callback];
    this.key.sign(data, hash).then(
      (signature) => done?.(undefined, signature),
      (error: unknown) => {
        this.failure = error;
        done?.(error instanceof Error ? error : new Error(String(error)));
      },
    );
  }
}

/** Past this many refusals one more question could make the server hang up before it answers. */
const bearable = 4;

interface Tried {
  readonly name: string;
  readonly agent: SigningAgent;
}

/** One login: offers key after key, and keeps the results. */
export class Authentication {
  readonly #tried: Tried[] = [];
  readonly #unavailable: LeftOut[] = [];
  #next = 0;
  #asked = false;
  #methods: readonly string[] | undefined;
  #banner = '';

  constructor(
    private readonly user: string,
    private readonly credentials: Credentials,
  ) {}

  /** What to try now; undefined when there is nothing left. `methods` are those that the server said would do. */
  async next(methods: readonly string[] | null): Promise<AnyAuthMethod | undefined> {
    const username = this.user;
    for (;;) {
      const offer = this.credentials.offers[this.#next];
      if (offer === undefined) break;
      this.#next += 1;
      try {
        const agent = new SigningAgent(await offer.prepare());
        this.#tried.push({ name: offer.name, agent });
        return { type: 'agent', username, agent };
      } catch (error) {
        if (!(error instanceof KeyUnavailable)) throw error;
        this.#unavailable.push({ name: offer.name, ...error.why });
      }
    }
    if (this.#asked) {
      this.#methods = methods ?? undefined;
      return undefined;
    }
    this.#asked = true;
    // ssh asks this first, at the price of a round trip. Here it is asked of those who refused all: they say what would do, and show their banner.
    return this.#tried.length > bearable ? undefined : { type: 'none', username };
  }

  hearBanner(text: string): void {
    this.#banner += text;
  }

  /** True when the server was shown nothing: it did not refuse us. */
  get triedNothing(): boolean {
    return this.#tried.length === 0;
  }

  /** What happened, for the error. */
  get refusal(): Refusal {
    const [offered, failed]: [OfferedKeyOutcome[], LeftOut[]] = [[], []];
    for (const { name, agent } of this.#tried) {
      if (agent.failure instanceof KeyUnavailable) failed.push({ name, ...agent.failure.why });
      else offered.push({ name, accepted: agent.accepted });
    }
    const later = this.credentials.offers.slice(this.#next).map(({ name }) => ({
      name,
      reason: 'the server hung up before',
    }));
    return {
      user: this.user,
      offered,
      leftOut: [...this.credentials.leftOut, ...this.#unavailable, ...failed, ...later],
      ...defined({ methods: this.#methods }),
      banner: this.#banner,
    };
  }
}
