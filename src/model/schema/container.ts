import { z } from 'zod';
import type { ContainerHealthcheck, ContainerTemplate, PortMapping, RestartPolicy } from '../container.js';
import { defined } from '../defined.js';
import { containerName } from '../ids.js';
import { argvSchema } from './argv.js';
import { durationSchema, positiveDurationSchema } from './duration.js';
import { shown, wholeNumberSchema } from './number.js';
import { camelKeys, isMapping, parsed } from './parsed.js';
import { environmentSchema, pairsSchema, scalarText, textSchema, textsSchema } from './text.js';
import { volumeSchema } from './volume.js';

const shape =
  /^(?:(?<address>\[[0-9a-fA-F:.]+\]|\d+\.\d+\.\d+\.\d+|localhost):)?(?:(?<host>\d+):)?(?<container>\d+)(?:\/(?<protocol>tcp|udp))?$/;

/** `host:container`, `address:host:container`, each with `/udp` if so; one port alone is the same on both sides. */
function readPort(text: string): PortMapping | undefined {
  const { address, host, container, protocol } = shape.exec(text.trim())?.groups ?? {};
  if (container === undefined || (address !== undefined && host === undefined)) return undefined;
  const [hostPort, containerPort] = [Number(host ?? container), Number(container)];
  if (![hostPort, containerPort].every((port) => port >= 1 && port <= 65_535)) return undefined;
  return {
    ...(address === undefined ? {} : { hostAddress: plainAddress(address) }),
    hostPort,
    containerPort,
    protocol: protocol === 'udp' ? 'udp' : 'tcp',
  };
}

const plainAddress = (address: string): string =>
  address === 'localhost' ? '127.0.0.1' : address.replace(/^\[|\]$/g, '');

const hint =
  'Write "5060:5000" (host:container), "127.0.0.1:8080:80", "53:53/udp", or 5000 for the same on both sides.';

/** The published ports of a container. Two mappings of one port of the host are refused. */
const portsSchema = parsed((value, refuse): readonly PortMapping[] => {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const taken = new Set<string>();
  return items.flatMap((item, index) => {
    const path = Array.isArray(value) ? [index] : [];
    const port = readPort(scalarText(item) ?? '');
    if (port === undefined) {
      refuse(`must be a port mapping, not ${shown(item)}`, hint, path);
      return [];
    }
    const key = `${port.hostAddress ?? ''}|${port.hostPort}/${port.protocol}`;
    if (taken.has(key)) refuse(`publishes port ${port.hostPort} of the host a second time`, undefined, path);
    taken.add(key);
    return [port];
  });
}).meta({ type: 'list of ports' });

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
}).meta({ type: 'size' });

const cpusSchema = parsed((value, refuse) => {
  const cpus = Number(scalarText(value));
  if (!(cpus > 0)) refuse(`must be a number of CPUs above 0 such as 1.5, not ${shown(value)}`);
  return cpus;
}).meta({ type: 'number' });

export const limitsSchema = z
  .strictObject({
    memory: memorySchema
      .exactOptional()
      .describe('memory, with its unit: `512m`; Docker takes no less than 6m'),
    cpus: cpusSchema.exactOptional().describe('processors, in parts too: `1.5`'),
    pids: wholeNumberSchema(1).exactOptional().describe('processes and threads'),
  })
  .transform(({ memory, ...others }) => ({
    ...others,
    ...defined({ memoryBytes: memory }),
  }));

const restartSchema = parsed((value, refuse): RestartPolicy => {
  if (value === 'no' || value === false) return { name: 'no' };
  if (value === 'always' || value === 'unless-stopped') return { name: value };
  const [onFailure, retries] = /^on-failure(?::(\d+))?$/.exec(scalarText(value) ?? '') ?? [];
  if (onFailure === undefined) {
    refuse(`must be no, always, unless-stopped, on-failure or on-failure:3, not ${shown(value)}`);
  }
  return { name: 'on-failure', maximumRetries: Number(retries ?? 0) };
}).meta({ type: 'restart policy' });

const extraHostsSchema = parsed((value, refuse): readonly string[] => {
  if (isMapping(value))
    return Object.entries(value).map(([name, address]) => `${name}:${scalarText(address) ?? ''}`);
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item, index) => {
    if (typeof item === 'string' && /^[^:=\s]+[:=].+$/.test(item)) return [item.replace('=', ':')];
    refuse(`must be name:address, not ${shown(item)}`, undefined, [index]);
    return [];
  });
}).meta({ type: 'list or mapping' });

