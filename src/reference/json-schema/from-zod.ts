import { z } from 'zod';
import { typeWordOf } from '../describe-schema.js';
import { typeInWords } from './types-in-words.js';

/** A JSON Schema (draft 2020-12), or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>> | boolean;

/**
 * The JSON Schema of what may be written, from the schema that checks it. Checks that zod cannot express in JSON Schema are left out: what fits
 * the one fits the other, not the other way round.
 */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _dialect, ...made } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // Zod gives its own checks of text, `starts_with`, as formats beside the pattern that says the same: no validator knows them.
      if (jsonSchema.pattern !== undefined) delete jsonSchema.format;
      const instead = insteadOf(zodSchema);
      if (instead === undefined) return;
      const { description } = jsonSchema;
      for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
      Object.assign(jsonSchema, instead, description === undefined ? {} : { description });
    },
  });
  return made;
}

function insteadOf(schema: z.core.$ZodType): object | undefined {
  const word = typeWordOf(schema);
  if (word !== undefined) return typeInWords(word);
  // Anything is looked at first, and then read by another schema.
  const isLook =
    schema instanceof z.ZodPipe && schema.in instanceof z.ZodUnknown && schema.out instanceof z.ZodType;
  if (!isLook || schema.out instanceof z.ZodTransform) return undefined;
  const { out } = schema;
  const read = out instanceof z.ZodType ? jsonSchemaOf(out) : {};
  return typeof read === 'object' ? read : {};
}

/** A value that is rendered before it is checked. */
export const template: JsonSchema = {
  type: 'string',
  pattern: '\\{\\{',
  description: 'a template',
};

/** The same schema, where each value inside may also be a template: it is known only when it is rendered. */
export function withTemplates(schema: JsonSchema): JsonSchema {
  if (typeof schema === 'boolean') return schema;
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, partWithTemplates(key, value)]),
  );
  return mayBeAnyText(schema) ? inner : orTemplate(inner);
}

function partWithTemplates(key: string, value: unknown): unknown {
  if (key === 'properties' || key === 'patternProperties') return eachOf(value);
  if (key === 'items' || key === 'additionalProperties')
    return isSchema(value) ? withTemplates(value) : value;
  if (key === 'anyOf' || key === 'oneOf' || key === 'allOf') {
    return Array.isArray(value)
      ? value.map((one: unknown) => (isSchema(one) ? partsWithTemplates(one) : one))
      : value;
  }
  return value;
}

/** The alternatives of a value are not templates each: the value is. */
function partsWithTemplates(schema: JsonSchema): JsonSchema {
  if (typeof schema === 'boolean') return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, partWithTemplates(key, value)]),
  );
}

const eachOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value).map(([name, one]: [string, unknown]) => [
          name,
          isSchema(one) ? withTemplates(one) : one,
        ]),
      )
    : value;

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value));

const mayBeAnyText = (schema: Readonly<Record<string, unknown>>): boolean => {
  const bounds = ['type', 'enum', 'const', 'anyOf', 'oneOf', 'allOf', '$ref'];
  if (!bounds.some((key) => Object.hasOwn(schema, key))) return true;
  return (
    schema['type'] === 'string' && !['enum', 'const', 'pattern'].some((key) => Object.hasOwn(schema, key))
  );
};

function orTemplate({ description, ...schema }: Readonly<Record<string, unknown>>): JsonSchema {
  return { ...(description === undefined ? {} : { description }), anyOf: [schema, template] };
}
