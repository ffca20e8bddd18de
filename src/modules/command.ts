import { z } from 'zod';
import { argvSchema } from '../model/schema/argv.js';
import { applyCommand, checkCommand, commandKeys, type CommandDetails } from './command-result.js';
import type { Module } from './module.js';

const schema = z.strictObject({
  /** The program and its arguments; a string is split into words as sh would, but nothing is expanded. */
  argv: argvSchema,
  ...commandKeys,
});
type Args = z.infer<typeof schema>;

/** Runs one program, never through a shell. */
export const command: Module<Args, CommandDetails> = {
  name: 'command',
  effect: 'one_way',
  freeform: 'argv',
  // Its string form is split into words as sh would: quoting keeps each value one word.
  shellArguments: ['argv'],
  visibleArguments: ['argv'],
  schema,
  check: (args, host) => checkCommand(args, args.argv.join(' '), host),
  apply: (args, _details, host) => applyCommand({ argv: args.argv }, args, host),
};
