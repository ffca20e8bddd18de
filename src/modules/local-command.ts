import { z } from 'zod';
import { commandFailed } from '../errors/modules.js';
import { defined } from '../model/defined.js';
import { argvSchema } from '../model/schema/argv.js';
import { durationSchema } from '../model/schema/duration.js';
import { environmentSchema } from '../model/schema/text.js';
import { succeeded } from '../ports/transport.js';
import type { Module } from './module.js';
import { printedOutput, printedValues } from './on-the-host.js';

const schema = z.strictObject({
  argv: argvSchema.describe(
    'The program and its arguments; a line is split into words as sh would, and never given to a shell.',
  ),
  chdir: z
    .string()
    .min(1)
    .optional()
    .describe('The folder that it runs in, relative to the project; by default the project itself.'),
  creates: z
    .string()
    .min(1)
    .optional()
    .describe('Skips the task when this path exists on the control machine.'),
  removes: z
    .string()
    .min(1)
    .optional()
    .describe('Skips the task when this path does not exist on the control machine.'),
  env: environmentSchema.optional().describe('Variables of its environment; secrets may be among them.'),
  stdin: z.string().optional().describe('What it reads; secrets may be in it.'),
  timeout: durationSchema.optional().describe('How long it may run.'),
});
type Args = z.infer<typeof schema>;

/** Runs one program on the control machine, once for each host, never through a shell. */
export const localCommand: Module<Args, undefined> = {
  name: 'local_command',
  effect: 'one_way',
  where: 'cloud',
  freeform: 'argv',
  // Its string form is split into words as sh would: quoting keeps each value one word.
  shellArguments: ['argv'],
  visibleArguments: ['argv', 'chdir'],
  schema,
  docs: {
    summary:
      'Runs a program on the control machine, for each host once; write `run_once: true` to run it once for all.',
    examples: [
      `- local_command: ./scripts/build-assets --env prod
  run_once: true`,
      `- local_command:
    argv: [aws, s3, cp, report.txt, "s3://reports/"]
    creates: report.txt
  run_once: true`,
    ],
  },

  async check({ argv, creates, removes }, { control }) {
    const skip = (message: string) => ({
      changes: false as const,
      result: { changed: false, message, values: { ...printedValues([]), rc: 0, skipped: true } },
    });
    if (creates !== undefined && (await control.exists(creates))) return skip(`${creates} exists`);
    if (removes !== undefined && !(await control.exists(removes))) return skip(`${removes} does not exist`);
    const summary = `run ${argv.join(' ')} on the control machine`;
    return { changes: true, summary, takes: [], details: undefined };
  },

  async apply({ argv, chdir, env, stdin, timeout }, _details, host) {
    const result = await host.control.run(argv, {
      ...defined({ cwd: chdir, stdin, timeout }),
      env: { ...host.environment, ...env },
      signal: host.signal,
    });
    return {
      changed: true,
      output: printedOutput([result]),
      values: { ...printedValues([result]), duration_ms: result.duration, truncated: result.truncated },
      ...(succeeded(result) ? {} : { failure: commandFailed(host.host, result.outcome, result.stderr) }),
      ...(result.outcome.kind === 'exited' ? {} : { unfinished: true }),
    };
  },
};
