/**
 * The files of the program that are started or loaded by their path, each without `src/` and `.ts`: the command itself, what oclif loads by
 * itself, what a project's own modules import, and the processes of the lab. Each becomes a file of the same name in `dist`.
 */
export const entries = [
  'bin',
  'cli/help',
  'commands/table',
  'module',
  'lab/app',
  'lab/background-process',
  'lab/hosts/docker-command',
] as const;
