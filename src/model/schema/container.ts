import { z } from 'zod';
import {
  portsClash,
  type ContainerHealthcheck,
  type ContainerTemplate,
  type PortMapping,
  type RestartPolicy,
} from '../container.js';
import { defined } from '../defined.js';
import { containerName } from '../ids.js';
import { canonicalAddress } from '../ip-address.js';
import { parseVolume } from '../volume.js';
import { suggest } from '../../errors/nearest.js';
import { argvSchema } from './argv.js';
import { durationSchema, positiveDurationSchema } from './duration.js';
import { shown, wholeNumberSchema } from './number.js';
import { camelKeys, isMapping, parsed } from './parsed.js';
import { environmentSchema, pairsSchema, scalarText, textSchema, textsSchema } from './text.js';
import { volumeSchema } from './volume.js';

const shape =
  /^(?:(?<address>\[[^\]]*\]|\d+(?:\.\d+)+|[a-z][\w.-]*|\*|):)?(?:(?<host>\d+(?:-\d+)?)?:)?(?<container>\d+(?:-\d+)?)(?:\/(?<protocol>tcp|udp))?$/i;

/** `5060`, or `5060-5062`: first and last. Undefined where it is no range of ports. */
function readRange(text: string): readonly [number, number] | undefined {
  const [first = '', last = first] = text.split('-');
  const range = [Number(first), Number(last)] as const;
  return range.every((port) => port >= 1 && port <= 65_535) && range[0] <= range[1] ? range : undefined;
}

/**
 * `host:container`, `address:host:container`, each with `/udp` if so; one port alone is the same on both sides, and a range is as many ports. Gives
 * what is wrong as text.
 */
function readPorts(text: string): readonly PortMapping[] | string {
  const found = shape.exec(text.trim())?.groups;
  const { address, host, container = '', protocol } = found ?? {};
  const [inside, outside] = [readRange(container), readRange(host ?? container)];
  const lacksHost = found !== undefined && address !== undefined && host === undefined;
  if (inside === undefined || outside === undefined || lacksHost)
    return `must be a port mapping, not ${shown(text)}`;
  const hostAddress = address === undefined ? undefined : readAddress(address);
  if (hostAddress === 'none') return `publishes on "${address ?? ''}", which is no address`;
  const count = outside[1] - outside[0];
  if (count !== inside[1] - inside[0])
    return 'has ranges of different lengths: each port of the host needs one of the container';
  return Array.from({ length: count + 1 }, (_, index) => ({
    ...defined({ hostAddress }),
    hostPort: outside[0] + index,
    containerPort: inside[0] + index,
    protocol: protocol?.toLowerCase() === 'udp' ? 'udp' : 'tcp',
  }));
}

/** Undefined for all addresses, which nothing and `*` say, too. */
function readAddress(text: string): string | undefined {
  if (text === '' || text === '*') return undefined;
  if (text === 'localhost') return '127.0.0.1';
  return canonicalAddress(text.replace(/^\[|\]$/g, '')) ?? 'none';
}

const hint =
  'Write "5060:5000" (host:container), "127.0.0.1:8080:80", "[::1]:8080:80", "53:53/udp", or 5000 for the same on both sides.';

/** The published ports of a container. Two mappings of one port of the host are refused, however their addresses are spelled. */
const portsSchema = parsed((value, refuse): readonly PortMapping[] => {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const all: PortMapping[] = [];
  for (const [index, item] of items.entries()) {
    const path = Array.isArray(value) ? [index] : [];
    const text = scalarText(item);
    const ports = text === undefined ? `must be a port mapping, not ${shown(item)}` : readPorts(text);
    if (typeof ports === 'string') {
      refuse(ports, hint, path);
      continue;
    }
    const twice = ports.find((port) => all.some((one) => portsClash(port, one)));
    if (twice !== undefined)
      refuse(`publishes port ${twice.hostPort} of the host a second time`, undefined, path);
    all.push(...ports);
  }
  return all;
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
  if (!(cpus >= 0.01 && Number.isFinite(cpus)))
    refuse(`must be a number of CPUs such as 1.5, at least 0.01, not ${shown(value)}`);
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
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const given = isMapping(value)
    ? Object.entries(value).map(([name, address]) => [name, `${name}:${scalarText(address) ?? ''}`] as const)
    : items.map((item, index) => [index, item] as const);
  return given.flatMap(([key, item]) => {
    const [, name, address = ''] =
      (typeof item === 'string' && /^([^:=\s]+)[:=]\[?([^\]]+)\]?$/.exec(item)) || [];
    if (name !== undefined && (address === 'host-gateway' || canonicalAddress(address) !== undefined))
      return [`${name}:${address}`];
    const what =
      name === undefined
        ? `must be name:address, not ${shown(item)}`
        : `has "${address}", which is no address`;
    refuse(what, 'Write "db:10.0.0.5", or "host:host-gateway" for the host itself.', [key]);
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

/** What Docker's own drivers take, all with `mode` and `max-buffer-size`; others, and plugins, are asked by the Engine alone. */
const logOptions: Readonly<Record<string, readonly string[]>> = {
  'json-file': [
    ...['max-size', 'max-file', 'compress', 'labels', 'labels-regex', 'env', 'env-regex', 'tag'],
    ...['mode', 'max-buffer-size'],
  ],
  local: ['max-size', 'max-file', 'compress', 'mode', 'max-buffer-size'],
  none: [],
};

export const loggingSchema = z
  .strictObject({
    driver: textSchema.describe('the logging driver of Docker'),
    options: pairsSchema('max-size=10m').default({}).describe('what the driver takes'),
  })
  .superRefine(({ driver, options }, { issues }) => {
    const known = logOptions[driver];
    const refuse = (name: string, message: string, way?: string): void =>
      void issues.push({
        code: 'custom',
        message,
        path: ['options', name],
        input: options[name],
        ...(way === undefined ? {} : { params: { hint: way } }),
      });
    for (const [name, value] of Object.entries(options)) {
      if (known !== undefined && !known.includes(name))
        refuse(name, `is no option of the driver ${driver}`, suggest(name, known, 'Known'));
      else if (known !== undefined && name === 'max-size' && !/^\d+(\.\d+)?\s*([kmgt]i?b?|b)?$/i.test(value))
        refuse(name, `must be a size such as 10m, not ${shown(value)}`);
      else if (known !== undefined && name === 'max-file' && !/^[1-9]\d*$/.test(value))
        refuse(name, `must be a number of files, 1 or more, not ${shown(value)}`);
    }
  });

/** A place in the container as Docker compares them: `/data/` is `/data`. */
const placeOf = (target: string): string =>
  `/${target
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')}`;

const volumesSchema = z.array(volumeSchema).superRefine((volumes, { issues }) => {
  const seen = new Set<string>();
  for (const [index, text] of volumes.entries()) {
    const volume = parseVolume(text);
    const place = placeOf(volume.kind === 'named' ? (text.split(':')[1] ?? '') : volume.target);
    const refuse = (message: string): void =>
      void issues.push({ code: 'custom', message, path: [index], input: text });
    if (text === '') continue;
    if (place === '/') refuse('mounts something over the root of the container');
    else if (seen.has(place)) refuse(`mounts something at ${place} a second time`);
    seen.add(place);
  }
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
    volumes: volumesSchema
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
