import { becomePasswordInvalid, nobodyToAsk } from '../errors/cli.js';
import { defined } from '../model/defined.js';
import type { Secret } from '../model/secret.js';
import type { SecretKeeper, SecretPrompt } from '../ports/secret-keeper.js';
import { becomeVariable, passphraseVariable, takeSecret } from '../system/secret-environment.js';
import { BecomePassword } from '../transport/become-password.js';

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

/**
 * The password for sudo: from the environment, or from the person at the terminal when `ask` says so. The keeper knows it before it is
 * used. Throws `cli.nobody_to_ask` without a terminal, `cli.become_password` for what sudo could not read.
 */
export async function becomePassword(
  ask: boolean,
  prompt: SecretPrompt | undefined,
  keeper: Pick<SecretKeeper, 'add'>,
): Promise<BecomePassword | undefined> {
  const given = takeSecret(becomeVariable);
  const password = given ?? (ask ? await prompt?.ask('Password for become (sudo)') : undefined);
  if (password === undefined) {
    if (ask) throw nobodyToAsk('--ask-become-pass', becomeVariable);
    return undefined;
  }
  keeper.add(password, given === undefined ? 'the password for become' : becomeVariable);
  // sudo reads one line.
  if (/[\n\r\0]/.test(password.reveal())) throw becomePasswordInvalid(becomeVariable);
  return new BecomePassword(password);
}
