import { envFileMissing } from '../errors/container-specs.js';
import type { Run } from '../engine/index.js';
import { renderEnvFile } from '../expression/env-file.js';
import type { Layer } from '../expression/scope.js';
import { Variables } from '../expression/variables.js';
import { UnknownValue } from '../model/unknown.js';
import type { HostSettings } from '../run/group-sessions.js';

/**
 * Renders the env files of these hosts before any of them is connected to, as far as they do not depend on the release, which is not
 * resolved yet. Throws `container.env_file_missing`, and what `renderEnvFile` throws.
 */
export async function checkEnvFiles(hosts: readonly HostSettings[], run: Run): Promise<void> {
  for (const { layers, settings } of hosts) {
    const paths = new Set(settings.containers.flatMap(({ envFile }) => envFile ?? []));
    if (paths.size === 0) continue;
    const variables = [laterKnown, ...run.extraVars].reduce(
      (all, layer) => all.with(layer),
      Variables.of(layers),
    );
    for (const path of paths) {
      const text = await run.ports.files.read(path);
      if (text === undefined) throw envFileMissing(path);
      renderEnvFile({ file: path, text }, variables);
    }
  }
}

const laterKnown: Layer = {
  name: 'group settings',
  values: { release: new UnknownValue('the release'), rollout: new UnknownValue('the rollout') },
  literal: true,
};
