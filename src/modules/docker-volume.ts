import { z } from 'zod';
import { inUse, keepsHold, otherwise } from '../errors/engine-objects.js';
import { pairsSchema } from '../model/schema/text.js';
import type { NewVolume } from '../ports/engine-objects.js';
import type { Module, ModuleHost } from './module.js';
import { pairsThatDiffer } from './pairs-that-differ.js';

const schema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]*$/, { message: 'must be the name of a volume' })
    .describe('The volume.'),
  state: z
    .enum(['present', 'absent'])
    .default('present')
    .describe('Whether there is one. Removing it loses its data.'),
  driver: z.string().min(1).default('local').describe('Its driver.'),
  driver_options: pairsSchema('name=value').default({}).describe('Options of the driver.'),
  labels: pairsSchema('name=value').default({}).describe('Its labels; others may be there too.'),
  recreate: z
    .enum(['never', 'options-changed'])
    .default('never')
    .describe('With `options-changed`, one that is otherwise is made anew, which loses its data.'),
});
type Args = z.infer<typeof schema>;

interface Details {
  readonly removes: boolean;
  readonly creates: NewVolume | undefined;
}

/** A named volume of the host's Docker Engine. */
export const dockerVolume: Module<Args, Details> = {
  name: 'docker_volume',
  effect: 'idempotent',
  freeform: 'name',
  schema,
  docs: {
    summary:
      "Makes or removes a named volume of the host's Docker Engine. One that containers use is never removed.",
    examples: [
      '- docker_volume: { name: data, labels: { tier: db } }',
      '- docker_volume: { name: data, state: absent }',
    ],
  },

  async check(args, host) {
    const { name, state, recreate } = args;
    const found = await host.containers.objects.volume(name);
    const values = { volume: found ?? {} };
    const change = (summary: string, details: Details) =>
      ({ changes: true, summary, diff: summary, takes: [], details }) as const;
    if (state === 'absent') {
      if (found === undefined)
        return { changes: false, result: { changed: false, message: `there is no volume ${name}`, values } };
      await requireRemovable(name, host);
      return change(`remove the volume ${name} with all its data, which cannot be taken back`, {
        removes: true,
        creates: undefined,
      });
    }
    const wanted = { name, driver: args.driver, options: args.driver_options, labels: args.labels };
    if (found === undefined) return change(`create the volume ${name}`, { removes: false, creates: wanted });
    const differences = [
      ...(found.driver === wanted.driver ? [] : [`driver ${found.driver} → ${wanted.driver}`]),
      ...pairsThatDiffer('option', found.options, wanted.options),
      ...pairsThatDiffer('label', found.labels, wanted.labels),
    ];
    if (differences.length === 0)
      return {
        changes: false,
        result: { changed: false, message: `the volume ${name} is as wanted`, values },
      };
    if (recreate === 'never') {
      throw otherwise(
        host.host,
        `volume "${name}"`,
        differences,
        'To make it anew, which loses its data, write recreate: options-changed.',
      );
    }
    await requireRemovable(name, host);
    const summary = `make the volume ${name} anew, which loses all its data: ${differences.join('; ')}`;
    return change(summary, { removes: true, creates: wanted });
  },

  async apply({ name }, { removes, creates }, host) {
    const { objects } = host.containers;
    if (removes) {
      await requireRemovable(name, host);
      await objects.removeVolume(name);
    }
    if (creates !== undefined) await objects.createVolume(creates);
    const message = creates === undefined ? `removed the volume ${name}` : `created the volume ${name}`;
    return { changed: true, message, diff: message, values: { volume: (await objects.volume(name)) ?? {} } };
  },
};

async function requireRemovable(name: string, { containers, host }: ModuleHost): Promise<void> {
  if (name.startsWith('adfpush-hold-')) throw keepsHold(host, name);
  const users = await containers.objects.usersOf('volume', name);
  if (users.length > 0) throw inUse(host, `volume "${name}"`, users);
}
