import { defined } from '../model/defined.js';
import type { Secret } from '../model/secret.js';
import type { SecretKeeper } from '../ports/secret-keeper.js';
import type { SecretPrompt } from '../ports/secret-prompt.js';
import { passphraseVariable, takeSecret } from '../system/secret-environment.js';

/** Where the passphrases of key files come from: the environment, a person. The keeper knows each before it is used. */
export function passphraseSources(
  prompt: SecretPrompt | undefined,
  keeper: Pick<SecretKeeper, 'add'>,
): { readonly passphrase?: Secret; readonly prompt?: SecretPrompt } {
  const passphrase = takeSecret(passphraseVariable);
  if (passphrase !== undefined) keeper.add(passphrase, passphraseVariable);
  return {
    ...defined({ passphrase }),
    ...(prompt === undefined ? {} : { prompt: keepingAnswers(prompt, keeper) }),
  };
}

const keepingAnswers = (prompt: SecretPrompt, keeper: Pick<SecretKeeper, 'add'>): SecretPrompt => ({
  async ask(question) {
    const answer = await prompt.ask(question);
    if (answer !== undefined) keeper.add(answer, 'the passphrase of a key');
    return answer;
  },
});
