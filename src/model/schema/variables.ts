import { z } from 'zod';
import { faultOfVariableName } from '../variable-name.js';

/** The name of a variable that a user sets. */
export const variableNameSchema = z.string().refine((name) => faultOfVariableName(name) === undefined, {
  error: ({ input }) => `"${String(input)}" ${faultOfVariableName(String(input)) ?? ''}`,
});

/** Variables by their names. */
export const variablesSchema = z.record(variableNameSchema, z.unknown());
