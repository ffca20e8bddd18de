import { z } from 'zod';
import { AdfError } from '../errors/adf-error.js';
import { loginRefused } from '../errors/engine-objects.js';
import { Secret } from '../model/secret.js';
import type { RegistryCredentials } from '../ports/registry.js';
import type { ReadingModule } from './module.js';

const secretText = z
  .union([
    z
      .string()
      .min(1)
      .transform((text) => new Secret(text)),
    z.instanceof(Secret),
  ])
  .describe('The password or token.');

const schema = z.strictObject({
  registry: z
    .string()
    .min(1)
    .default('docker.io')
    .describe('The registry, `registry.example:5000`; Docker Hub when left out.'),
  username: z
    .union([z.string().min(1), z.instanceof(Secret).transform((secret) => secret.reveal())])
    .describe('Who logs in.'),
  password: secretText,
});

/** Credentials for the rest of this run, shown to the registry by the host's Engine. Nothing of them is written anywhere. */
export const dockerLogin: ReadingModule<z.infer<typeof schema>> = {
  name: 'docker_login',
  schema,
  docs: {
    summary:
      'Logs in to a registry for the rest of the run: for the pulls of all its hosts. The credentials are in memory alone; the host keeps none.',
    examples: [
      `- docker_login:
    registry: registry.example:5000
    username: deployer
    password: "{{ registry_password }}"
  no_log: true`,
    ],
  },

  async read({ registry: given, username, password }, host) {
    const registry = nameOf(given);
    const credentials: RegistryCredentials = { server: serverOf(registry), username, password };
    // First, so that the password is known as a secret before anything can tell it.
    host.images.logIn(registry, credentials);
    try {
      await host.containers.objects.verifyLogin(credentials);
    } catch (error) {
      if (!(error instanceof AdfError) || error.code !== 'docker.api') throw error;
      throw loginRefused(host.host, registry, username, error.message.replace(/^.*? answered /, ''));
    }
    return {
      changed: false,
      message: `logged in to ${registry} as ${username}`,
      values: { registry, username },
    };
  },
};

/** As images name it: without a scheme and a path. */
const nameOf = (given: string): string => {
  const name = given.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  return ['index.docker.io', 'registry-1.docker.io'].includes(name) ? 'docker.io' : name;
};

/** As Docker's own client calls Docker Hub. */
const serverOf = (registry: string): string =>
  registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry;
