import type { Secret } from '../model/secret.js';
import type { SecretPrompt } from '../ports/secret-prompt.js';
import { takeSecret } from '../system/secret-environment.js';

/** Opens every encrypted key file that it fits, so that a build needs no terminal. */
export const passphraseVariable = 'ADFPUSH_SSH_PASSPHRASE';

/** Where the passphrases of key files come from: the environment, a person. The keeper knows each before it is used. */
export function passphraseSources(
  prompt: SecretPrompt | undefined,
  keeper: { add(secret: Secret): void },
): { readonly passphrase?: Secret; readonly prompt?: SecretPrompt } {
  const passphrase = takeSecret(passphraseVariable);
  if (passphrase !== undefined) keeper.add(passphrase);
  return {
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(prompt === undefined ? {} : { prompt: keepingAnswers(prompt, keeper) }),
  };
}

const keepingAnswers = (prompt: SecretPrompt, keeper: { add(secret: Secret): void }): SecretPrompt => ({
  async ask(question) {
    const answer = await prompt.ask(question);
    if (answer !== undefined) keeper.add(answer);
    return answer;
  },
});
