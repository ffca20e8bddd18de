import { z } from 'zod';
import { commandFailed } from '../errors/modules.js';
import { defined } from '../model/defined.js';
import { durationSchema } from '../model/schema/duration.js';
import { succeeded, type CommandResult, type RemoteCommand, type RunOptions } from '../ports/transport.js';
import type { Change, ModuleHost, ModuleResult } from './module.js';

/** The arguments that `command` and `shell` have in common. */
export const commandKeys = {
  chdir: z.string().optional().describe('the folder of the host that it runs in'),
  creates: z
    .string()
    .optional()
    .describe('skips the task when this path exists on the host; a relative one is looked up in `chdir`'),
  removes: z.string().optional().describe('skips the task when this path does not exist on the host'),
  stdin: z.string().optional().describe('what it reads from its standard input'),
  timeout: durationSchema.optional().describe('after which it is ended, and has failed'),
};

export type CommandConditions = z.infer<z.ZodObject<typeof commandKeys>>;

export type CommandDetails = undefined;

/** Whether the command would run: not when what it creates is there, or what it removes is not. */
export async function checkCommand(
  { chdir, creates, removes }: CommandConditions,
  what: string,
  host: ModuleHost,
): Promise<Change<CommandDetails>> {
  if (creates !== undefined && (await exists(within(chdir, creates), host))) return skip(`${creates} exists`);
  if (removes !== undefined && !(await exists(within(chdir, removes), host)))
    return skip(`${removes} does not exist`);
  return { changes: true, summary: `run ${firstLine(what)}`, takes: [], details: undefined };
}

const skip = (message: string): Change<CommandDetails> => ({
  changes: false,
  result: {
    changed: false,
    message,
    values: { rc: 0, stdout: '', stderr: '', stdout_lines: [], skipped: true },
  },
});

/** As the command itself would find it, and as Ansible looks for it. */
const within = (folder: string | undefined, path: string): string =>
  folder === undefined || path.startsWith('/') ? path : `${folder.replace(/\/+$/, '')}/${path}`;

/** Throws when that is not known: it must neither be taken for done nor for still to do. */
async function exists(path: string, host: ModuleHost): Promise<boolean> {
  const result = await host.run({ argv: ['test', '-e', path] });
  const { outcome } = result;
  if (outcome.kind !== 'exited' || outcome.code > 1) throw commandFailed(host.host, outcome, result.stderr);
  return succeeded(result);
}

const firstLine = (text: string): string => {
  const [line = '', ...more] = text.trim().split('\n');
  return more.length === 0 ? line : `${line} …`;
};

export async function applyCommand(
  command: RemoteCommand,
  {
    chdir,
    stdin,
    timeout,
    checksStdin,
  }: Omit<CommandConditions, 'stdin'> &
    Pick<RunOptions, 'checksStdin'> & { readonly stdin?: string | Uint8Array | undefined },
  host: ModuleHost,
): Promise<ModuleResult> {
  const options = defined({ cwd: chdir, stdin, checksStdin, timeout });
  if (host.start === undefined) return resultOf(await host.run(command, options), host);
  const { id, started } = await host.start(command, options);
  if (!succeeded(started)) return resultOf(started, host);
  const values = { ansible_job_id: id, started: true, finished: false };
  return { changed: true, message: `started as job ${id}`, values };
}

/** How a command ended, as a task tells it. */
export function resultOf(result: CommandResult, host: Pick<ModuleHost, 'host'>): ModuleResult {
  const message = toldOfRecord(result);
  return {
    changed: true,
    ...defined({ message }),
    output: printed(result),
    values: valuesOf(result),
    ...(succeeded(result) ? {} : { failure: commandFailed(host.host, result.outcome, result.stderr) }),
    ...(result.outcome.kind === 'exited' ? {} : { unfinished: true }),
  };
}

/** What it printed to both streams, the second on a line of its own. */
const printed = ({ stdout, stderr }: CommandResult): string =>
  `${stdout}${stdout === '' || stderr === '' || stdout.endsWith('\n') ? '' : '\n'}${stderr}`;

/** What a person should know of how the result came here. */
function toldOfRecord({ record, outcome }: CommandResult): string | undefined {
  if (record === 'found')
    return "the connection was lost; this is what the host's record says of the command";
  const isOpen = outcome.kind === 'unknown' && record === 'none';
  return isOpen ? 'the host has no place where a record of the command could be kept' : undefined;
}

/** In Ansible's words; `rc` is absent unless the command exited, so that nobody takes an unknown outcome for 0. */
function valuesOf({
  outcome,
  stdout,
  stderr,
  duration,
  truncated,
  files,
}: CommandResult): Readonly<Record<string, unknown>> {
  return {
    ...(outcome.kind === 'exited' ? { rc: outcome.code } : {}),
    outcome: outcome.kind,
    stdout: stdout.trimEnd(),
    stderr: stderr.trimEnd(),
    stdout_lines: stdout.trimEnd() === '' ? [] : stdout.trimEnd().split('\n'),
    duration_ms: duration,
    truncated,
    ...(files?.stdout === undefined ? {} : { stdout_file: files.stdout.path }),
    ...(files?.stderr === undefined ? {} : { stderr_file: files.stderr.path }),
  };
}
