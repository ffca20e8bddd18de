import { z } from 'zod';
import type { ContainerHealthcheck, ContainerTemplate, RestartPolicy } from '../container.js';
import { containerName } from '../ids.js';
import { argvSchema } from './argv.js';
import { durationSchema, positiveDurationSchema } from './duration.js';
import { shown, wholeNumberSchema } from './number.js';
import { camelKeys, isMapping, parsed } from './parsed.js';
import { portsSchema } from './ports.js';
import { environmentSchema, pairsSchema, scalarText, textSchema, textsSchema } from './text.js';
import { volumeSchema } from './volume.js';

/** Docker's own rule for names of containers. */
const containerNameSchema = textSchema
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/, {
    error: ({ input }) =>
      `must be a container name (letters, digits, _ . -, two or more), not ${shown(input)}`,
  })
  .transform(containerName);

const units: Readonly<Record<string, number>> = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** Docker refuses to create a container with less. */
const leastMemory = 6 * 2 ** 20;

const memorySchema = parsed((value, refuse) => {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*(?:([bkmg])(?:i?b)?)?$/i.exec(scalarText(value) ?? '') ?? [];
  const bytes = Math.round(Number(amount) * (units[unit?.toLowerCase() ?? ''] ?? NaN));
  if (Number.isNaN(bytes)) refuse(`must be a size such as 512m or 2g, not ${shown(value)}`);
  else if (bytes < leastMemory)
    refuse(`is ${bytes} bytes, less than the 6m that Docker asks for`, 'Write the unit: 512m.');
  return bytes;
});

const cpusSchema = parsed((value, refuse) => {
  const cpus = Number(scalarText(value));
  if (!(cpus > 0)) refuse(`must be a number of CPUs above 0 such as 1.5, not ${shown(value)}`);
  return cpus;
});

const limitsSchema = z
  .strictObject({
    memory: memorySchema.exactOptional(),
    cpus: cpusSchema.exactOptional(),
    pids: wholeNumberSchema(1).exactOptional(),
  })
  .transform(({ memory, ...others }) => ({
    ...others,
    ...(memory === undefined ? {} : { memoryBytes: memory }),
  }));

const restartSchema = parsed((value, refuse): RestartPolicy => {
  if (value === 'no' || value === false) return { name: 'no' };
  if (value === 'always' || value === 'unless-stopped') return { name: value };
  const [onFailure, retries] = /^on-failure(?::(\d+))?$/.exec(scalarText(value) ?? '') ?? [];
  if (onFailure === undefined) {
    refuse(`must be no, always, unless-stopped, on-failure or on-failure:3, not ${shown(value)}`);
  }
  return { name: 'on-failure', maximumRetries: Number(retries ?? 0) };
});

const extraHostsSchema = parsed((value, refuse): readonly string[] => {
  if (isMapping(value))
    return Object.entries(value).map(([name, address]) => `${name}:${scalarText(address) ?? ''}`);
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item, index) => {
    if (typeof item === 'string' && /^[^:=\s]+[:=].+$/.test(item)) return [item.replace('=', ':')];
    refuse(`must be name:address, not ${shown(item)}`, undefined, [index]);
    return [];
  });
});

const testSchema = parsed((value, refuse): readonly string[] => {
  if (typeof value === 'string' && value.trim() !== '')
    return value === 'NONE' ? ['NONE'] : ['CMD-SHELL', value];
  const words = Array.isArray(value) ? value.map((item) => scalarText(item)) : [];
  const known = words.filter((word) => word !== undefined);
  if (known.length === 0 || known.length < words.length)
    refuse('must be a command: a line for sh, or a list of words');
  return ['CMD', 'CMD-SHELL', 'NONE'].includes(known[0] ?? '') ? known : ['CMD', ...known];
});

const healthcheckSchema: z.ZodType<ContainerHealthcheck> = z
  .strictObject({
    test: testSchema,
    interval: positiveDurationSchema.exactOptional(),
    timeout: positiveDurationSchema.exactOptional(),
    retries: wholeNumberSchema(1).exactOptional(),
    start_period: durationSchema.exactOptional(),
  })
  .transform(camelKeys);

const loggingSchema = z.strictObject({
  driver: textSchema,
  options: pairsSchema('max-size=10m').default({}),
});

const labelsSchema = pairsSchema('team=web').refine(
  (labels) => Object.keys(labels).every((name) => !name.startsWith('adfpush.')),
  { error: 'must not hold labels that begin with adfpush.: they are where adfpush keeps its own' },
);

const userSchema = parsed((value, refuse) => {
  const text = scalarText(value)?.trim() ?? '';
  if (text === '') refuse(`must be a user such as app or 1000:1000, not ${shown(value)}`);
  return text;
});

/** A container of a group's variables, or of `docker_container`'s arguments. Docker Compose's words where it has them. */
export const containerSchema: z.ZodType<ContainerTemplate> = z
  .strictObject({
    name: containerNameSchema,
    image: textSchema.exactOptional(),
    command: argvSchema.exactOptional(),
    entrypoint: argvSchema.exactOptional(),
    user: userSchema.exactOptional(),
    hostname: textSchema.exactOptional(),
    ports: portsSchema.default([]),
    env: environmentSchema.default({}),
    env_file: textSchema.exactOptional(),
    volumes: z.array(volumeSchema).default([]),
    networks: textsSchema.default([]),
    labels: labelsSchema.default({}),
    restart: restartSchema.default({ name: 'unless-stopped' }),
    stop_timeout: durationSchema.default(10_000),
    limits: limitsSchema.default({}),
    logging: loggingSchema.exactOptional(),
    healthcheck: healthcheckSchema.exactOptional(),
    extra_hosts: extraHostsSchema.default([]),
    adopt: textSchema.exactOptional(),
  })
  .transform(camelKeys);
