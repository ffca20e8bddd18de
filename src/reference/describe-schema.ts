import { z } from 'zod';
import { formatDuration } from '../model/duration.js';
import { formatAmount, type Amount } from '../model/settings.js';

/** One key of a mapping, as people read of it. */
export interface DescribedKey {
  readonly name: string;
  /** What may be written, in Markdown: `whole number`, or choices in backticks with "or" between them. */
  readonly type: string;
  /** As one would write it; absent when there is none. */
  readonly default?: string;
  readonly required: boolean;
  /** The texts that may be written, where it is a choice. */
  readonly choices: readonly string[];
  readonly means: string;
}

/**
 * The keys of a mapping, from the schema that checks it, also when it is transformed afterwards; of a choice between mappings, the keys of
 * all. `title` is what the mapping is called when something is missing. Throws an Error when a key does not say what it means.
 */
export function describeKeys(schema: z.core.$ZodType, title: string): readonly DescribedKey[] {
  const shapes = shapesOf(schema);
  const described = shapes.flatMap((shape) =>
    Object.entries(shape).map(([name, value]): DescribedKey => {
      const byDefault = defaultOf(value);
      const inAll = shapes.every((other) => Object.hasOwn(other, name));
      return {
        name,
        type: typeOf(value),
        ...(byDefault === undefined ? {} : { default: byDefault }),
        required: inAll && byDefault === undefined && !isOptional(value),
        choices: choicesOf(value),
        means: meaningOf(value, `${title}.${name}`),
      };
    }),
  );
  return [...new Map(described.map((key) => [key.name, key])).values()];
}

/** The keys of a mapping by name; several where the schema is a choice between mappings; none when it is no mapping. */
function shapesOf(schema: z.core.$ZodType): readonly Readonly<Record<string, z.core.$ZodType>>[] {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodObject) return [inner.shape];
  return inner instanceof z.ZodUnion ? inner.options.flatMap((option) => shapesOf(option)) : [];
}

/** The schema that reads what is written: without its default, and before it is transformed. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  if (typeWordOf(schema) !== undefined) return schema;
  if (schema instanceof z.ZodPipe) {
    // Something is looked at first that may be anything.
    const { in: first, out } = schema;
    return unwrapped(first instanceof z.ZodUnknown && !(out instanceof z.ZodTransform) ? out : first);
  }
  if (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodExactOptional ||
    schema instanceof z.ZodOptional
  ) {
    return unwrapped(schema.def.innerType);
  }
  return schema;
}

/** How a schema that reads text of its own calls what it reads: `duration`. */
export function typeWordOf(schema: z.core.$ZodType): string | undefined {
  const word = z.globalRegistry.get(schema)?.['type'];
  return typeof word === 'string' ? word : undefined;
}

function typeOf(schema: z.core.$ZodType): string {
  const inner = unwrapped(schema);
  const word = typeWordOf(inner);
  if (word !== undefined) return word;
  const choices = choicesOf(inner);
  if (choices.length > 0) return choices.map((choice) => `\`${choice}\``).join(' or ');
  if (inner instanceof z.ZodString) return 'text';
  if (inner instanceof z.ZodBoolean) return '`true` or `false`';
  if (inner instanceof z.ZodNumber) return inner.format === null ? 'number' : 'whole number';
  if (inner instanceof z.ZodArray) return `list of ${typeOf(inner.def.element)}s`;
  if (inner instanceof z.ZodRecord || inner instanceof z.ZodObject) return 'mapping';
  if (inner instanceof z.ZodUnknown || inner instanceof z.ZodAny) return 'any value';
  if (inner instanceof z.ZodNull) return 'nothing';
  if (inner instanceof z.ZodUnion)
    return [...new Set(inner.options.map((option) => typeOf(option)))]
      .filter((type) => type !== ofProgram)
      .join(' or ');
  return ofProgram;
}

/** What no file can hold: a secret that was rendered, say. */
const ofProgram = 'value';

function choicesOf(schema: z.core.$ZodType): readonly string[] {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodEnum) return inner.options.map(String);
  return inner instanceof z.ZodLiteral ? [...inner.values].map(String) : [];
}

const isOptional = (schema: z.core.$ZodType): boolean =>
  schema instanceof z.ZodExactOptional || schema instanceof z.ZodOptional;

/** What counts when the key is left out, as one would write it. */
const defaultOf = (schema: z.core.$ZodType): string | undefined =>
  schema instanceof z.ZodDefault ? written(schema.def.defaultValue, typeOf(schema)) : undefined;

function written(value: unknown, type: string): string {
  if (type.includes('duration') && typeof value === 'number') {
    return formatDuration(value).replaceAll(' ', '');
  }
  if (type.startsWith('hosts or share')) {
    const amounts = [value].flat() as readonly Amount[];
    const texts = amounts.map((amount) => formatAmount(amount)).join(', ');
    return Array.isArray(value) ? `[${texts}]` : texts;
  }
  if (typeof value === 'string') return value;
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return JSON.stringify(value);
  const words = Object.values(value).filter((word) => typeof word === 'string');
  return words[0] ?? '{}';
}

/** What a key says of itself, on whichever of its wrappings. */
function meaningOf(schema: z.core.$ZodType, path: string): string {
  const said = z.globalRegistry.get(schema)?.description;
  if (said !== undefined) return said;
  if (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodExactOptional ||
    schema instanceof z.ZodOptional
  ) {
    return meaningOf(schema.def.innerType, path);
  }
  throw new Error(`${path} does not say what it means: add .describe()`);
}
