import { z } from 'zod';
import { applyCommand, checkCommand, commandKeys, type CommandDetails } from './command-result.js';
import type { Module } from './module.js';

const schema = z.strictObject({
  /** A script for sh. `{{ value }}` in it is quoted for the shell, `{{{ value }}}` is not. */
  cmd: z.string().min(1),
  ...commandKeys,
});
type Args = z.infer<typeof schema>;

/** Runs a script by `/bin/sh`. */
export const shell: Module<Args, CommandDetails> = {
  name: 'shell',
  effect: 'one_way',
  freeform: 'cmd',
  shellArguments: ['cmd'],
  schema,
  check: (args, host) => checkCommand(args, args.cmd, host),
  apply: (args, _details, host) => applyCommand({ script: args.cmd }, args, host),
};
