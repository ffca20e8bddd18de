import path from 'node:path';
import { z } from 'zod';
import { AdfError } from '../errors/adf-error.js';
import { dockerConfigInvalid } from '../errors/registry.js';
import { Secret } from '../model/secret.js';
import type { RegistryCredentials, RegistryCredentialSource } from '../ports/registry.js';
import { askCredentialHelper } from './credential-helper.js';
import { readRegular } from '../system/regular-file.js';

/** Docker's user name for an identity token in place of a password. Source: docker/cli, credentials of native stores. */
export const identityTokenUser = '<token>';

/** To the Docker CLI, a program in Go, null and an empty text mean the same as nothing. */
const textSchema = z
  .string()
  .nullish()
  .transform((text) => text ?? '');

const loginSchema = z
  .object({ auth: textSchema, username: textSchema, password: textSchema, identitytoken: textSchema })
  .nullish();

const configSchema = z
  .object({
    auths: z.record(z.string(), loginSchema).nullish(),
    credHelpers: z.record(z.string(), textSchema).nullish(),
    credsStore: textSchema,
  })
  .nullish();

type DockerConfig = z.infer<typeof configSchema>;

/** Docker Hub's key in every Docker configuration and helper. */
const hubServer = 'https://index.docker.io/v1/';

/**
 * Credentials from the user's Docker configuration, by the rules of the Docker CLI (cli/config): the registry's own helper, else the store; what
 * `docker login` wrote into the file where there is neither, or where the helper is not installed or fails. A helper that fails without an entry
 * in the file is an error. Throws `registry.docker_config`, `registry.credential_helper`.
 */
export class DockerConfigCredentials implements RegistryCredentialSource {
  readonly #file: string;
  #config: Promise<DockerConfig> | undefined;
  readonly #answers = new Map<string, Promise<RegistryCredentials | undefined>>();

  /** `folder` is that of `config.json`. */
  constructor(
    folder: string,
    private readonly warn: (message: string) => void,
  ) {
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
    const config = await this.#config;
    const server = registry === 'docker.io' ? hubServer : registry;
    const helper = config?.credHelpers?.[server] ?? config?.credsStore ?? '';
    const inFile = loginOf(config, server);
    if (helper === '') return inFile;
    try {
      const login = await askCredentialHelper(helper, server);
      return login && { server, ...login };
    } catch (error) {
      const mayPass = error instanceof AdfError && (error.isMissing === true || inFile !== undefined);
      if (!mayPass) throw error;
      this.warn(error.message);
      return inFile;
    }
  }
}

/** The entry under the server's own name counts before one of an old login, whose key is a URL. */
function loginOf(config: DockerConfig, server: string): RegistryCredentials | undefined {
  const auths = config?.auths ?? {};
  const entry =
    auths[server] ?? Object.entries(auths).find(([key, login]) => login && hostOf(key) === server)?.[1];
  if (entry === undefined || entry === null) return undefined;
  const { identitytoken, auth } = entry;
  if (identitytoken !== '')
    return { server, username: identityTokenUser, password: new Secret(identitytoken) };
  const { username, password } = auth === '' ? entry : decoded(auth);
  return username === '' ? undefined : { server, username, password: new Secret(password) };
}

async function readConfig(file: string): Promise<DockerConfig> {
  let text: string;
  try {
    text = (await readRegular(file)).toString();
  } catch (error) {
    // There has been no login on this machine yet.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw dockerConfigInvalid(file, error instanceof Error ? error.message : String(error));
  }
  const config = configSchema.safeParse(text.trim() === '' ? null : jsonIn(text, file));
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
function decoded(auth: string): { readonly username: string; readonly password: string } {
  const text = Buffer.from(auth, 'base64').toString();
  const [, username = '', password = ''] = /^([^:]*):([^]*?)\0*$/.exec(text) ?? [];
  return { username, password };
}

/** Keys are hosts, or, from old logins, URLs. */
const hostOf = (key: string): string => key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
