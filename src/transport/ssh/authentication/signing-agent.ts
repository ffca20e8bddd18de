import ssh2, {
  type IdentityCallback,
  type ParsedKey,
  type SignCallback,
  type SigningRequestOptions,
} from 'ssh2';
import type { OfferedKey } from './offer.js';

// ssh2 is CommonJS: Node sees only some of its exports by name.
const { BaseAgent, utils } = ssh2;

/**
 * One key, as ssh2 sees it: an agent that holds nothing else. Only agents may take their time to sign, and only of an agent's key does
 * ssh2 ask the server first whether it would take it, so that no passphrase is asked for in vain.
 */
export class SigningAgent extends BaseAgent<ParsedKey> {
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
