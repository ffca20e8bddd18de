import type { RegistryCredentials } from '../ports/registry.js';

/** A login in the Engine's words. One without a password keeps an identity token, under this user name (docker/cli, config/types). */
export function loginOf({
  server,
  username,
  password,
}: RegistryCredentials): Readonly<Record<string, string>> {
  const login =
    username === '<token>' ? { identitytoken: password.reveal() } : { username, password: password.reveal() };
  return { ...login, serveraddress: server };
}
