import { Secret } from '../model/secret.js';

/** Opens every encrypted key file that it fits, so that a build needs no terminal. */
export const passphraseVariable = 'ADFPUSH_SSH_PASSPHRASE';

/** What a build sets where sudo wants a password. */
export const becomeVariable = 'ADFPUSH_BECOME_PASS';

const taken = new Map<string, Secret>();

/**
 * Takes a secret out of the environment, so that no child process (a ProxyCommand, the system's ssh, a local command) inherits it; who
 * asks again is given what was taken before. Undefined when it is not set, or empty.
 */
export function takeSecret(name: string, environment: NodeJS.ProcessEnv = process.env): Secret | undefined {
  const value = environment[name];
  if (value !== undefined) {
    Reflect.deleteProperty(environment, name);
    if (value !== '') taken.set(name, new Secret(value));
  }
  return taken.get(name);
}
