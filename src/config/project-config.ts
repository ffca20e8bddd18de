import { z } from 'zod';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import type { DockerSettings, SshSettings } from '../model/host.js';
import { variablesSchema } from '../model/schema/variables.js';
import { textSchema } from '../model/schema/text.js';
import { dockerSchema } from './connection-schema.js';
import { sshSchema } from './ssh-schema.js';
import { notifySchema, type NotifySettings } from './notify-schema.js';
import { backendOf, defaultLease, stateSchema, type StateBackend } from './state-schema.js';
import { validate } from './validate.js';
import type { Lookups } from '../model/lookups.js';
import type { SecretBackendSettings } from './secret-backends.js';
import { secretsLayer, secretsSchema, type SecretSources } from './secrets.js';
import { variablesWithin, type VariablesFile } from './variables-file.js';
import type { Locate } from '../model/source.js';
import type { YamlDocument } from './yaml.js';

/** What `adfpush.yml` says, or would say if it were there. */
export interface ProjectConfig {
  readonly name: string;
  /** Where a value stands, by its path from the root of the file. */
  readonly locate: Locate;
  readonly vars: VariablesFile;
  /** The variables whose values the environment of adfpush gives. */
  readonly secrets: VariablesFile;
  /** Where `{{ secret "name" }}` is looked for; empty where nothing is said of it. */
  readonly secretBackends: readonly SecretBackendSettings[];
  readonly ssh: SshSettings;
  readonly docker: DockerSettings;
  /** Where journals are kept on the control side, relative to the project's root; the user's state folder when absent. */
  readonly stateDirectory?: string;
  /** Where leases are kept. */
  readonly stateBackend: StateBackend;
  /** How long a lease lives without being renewed. */
  readonly leaseDuration: Milliseconds;
  /** Who is told of rolls; templates in it are not rendered yet. */
  readonly notify: NotifySettings;
  /** `host:port` of registries that speak plain HTTP. */
  readonly insecureRegistries: readonly string[];
}

export const projectFile = 'adfpush.yml';

export const projectSchema = z.strictObject({
  name: textSchema.exactOptional().describe('the name of the project; the name of its folder without it'),
  vars: variablesSchema.default({}).describe('variables of all hosts'),
  secrets: secretsSchema
    .default({ variables: new Map(), backends: [] })
    .describe(
      'variables whose values are shown as `***`: a list of names, or a mapping from names to `{ env: VARIABLE }` or `{ file: PATH }`. A mapping with `backend`, alone or in the list, says where `{{ secret "name" }}` is looked for, below',
    ),
  ssh: sshSchema.default({}).describe('how hosts are reached, below'),
  docker: dockerSchema.default({}).describe('how the Docker Engine of a host is reached, below'),
  state: stateSchema
    .default({ backend: 'hosts', lease: defaultLease })
    .describe('where journals and leases are kept, below'),
  insecure_registries: z
    .array(
      textSchema.regex(/^[^/\s]+$/, {
        error: 'must be host:port, without http:// and without a path',
      }),
    )
    .default([])
    .describe('`host:port` of registries that speak plain HTTP'),
  notify: notifySchema
    .default({ webhook: [], slack: [], teams: [], github: [] })
    .describe('who is told of rolls, below'),
});

/**
 * `fallbackName` is the project's name when the file has none. An empty file is one of defaults. Its secrets are kept by
 * `sources` from here on.
 */
export function readProjectConfig(
  document: YamlDocument,
  fallbackName: string,
  sources: SecretSources,
  lookups?: Lookups,
): ProjectConfig {
  const { value, ...places } = document;
  const config = validate(projectSchema, { value: value ?? {}, ...places });
  const names = new Set(config.secrets.variables.keys());
  sources.keeper.hideLinesOf(names);
  return {
    name: config.name ?? fallbackName,
    locate: document.locate,
    vars: {
      ...variablesWithin(projectFile, config.vars, document.locate, ['vars']),
      secrets: { names, keeper: sources.keeper, ...defined({ named: sources.named }) },
      ...defined({ lookups }),
    },
    secrets: secretsLayer(projectFile, config.secrets, document.locate, sources),
    secretBackends: config.secrets.backends,
    ssh: config.ssh,
    docker: config.docker,
    ...defined({ stateDirectory: config.state.directory }),
    stateBackend: backendOf(config.state),
    leaseDuration: config.state.lease,
    insecureRegistries: config.insecure_registries,
    notify: config.notify,
  };
}
