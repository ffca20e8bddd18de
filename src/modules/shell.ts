import { z } from 'zod';
import { applyCommand, checkCommand, commandKeys, type CommandDetails } from './command-result.js';
import type { Module } from './module.js';

const schema = z.strictObject({
  cmd: z
    .string()
    .min(1)
    .describe('a script for `/bin/sh`; `{{ value }}` in it is quoted for the shell, `{{{ value }}}` is not'),
  ...commandKeys,
});
type Args = z.infer<typeof schema>;

/** Runs a script by `/bin/sh`. */
export const shell: Module<Args, CommandDetails> = {
  name: 'shell',
  docs: {
    summary: 'Runs a script by `/bin/sh`.',
    examples: [
      `- name: how full is the disk
  shell: df -P / | awk 'NR == 2 { print $5 }'
  register: disk
  changed_when: false`,
      `- name: migrate the database
  shell:
    cmd: bin/migrate --wait
    chdir: /srv/app
    timeout: 10m
  run_once: true
  one_way: true`,
    ],
  },
  effect: 'one_way',
  freeform: 'cmd',
  shellArguments: ['cmd'],
  schema,
  check: (args, host) => checkCommand(args, args.cmd, host),
  apply: (args, _details, host) => applyCommand({ script: args.cmd }, args, host),
};
