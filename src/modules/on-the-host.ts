import type { CommandResult, RemoteCommand } from '../ports/transport.js';

/**
 * A script for sh with its own arguments, `$1` and so on: so no value has to be quoted. Who looks at the host's processes can read the
 * arguments, so no secret may be among them.
 */
export const shWith = (script: string, ...args: readonly string[]): RemoteCommand => ({
  argv: ['/bin/sh', '-c', script, 'adfpush', ...args],
});

/** For scripts that need system programs as any user: the PATH that sshd sets may leave these folders out. */
export const rootPath = 'PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export PATH LC_ALL=C LANGUAGE=C\n';

/** What commands printed and how the last one ended, in Ansible's words. `rc` is absent when it did not exit. */
export function printedValues(results: readonly CommandResult[]): Readonly<Record<string, unknown>> {
  const last = results.at(-1);
  const text = (stream: 'stdout' | 'stderr'): string =>
    results
      .map((result) => result[stream])
      .join('')
      .trimEnd();
  const [stdout, stderr] = [text('stdout'), text('stderr')];
  return {
    ...(last?.outcome.kind === 'exited' ? { rc: last.outcome.code } : {}),
    stdout,
    stderr,
    stdout_lines: linesOf(stdout),
    stderr_lines: linesOf(stderr),
  };
}

export const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.split('\n'));

/** What a person wants to read of commands that failed. */
export const printedOutput = (results: readonly CommandResult[]): string =>
  results
    .flatMap(({ stdout, stderr }) => [stdout, stderr])
    .filter((text) => text !== '')
    .join('\n');
