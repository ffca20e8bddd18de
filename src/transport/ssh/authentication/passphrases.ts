import type { Secret } from '../../../model/secret.js';
import type { SecretPrompt } from '../../../ports/secret-keeper.js';
import { KeyUnavailable, type LeftOutReason } from './left-out.js';
import { readPrivateKey, type PrivateKey } from './private-key.js';

/** Where passphrases come from. */
export interface PassphraseSources {
  /** ADFPUSH_SSH_PASSPHRASE: tried on every file that needs one, before a person is asked. */
  readonly passphrase?: Secret;
  /** The person at the terminal; absent where there is none. */
  readonly prompt?: SecretPrompt;
}

/** As ssh, whose NumberOfPasswordPrompts, 3 by default, is also the number of questions for a passphrase. */
const questions = 3;

/** Opens key files that are encrypted. A person is asked once a file, however many hosts wait for the answer. */
export class Passphrases {
  readonly #opened = new Map<string, Promise<PrivateKey>>();

  constructor(private readonly sources: PassphraseSources) {}

  /** Why a file will certainly not be opened: there is no person to ask, and nothing to try. */
  hopeless(path: string): LeftOutReason | undefined {
    const { passphrase, prompt } = this.sources;
    if (passphrase !== undefined || prompt !== undefined) return undefined;
    return locked('there is no terminal to ask for its passphrase on', path);
  }

  /** Throws `KeyUnavailable` when no passphrase opens it; the answer holds for the whole run. */
  open(path: string, text: string): Promise<PrivateKey> {
    const before = this.#opened.get(path) ?? this.#open(path, text);
    this.#opened.set(path, before);
    return before;
  }

  async #open(path: string, text: string): Promise<PrivateKey> {
    const { passphrase, prompt } = this.sources;
    const opened = passphrase === undefined ? undefined : tryOpen(text, passphrase);
    if (opened !== undefined) return opened;
    if (prompt === undefined) {
      throw new KeyUnavailable(locked('the passphrase in ADFPUSH_SSH_PASSPHRASE does not open it', path));
    }
    let question = `Passphrase for the key ${path}:`;
    for (let asked = 0; asked < questions; asked += 1) {
      const answer = await prompt.ask(question);
      if (answer === undefined || answer.reveal() === '') {
        throw new KeyUnavailable(locked('no passphrase was given', path));
      }
      const key = tryOpen(text, answer);
      if (key !== undefined) return key;
      question = `That does not open it. Passphrase for the key ${path}:`;
    }
    throw new KeyUnavailable(locked(`none of ${questions} passphrases opens it`, path));
  }
}

const locked = (why: string, path: string): LeftOutReason => ({
  reason: `it is encrypted, and ${why}`,
  remedy: `Add it to the SSH agent (ssh-add '${path}'), or set ADFPUSH_SSH_PASSPHRASE.`,
});

function tryOpen(text: string, passphrase: Secret): PrivateKey | undefined {
  const read = readPrivateKey(text, passphrase);
  if (read.kind === 'key') return read.key;
  if (read.kind === 'unusable') throw new KeyUnavailable(read.why);
  return undefined;
}
