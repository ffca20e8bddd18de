import { generateKeyPairSync } from 'node:crypto';
import { AdfError } from '../../../errors/adf-error.js';
import { defined } from '../../../model/defined.js';
import type { Milliseconds } from '../../../model/duration.js';
import type { Host } from '../../../model/host.js';
import type { Clock } from '../../../ports/clock.js';
import type { KeyPusher } from '../../../ports/transport.js';
import { KeyUnavailable } from './left-out.js';
import type { Offer, OfferedKey } from './offer.js';
import { fromKeyObject, type PrivateKey } from './private-key.js';
import { publicKeyLine } from './public-key.js';
import type { WaitElsewhere } from './wait-elsewhere.js';

/** A pushed key is let in for 60 seconds; one that is older than this may be too old by the time the server looks. */
const fresh: Milliseconds = 45_000;

/** A key made for this run, in memory only, which EC2 Instance Connect lets in just before it is shown. */
export class RunKey {
  readonly #key: PrivateKey = makeKey();
  readonly #pushed = new Map<string, Milliseconds>();

  constructor(
    private readonly clock: Clock,
    /** Absent where the inventory is not one of EC2. */
    private readonly pusher: KeyPusher | undefined,
  ) {}

  offer(host: Host, user: string, waitElsewhere: WaitElsewhere): Offer {
    return {
      name: "the run's key (EC2 Instance Connect)",
      prepare: async (): Promise<OfferedKey> => {
        await waitElsewhere.during(this.#push(host, user));
        const key = this.#key;
        return { publicKey: key.publicKey, sign: (data, hash) => Promise.resolve(key.sign(data, hash)) };
      },
    };
  }

  async #push(host: Host, user: string): Promise<void> {
    if (this.pusher === undefined) {
      throw new KeyUnavailable({
        reason: 'the inventory is not one of EC2',
        remedy: 'Leave out ssh: { instance_connect }, or list the hosts with source: aws_ec2.',
      });
    }
    const whom = JSON.stringify([host.id, user]);
    const before = this.#pushed.get(whom);
    if (before !== undefined && this.clock.elapsed() - before < fresh) return;
    // From before the call: the 60 seconds begin at some moment during it.
    const begun = this.clock.elapsed();
    try {
      await this.pusher.push(host, user, publicKeyLine(this.#key.publicKey));
    } catch (error) {
      if (!(error instanceof AdfError)) throw error;
      const { message: reason, hint: remedy } = error;
      throw new KeyUnavailable({ reason, ...defined({ remedy }) }, error);
    }
    this.#pushed.set(whom, begun);
  }
}

function makeKey(): PrivateKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const made = fromKeyObject(privateKey, 'adfpush');
  if (made.kind !== 'key') throw new TypeError('ed25519 is a kind of key that SSH has');
  return made.key;
}
