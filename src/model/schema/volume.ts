import { z } from 'zod';
import { volumeOptions } from '../volume.js';
import { shown } from './number.js';
import { isMapping, parsed, type Refuse } from './parsed.js';
import { scalarText } from './text.js';

const known: readonly string[] = Object.values(volumeOptions).flat();

/** Docker's short notation, `source:target[:options]`, or Docker Compose's mapping, which becomes that. */
export const volumeSchema = parsed((value, refuse): string =>
  isMapping(value) ? readMapping(value, refuse) : readText(scalarText(value) ?? '', value, refuse),
).meta({ type: 'volume' });

function readText(text: string, value: unknown, refuse: Refuse): string {
  if (!/^(\/[^:]*|[a-zA-Z0-9][a-zA-Z0-9_.-]*):\/[^:]*(:[a-zA-Z,]+)?$/.test(text)) {
    refuse(
      `must be source:target or source:target:options, not ${shown(value)}`,
      'The source is an absolute path of the host or the name of a volume; the target is an absolute path.',
    );
    return text;
  }
  const [, , options = ''] = text.split(':');
  const wrong = options.split(',').find((word) => word !== '' && !known.includes(word));
  if (wrong !== undefined) {
    refuse(`has an option that Docker does not know: ${wrong}`, `Known: ${known.join(', ')}.`);
  }
  if (!text.startsWith('/') && options.split(',').includes('create')) {
    refuse('has the option create, which is for paths of the host', 'A named volume is made anyway.');
  }
  return text;
}

const mappingSchema = z.strictObject({
  type: z.enum(['bind', 'volume']),
  source: z.string(),
  target: z.string(),
  read_only: z.boolean().default(false),
  bind: z
    .strictObject({
      propagation: z.enum(volumeOptions.propagation).optional(),
      create_host_path: z.boolean().default(false),
      selinux: z.enum(volumeOptions.selinux).optional(),
    })
    .optional(),
  volume: z.strictObject({ nocopy: z.boolean().default(false) }).optional(),
});

function readMapping(value: Readonly<Record<string, unknown>>, refuse: Refuse): string {
  const read = mappingSchema.safeParse(value);
  if (!read.success) {
    for (const { message, path } of read.error.issues) {
      refuse(
        `is no mount: ${message}`,
        mappingHint,
        path.filter((part) => typeof part !== 'symbol'),
      );
    }
    return '';
  }
  const { type, source, target, read_only: isReadOnly, bind, volume } = read.data;
  const isBind = type === 'bind';
  if (isBind !== source.startsWith('/')) {
    refuse(
      isBind
        ? 'must have an absolute path of the host as its source'
        : 'must have the name of a volume as its source',
      undefined,
      ['source'],
    );
  }
  const options = [
    ...(isReadOnly ? ['ro'] : []),
    ...(isBind ? [bind?.propagation, bind?.selinux].filter((word) => word !== undefined) : []),
    ...(isBind && bind?.create_host_path === true ? ['create'] : []),
    ...(!isBind && volume?.nocopy === true ? ['nocopy'] : []),
  ];
  return readText(
    [source, target, ...(options.length === 0 ? [] : [options.join(',')])].join(':'),
    value,
    refuse,
  );
}

const mappingHint =
  'Write { type: bind, source: /path, target: /path, read_only: true, bind: { create_host_path: true } }; or { type: volume, source: NAME, target: /path }.';
