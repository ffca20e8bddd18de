import { becomePasswordInvalid, nobodyToAsk } from '../errors/cli.js';
import { Secret } from '../model/secret.js';
import type { SecretPrompt } from '../ports/secret-prompt.js';

const variable = 'ADFPUSH_BECOME_PASS';

/** Takes the password for sudo out of the environment, so that no program that is started from here finds it there. */
export function takeBecomePassword(environment: NodeJS.ProcessEnv): Secret | undefined {
  const value = environment[variable];
  Reflect.deleteProperty(environment, variable);
  return value === undefined || value === '' ? undefined : new Secret(value);
}

/**
 * The password for sudo: `given` by the environment, or asked for when the flag says so. Throws `cli.nobody_to_ask` where nobody
 * answers, `cli.become_password` for what sudo could not read.
 */
export async function readBecomePassword(
  given: Secret | undefined,
  ask: boolean,
  prompt: SecretPrompt,
): Promise<Secret | undefined> {
  const password = given ?? (ask ? await prompt.ask('Password for become (sudo):') : undefined);
  if (password === undefined && ask) throw nobodyToAsk('--ask-become-pass', variable);
  // sudo reads one line.
  if (password !== undefined && /[\n\r\0]/.test(password.reveal())) throw becomePasswordInvalid(variable);
  return password;
}
