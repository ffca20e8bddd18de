import type { EnvironmentFile } from '../config/environment-file.js';
import { placeOf } from '../config/located.js';
import type { Project } from '../config/project.js';
import { throwAll } from '../errors/diagnostics.js';
import { secretInProxyCommand } from '../errors/secrets.js';

/**
 * A ProxyCommand is started on this machine, and its words are arguments there. Throws `secret.in_argument` for each one of the project
 * that holds a secret known so far, whether a host uses it or not.
 */
export function refuseSecretWays({ config }: Pick<Project, 'config'>, environment: EnvironmentFile): void {
  const hosts = environment.source === 'static' ? environment.hosts : [];
  const settings = [
    { ...config, path: [] },
    { ...environment, path: [] },
    ...hosts.map(({ ssh, path }) => ({ ssh, locate: environment.locate, path: ['hosts', ...path] })),
  ];
  throwAll(
    settings
      .filter(({ ssh }) => config.vars.secrets?.keeper.isIn(ssh.proxyCommand ?? '') === true)
      .map(({ locate, path }) => secretInProxyCommand(placeOf(locate, [...path, 'ssh', 'proxy_command']))),
  );
}
