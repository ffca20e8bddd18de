import { z } from 'zod';
import { shellOperatorIn, taskArgvSchema } from '../model/schema/argv.js';
import { applyCommand, checkCommand, commandKeys, type CommandDetails } from './command-result.js';
import type { Module } from './module.js';

const schema = z.strictObject({
  argv: taskArgvSchema.describe(
    'the program and its arguments: a list, or a line that is split into words as sh would; nothing in it is expanded',
  ),
  ...commandKeys,
});
type Args = z.infer<typeof schema>;

/** Runs one program, never through a shell. */
export const command: Module<Args, CommandDetails> = {
  name: 'command',
  docs: {
    summary: 'Runs one program, never through a shell.',
    examples: [
      `- name: reload nginx
  command: nginx -s reload
  become: true`,
      `- name: make the key, once
  command:
    argv: [ssh-keygen, -t, ed25519, -N, '', -f, /etc/app/key]
    creates: /etc/app/key
  become: true`,
    ],
  },
  effect: 'one_way',
  freeform: 'argv',
  // Its string form is split into words as sh would: quoting keeps each value one word.
  shellArguments: ['argv'],
  visibleArguments: ['argv'],
  schema,
  check(args, host) {
    const operator = shellOperatorIn(args.argv);
    if (operator !== undefined) host.warn(operatorIsAnArgument(operator));
    return checkCommand(args, args.argv.join(' '), host);
  },
  apply: (args, _details, host) => applyCommand({ argv: args.argv }, args, host),
};

const operatorIsAnArgument = (operator: string): string =>
  `command has no shell: ${operator} is given to the program as an argument. Use shell where it should be an operator.`;
