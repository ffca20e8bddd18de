import { homedir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { dockerConfigInvalid } from '../errors/registry.js';
import { Secret } from '../model/secret.js';
import type { RegistryCredentials, RegistryCredentialSource } from '../ports/registry.js';
import { askCredentialHelper } from './credential-helper.js';
import { readRegular } from '../system/regular-file.js';

/** Docker's user name for an identity token in place of a password. Source: docker/cli, credentials of native stores. */
export const identityTokenUser = '<token>';

const loginSchema = z.object({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
});

const configSchema = z.object({
  auths: z.record(z.string(), loginSchema).default({}),
  credHelpers: z.record(z.string(), z.string()).default({}),
  credsStore: z.string().optional(),
});

type DockerConfig = z.infer<typeof configSchema>;

/** Docker Hub's key in every Docker configuration and helper. */
const hubServer = 'https://index.docker.io/v1/';

/**
 * Credentials from the user's Docker configuration: the registry's own helper, else the store, else what `docker login`
 * wrote into the file. Throws `registry.docker_config`, `registry.credential_helper`.
 */
export class DockerConfigCredentials implements RegistryCredentialSource {
  readonly #file: string;
  #config: Promise<DockerConfig> | undefined;
  readonly #answers = new Map<string, Promise<RegistryCredentials | undefined>>();

  /** The folder of `config.json`: `DOCKER_CONFIG`, or `~/.docker`, unless given. */
  constructor(folder = process.env['DOCKER_CONFIG'] ?? path.join(homedir(), '.docker')) {
    this.#file = path.join(folder, 'config.json');
  }

  /** A helper is asked once per registry, unless it failed. */
  async credentials(registry: string): Promise<RegistryCredentials | undefined> {
    const answer = this.#answers.get(registry) ?? this.#find(registry);
    this.#answers.set(registry, answer);
    try {
      return await answer;
    } catch (error) {
      this.#answers.delete(registry);
      throw error;
    }
  }

  async #find(registry: string): Promise<RegistryCredentials | undefined> {
    this.#config ??= readConfig(this.#file);
    const { auths, credHelpers, credsStore } = await this.#config;
    const server = registry === 'docker.io' ? hubServer : registry;
    const helper = credHelpers[registry] ?? credHelpers[server] ?? credsStore;
    const login = helper === undefined ? undefined : await askCredentialHelper(helper, server);
    return login === undefined ? this.#fromFile(auths, server) : { server, ...login };
  }

  #fromFile(auths: DockerConfig['auths'], server: string): RegistryCredentials | undefined {
    const entry = Object.entries(auths).find(([key]) => hostOf(key) === hostOf(server))?.[1];
    if (entry === undefined) return undefined;
    const { username, password } = { ...decoded(entry.auth), ...entry };
    if (entry.identitytoken !== undefined && entry.identitytoken !== '') {
      return { server, username: identityTokenUser, password: new Secret(entry.identitytoken) };
    }
    if (username === undefined || username === '' || password === undefined) return undefined;
    return { server, username, password: new Secret(password) };
  }
}

async function readConfig(file: string): Promise<DockerConfig> {
  let text: string;
  try {
    text = (await readRegular(file)).toString();
  } catch (error) {
    // There has been no login on this machine yet.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return configSchema.parse({});
    throw dockerConfigInvalid(file, error instanceof Error ? error.message : String(error));
  }
  const config = configSchema.safeParse(jsonIn(text, file));
  if (config.success) return config.data;
  const [issue] = config.error.issues;
  throw dockerConfigInvalid(file, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong shape'}`);
}

function jsonIn(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may be a password.
    throw dockerConfigInvalid(file, 'it is not JSON');
  }
}

/** `base64(user:password)`. */
function decoded(auth = ''): { readonly username?: string; readonly password?: string } {
  const text = Buffer.from(auth, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 1
    ? {}
    : { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') };
}

/** Keys are hosts, or, from old logins, URLs. */
const hostOf = (key: string): string => key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
