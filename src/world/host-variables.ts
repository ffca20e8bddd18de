import { errorsOf } from '../errors/adf-error.js';
import { severalHosts } from '../errors/inventory.js';
import type { Layer } from '../expression/scope.js';
import { Variables } from '../expression/variables.js';
import { requireGroup, selectHosts } from '../inventory/patterns.js';
import { defined } from '../model/defined.js';
import type { VariableReport, VariableSource, VariablesReport } from '../model/variables-report.js';
import type { CommonOptions } from './context.js';
import { inWorld } from './open-world.js';

export interface HostVariablesOptions extends CommonOptions {
  /** The name or id of the host. */
  readonly host: string;
  /** The group as whose member the host is seen. */
  readonly group?: string;
}

/** What stands for the value of a secret. */
const hidden = '(secret)';

/**
 * The variables of a host, each with the layer that gives it and those that it hides. Connects to no host. Throws `inventory.*` for a name that
 * is no host, or several.
 */
export const hostVariables = (options: HostVariablesOptions): Promise<VariablesReport> =>
  inWorld(options, {}, async (world) => {
    const inventory = await world.listHosts();
    const [host, ...others] = selectHosts(inventory, options.host);
    if (host === undefined || others.length > 0) {
      throw severalHosts(
        options.host,
        [host, ...others].flatMap((one) => one ?? []),
      );
    }
    const { group, extraVars } = options;
    if (group !== undefined) requireGroup(inventory, group);
    const variables = extraVars.reduce(
      (all, layer) => all.with(layer),
      Variables.of(inventory.layersFor(host, group)),
    );
    return {
      host: host.id,
      name: host.name,
      ...defined({ group }),
      variables: variables.names().flatMap((name) => reportOf(name, variables) ?? []),
    };
  });

function reportOf(name: string, variables: Variables): VariableReport | undefined {
  const isSecret = variables.isSecret(name);
  const [from, ...hides] = variables.layers
    .filter(({ values }) => Object.hasOwn(values, name))
    .toReversed()
    .map((layer) => sourceOf(name, layer, isSecret));
  return from && { name, ...valueOf(name, variables), from, hides };
}

function sourceOf(name: string, { name: layer, values, locate }: Layer, isSecret: boolean): VariableSource {
  const at = locate?.([name], 'key');
  return {
    layer,
    ...defined({ file: at?.file, line: at?.line, column: at?.column }),
    // A secret is not even looked at: reading it may be what fails.
    written: isSecret ? hidden : values[name],
  };
}

/** A value that has a secret in it is one. What needs a run, such as the release, is told as unknown. */
function valueOf(name: string, variables: Variables): Pick<VariableReport, 'value' | 'unknown'> {
  if (variables.isSecret(name)) return { value: hidden };
  try {
    const value = variables.get(name);
    return { value: variables.hasSecretIn(value) ? hidden : value };
  } catch (error) {
    const [first] = errorsOf(error);
    if (first.class === 'bug') throw error;
    return { unknown: first.message };
  }
}
