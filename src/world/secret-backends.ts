import { join } from 'node:path';
import type { AwsCloud } from '../aws/access.js';
import { defaultBackends, type SecretBackendSettings } from '../config/secret-backends.js';
import { defined } from '../model/defined.js';
import type { SecretBackend } from '../ports/secret-backend.js';
import type { SecretKeeper } from '../ports/secret-keeper.js';
import { EnvironmentBackend } from '../secrets/environment-backend.js';
import { FileBackend } from '../secrets/file-backend.js';
import { ownAccount } from './lease-store.js';

/** What the backends of secrets look at. */
export interface SecretPlaces {
  readonly variable: (name: string) => string | undefined;
  /** A file by its path, absolute or within the project; undefined when there is none. */
  readonly file: (path: string) => Uint8Array | undefined;
  /** The folder of the user's settings, `~/.config`. */
  readonly settingsDirectory: string;
  readonly keeper: SecretKeeper;
  /** The account of the environment; that of the machine where it has none. */
  readonly cloud: AwsCloud | undefined;
}

/** The backends that the environment names, or else the project, or else the environment that adfpush runs in. */
export const openSecretBackends = (
  ofEnvironment: readonly SecretBackendSettings[] | undefined,
  ofProject: readonly SecretBackendSettings[],
  places: SecretPlaces,
): Promise<readonly SecretBackend[]> => {
  const settings = ofEnvironment ?? (ofProject.length === 0 ? defaultBackends : ofProject);
  return Promise.all(settings.map((one) => openBackend(one, places)));
};

async function openBackend(settings: SecretBackendSettings, places: SecretPlaces): Promise<SecretBackend> {
  switch (settings.backend) {
    case 'environment':
      return new EnvironmentBackend(places.variable, settings.prefix);
    case 'file':
      return new FileBackend(settings.directory, places.file);
    case 'ssm': {
      const { prefix, region } = settings;
      return (await accountOf(places, region)).parameterStore(defined({ prefix, region }));
    }
    case 'secrets_manager': {
      const { prefix, region, stage } = settings;
      return (await accountOf(places, region)).secretsManager(defined({ prefix, region, stage }));
    }
    case 'sops': {
      const { SopsBackend } = await import('../secrets/sops-backend.js');
      return new SopsBackend(settings.file, {
        ...places,
        defaultKeys: join(places.settingsDirectory, 'sops/age/keys.txt'),
        kms: async () => (await accountOf(places, undefined)).dataKeys(),
      });
    }
  }
}

const accountOf = async ({ cloud }: SecretPlaces, region: string | undefined): Promise<AwsCloud> =>
  cloud ?? ownAccount(region, undefined);