const testSchema = parsed((value, refuse): readonly string[] => {
  if (typeof value === 'string' && value.trim() !== '')
    return value === 'NONE' ? ['NONE'] : ['CMD-SHELL', value];
  const words = Array.isArray(value) ? value.map((item) => scalarText(item)) : [];
  const known = words.filter((word) => word !== undefined);
  if (known.length === 0 || known.length < words.length)
    refuse('must be a command: a line for sh, or a list of words');
  return ['CMD', 'CMD-SHELL', 'NONE'].includes(known[0] ?? '') ? known : ['CMD', ...known];
}).meta({ type: 'command' });

export const healthcheckSchema: z.ZodType<ContainerHealthcheck> = z
  .strictObject({
    test: testSchema.describe(
      'a line for sh, a list of words, or `NONE`, which turns the check of the image off',
    ),
    interval: positiveDurationSchema.exactOptional().describe('between two checks'),
    timeout: positiveDurationSchema.exactOptional().describe('for one check'),
    retries: wholeNumberSchema(1)
      .exactOptional()
      .describe('failures in a row that make the container unhealthy'),
    start_period: durationSchema.exactOptional().describe('after the start, in which failures do not count'),
  })
  .transform(camelKeys);

export const loggingSchema = z.strictObject({
  driver: textSchema.describe('the logging driver of Docker'),
  options: pairsSchema('max-size=10m').default({}).describe('what the driver takes'),
});

const labelsSchema = pairsSchema('team=web').refine(
  (labels) => Object.keys(labels).every((name) => !name.startsWith('adfpush.')),
  { error: 'must not hold labels that begin with adfpush.: they are where adfpush keeps its own' },
);

const userSchema = parsed((value, refuse) => {
  const text = scalarText(value)?.trim() ?? '';
  if (text === '') refuse(`must be a user such as app or 1000:1000, not ${shown(value)}`);
  return text;
}).meta({ type: 'text' });

/** A container of a group's variables, or of `docker_container`'s arguments. Docker Compose's words where it has them. */
export const containerSchema: z.ZodType<ContainerTemplate> = z
  .strictObject({
    name: containerNameSchema.describe('its name on the host'),
    image: textSchema.exactOptional().describe('its image, where it is not the `image` of the group'),
    command: argvSchema
      .exactOptional()
      .describe(
        'what it runs instead of the command of its image: a list, or a line that is split as sh would, without a shell',
      ),
    entrypoint: argvSchema.exactOptional().describe('instead of the entrypoint of its image'),
    user: userSchema.exactOptional().describe('`app`, or `1000:1000`'),
    hostname: textSchema.exactOptional().describe('the host name inside'),
    ports: portsSchema
      .default([])
      .describe(
        'published ports, `host:container`: `5060:5000`, `127.0.0.1:8080:80`, `53:53/udp`; `5000` is the same on both sides',
      ),
    env: environmentSchema.default({}).describe('environment variables'),
    env_file: textSchema
      .exactOptional()
      .describe('a template of the project that becomes environment variables, one `NAME=value` a line'),
    volumes: z
      .array(volumeSchema)
      .default([])
      .describe('mounts: `source:target[:options]`, or a mapping as in Docker Compose'),
    networks: textsSchema.default([]).describe('networks of Docker, made where they are missing'),
    labels: labelsSchema.default({}).describe('labels; those that begin with `adfpush.` are its own'),
    restart: restartSchema
      .default({ name: 'unless-stopped' })
      .describe('the restart policy: `no`, `always`, `unless-stopped`, `on-failure`, `on-failure:3`'),
    stop_timeout: durationSchema.default(10_000).describe('between SIGTERM and SIGKILL when it is stopped'),
    limits: limitsSchema.default({}).describe('what it may use'),
    logging: loggingSchema.exactOptional().describe('where its output goes'),
    healthcheck: healthcheckSchema.exactOptional().describe('the check that Docker makes inside'),
    extra_hosts: extraHostsSchema
      .default([])
      .describe('lines of its /etc/hosts: `name:address`, a list of them or a mapping'),
    adopt: textSchema
      .exactOptional()
      .describe(
        'the name of a running container that adfpush did not start, and that this one takes the place of',
      ),
  })
  .transform(camelKeys);
