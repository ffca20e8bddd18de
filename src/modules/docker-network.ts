import { z } from 'zod';
import { inUse, otherwise } from '../errors/engine-objects.js';
import { defined } from '../model/defined.js';
import { pairsSchema } from '../model/schema/text.js';
import type { EngineNetwork, NewNetwork } from '../ports/engine-objects.js';
import type { Module, ModuleHost } from './module.js';
import { pairsThatDiffer } from './pairs-that-differ.js';

const schema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]*$/, { message: 'must be the name of a network' })
    .describe('The network.'),
  state: z.enum(['present', 'absent']).default('present').describe('Whether there is one.'),
  driver: z.string().min(1).default('bridge').describe('Its driver.'),
  driver_options: pairsSchema('name=value').default({}).describe('Options of the driver.'),
  labels: pairsSchema('name=value').default({}).describe('Its labels; others may be there too.'),
  internal: z.boolean().default(false).describe('Whether it leads nowhere else.'),
  attachable: z.boolean().default(false).describe('Whether a container may be attached by hand, in a swarm.'),
  enable_ipv6: z.boolean().default(false).describe('Whether it has IPv6.'),
  ipam_config: z
    .array(
      z.strictObject({
        subnet: z.string().min(1).describe('The addresses: `10.20.0.0/16`.'),
        gateway: z.string().min(1).optional().describe('The address of its gateway.'),
        iprange: z.string().min(1).optional().describe('The part that containers get.'),
      }),
    )
    .default([])
    .describe('Its addresses; the Engine chooses them when left out.'),
  force: z.boolean().default(false).describe('Makes one that is otherwise anew, if no container uses it.'),
});
type Args = z.infer<typeof schema>;

interface Details {
  readonly removes: boolean;
  readonly creates: NewNetwork | undefined;
}

/** A network of the host's Docker Engine. */
export const dockerNetwork: Module<Args, Details> = {
  name: 'docker_network',
  effect: 'idempotent',
  freeform: 'name',
  schema,
  docs: {
    summary:
      "Makes or removes a network of the host's Docker Engine. One that containers use is never removed.",
    examples: [
      '- docker_network: backend',
      '- docker_network: { name: backend, internal: true, ipam_config: [{ subnet: 10.20.0.0/24 }] }',
    ],
  },

  async check(args, host) {
    const { name, state, force } = args;
    const found = await host.containers.objects.network(name);
    const wanted = wantedBy(args);
    const values = { network: found ?? {} };
    const change = (summary: string, details: Details) =>
      ({ changes: true, summary, diff: summary, takes: [], details }) as const;
    if (state === 'absent') {
      if (found === undefined)
        return { changes: false, result: { changed: false, message: `there is no network ${name}`, values } };
      await requireUnused(name, host);
      return change(`remove the network ${name}`, { removes: true, creates: undefined });
    }
    if (found === undefined) return change(`create the network ${name}`, { removes: false, creates: wanted });
    const differences = differencesOf(found, wanted);
    if (differences.length === 0)
      return {
        changes: false,
        result: { changed: false, message: `the network ${name} is as wanted`, values },
      };
    if (!force)
      throw otherwise(host.host, `network "${name}"`, differences, 'To make it anew, write force: true.');
    await requireUnused(name, host);
    return change(`make the network ${name} anew: ${differences.join('; ')}`, {
      removes: true,
      creates: wanted,
    });
  },

  async apply({ name }, { removes, creates }, host) {
    const { objects } = host.containers;
    if (removes) await requireUnused(name, host);
    if (removes) await objects.removeNetwork(name);
    if (creates !== undefined) await objects.createNetwork(creates);
    const message = creates === undefined ? `removed the network ${name}` : `created the network ${name}`;
    return {
      changed: true,
      message,
      diff: message,
      values: { network: (await objects.network(name)) ?? {} },
    };
  },
};

async function requireUnused(name: string, host: ModuleHost): Promise<void> {
  const users = await host.containers.objects.usersOf('network', name);
  if (users.length > 0) throw inUse(host.host, `network "${name}"`, users);
}

const wantedBy = (args: Args): NewNetwork => ({
  name: args.name,
  driver: args.driver,
  options: args.driver_options,
  labels: args.labels,
  internal: args.internal,
  attachable: args.attachable,
  ipv6: args.enable_ipv6,
  subnets: args.ipam_config.map(({ subnet, gateway, iprange }) => ({
    subnet,
    ...defined({ gateway, ipRange: iprange }),
  })),
});

/** The Engine adds options and addresses of its own: only what is asked for counts. */
function differencesOf(found: EngineNetwork, wanted: NewNetwork): readonly string[] {
  const scalars = (['driver', 'internal', 'attachable', 'ipv6'] as const).flatMap((key) =>
    found[key] === wanted[key] ? [] : [`${key} ${String(found[key])} → ${String(wanted[key])}`],
  );
  const subnets = wanted.subnets.flatMap((one) => {
    const same = found.subnets.some(
      ({ subnet, gateway, ipRange }) =>
        subnet === one.subnet &&
        (one.gateway === undefined || one.gateway === gateway) &&
        (one.ipRange === undefined || one.ipRange === ipRange),
    );
    return same ? [] : [`subnet ${found.subnets.map(({ subnet }) => subnet).join(', ')} → ${one.subnet}`];
  });
  return [
    ...scalars,
    ...pairsThatDiffer('option', found.options, wanted.options),
    ...pairsThatDiffer('label', found.labels, wanted.labels),
    ...subnets,
  ];
}
