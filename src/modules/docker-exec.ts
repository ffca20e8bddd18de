import { z } from 'zod';
import { commandFailed } from '../errors/modules.js';
import { containerNotRunning, noSuchContainer } from '../errors/engine-objects.js';
import { defined } from '../model/defined.js';
import { containerName } from '../model/ids.js';
import { argvSchema } from '../model/schema/argv.js';
import { environmentSchema, scalarText } from '../model/schema/text.js';
import { parsed } from '../model/schema/parsed.js';
import { succeeded } from '../ports/transport.js';
import type { Module } from './module.js';
import { printedOutput, printedValues } from './on-the-host.js';

const userSchema = parsed((value, refuse): string => {
  const text = scalarText(value) ?? '';
  if (!/^[\w.-]+(?::[\w.-]+)?$/.test(text)) refuse('must be a user, or user:group');
  return text;
}).meta({ type: 'text' });

const schema = z
  .strictObject({
    container: z.string().min(1).describe('A running container.'),
    argv: argvSchema
      .optional()
      .describe(
        'The program and its arguments; a line is split into words as sh would, and never given to a shell.',
      ),
    shell: z.string().min(1).optional().describe("A script for the container's own sh, instead of `argv`."),
    user: userSchema
      .optional()
      .describe("Who runs it, as the container knows users; by default the image's own."),
    env: environmentSchema.optional().describe('Further variables of its environment.'),
    chdir: z.string().startsWith('/').optional().describe('The folder in the container that it runs in.'),
    stdin: z.string().optional().describe('What it reads.'),
    privileged: z.boolean().default(false).describe('Whether it gets all rights.'),
  })
  .refine(({ argv, shell }) => (argv === undefined) !== (shell === undefined), {
    message: 'write either argv or shell',
  });
type Args = z.infer<typeof schema>;

/** Runs a command in a running container, through the Docker Engine. */
export const dockerExec: Module<Args, undefined> = {
  name: 'docker_exec',
  effect: 'one_way',
  shellArguments: ['argv', 'shell'],
  visibleArguments: ['argv', 'shell', 'chdir', 'user'],
  schema,
  docs: {
    summary:
      'Runs a command in a running container. When the connection is lost, the Engine is asked how it ended; it never runs twice.',
    examples: [
      '- docker_exec: { container: api, argv: ./manage check }\n  register: checked',
      '- docker_exec: { container: db, shell: "psql -f -", stdin: "select 1", user: postgres }',
    ],
  },

  async check({ container, argv, shell }, { containers, host, checkMode }) {
    const found = await containers.inspect(containerName(container));
    if (found === undefined && !checkMode) {
      throw noSuchContainer(
        host,
        container,
        (await containers.list()).map(({ name }) => name),
      );
    }
    if (found?.running === false && !checkMode) throw containerNotRunning(host, container);
    const what = argv === undefined ? (shell ?? '').trim().split('\n')[0] : argv.join(' ');
    return {
      changes: true,
      summary: `run ${what ?? ''} in container ${container}`,
      takes: [],
      details: undefined,
    };
  },

  async apply(args, _details, host) {
    const { container, argv, shell, user, env, chdir, stdin, privileged } = args;
    const command = {
      argv: argv ?? ['/bin/sh', '-c', shell ?? ''],
      ...defined({ user, workdir: chdir }),
      env: { ...host.environment, ...env },
      privileged,
      hasStdin: stdin !== undefined,
    };
    const result = await host.exec(container, command, stdin);
    return {
      changed: true,
      ...(result.record === 'found'
        ? { message: 'the connection was lost; this is how the Docker Engine says it ended' }
        : {}),
      output: printedOutput([result]),
      values: { ...printedValues([result]), duration_ms: result.duration, truncated: result.truncated },
      ...(succeeded(result) ? {} : { failure: commandFailed(host.host, result.outcome, result.stderr) }),
      ...(result.outcome.kind === 'exited' ? {} : { unfinished: true }),
    };
  },
};
