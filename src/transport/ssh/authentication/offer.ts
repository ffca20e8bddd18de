import type { LeftOut } from './left-out.js';
import type { WaitElsewhere } from './wait-elsewhere.js';
import type { PublicKey } from './public-key.js';

/** A key to offer to a server. */
export interface Offer {
  /** For people: the file, or whose key it is in the agent. */
  readonly name: string;
  /** Called when its turn has come: only then is a person asked, or a key pushed. Throws `KeyUnavailable`. */
  prepare(): Promise<OfferedKey>;
}

export interface OfferedKey {
  readonly publicKey: PublicKey;
  /** Called when the server said that it would take the key. `hash` is for RSA. Throws `KeyUnavailable`. */
  sign(data: Buffer, hash: string | undefined): Promise<Buffer>;
}

/** What one connection can show to its server. */
export interface Credentials {
  readonly offers: readonly Offer[];
  readonly leftOut: readonly LeftOut[];
  readonly waitElsewhere: WaitElsewhere;
}
