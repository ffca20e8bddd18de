import { z } from 'zod';
import type { HostSession, PlaybookResult, Run } from '../engine/index.js';
import { defined } from '../model/defined.js';
import type { GroupName } from '../model/ids.js';
import type { CommandReport, HostResult, RunResult } from '../model/run-result.js';
import { endingOf, resultError, resultOf } from './endings.js';
import { registeredAs } from './exec-playbook.js';

/** The one document that tells how a command ended on its hosts. */
export function execResult(
  groups: readonly GroupName[],
  sessions: readonly HostSession[],
  { turns, errors }: PlaybookResult,
  run: Run,
): RunResult {
  const failures = [...turns.flatMap(({ error }) => error ?? []), ...errors];
  const endedWell = new Set(turns.flatMap(({ session, status }) => (status === 'ok' ? [session] : [])));
  return {
    ...resultOf(run, endingOf(run, false, failures)),
    groups,
    releases: [],
    hosts: sessions.map((session): HostResult => ({
      host: session.host.id,
      name: session.host.name,
      ...run.tally.of(session.host.id),
      status: endedWell.has(session) ? 'ok' : 'failed',
      ...defined({ command: commandOf(session) }),
    })),
    mixed: false,
    oneWay: [],
    named: [],
    errors: failures.map(resultError),
    warnings: run.tally.warnings,
  };
}

/** As `register` keeps the result of a command. */
const registeredSchema = z.object({
  outcome: z.string(),
  rc: z.number().optional(),
  stdout: z.string(),
  stderr: z.string(),
  duration_ms: z.number(),
  truncated: z.boolean(),
  stdout_file: z.string().optional(),
  stderr_file: z.string().optional(),
});

/** Undefined of a host on which it was not begun. */
function commandOf({ variables }: HostSession): CommandReport | undefined {
  const kept = variables.facts.findLast(({ values }) => Object.hasOwn(values, registeredAs));
  const { data } = registeredSchema.safeParse(kept?.values[registeredAs]);
  if (data === undefined) return undefined;
  const { outcome, rc, stdout, stderr, duration_ms: duration, truncated, ...files } = data;
  return {
    outcome,
    ...defined({ rc }),
    stdout,
    stderr,
    duration,
    truncated,
    ...defined({ stdoutFile: files.stdout_file, stderrFile: files.stderr_file }),
  };
}
