import { becomePasswordInvalid, nobodyToAsk } from '../errors/cli.js';
import type { SecretKeeper } from '../ports/secret-keeper.js';
import type { SecretPrompt } from '../ports/secret-prompt.js';
import { becomeVariable, takeSecret } from '../system/secret-environment.js';
import { BecomePassword } from '../transport/become-password.js';

/**
 * The password for sudo: from the environment, or from the person at the terminal when `ask` says so. The keeper knows it before it is
 * used. Throws `cli.nobody_to_ask` where nobody answers, `cli.become_password` for what sudo could not read.
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
