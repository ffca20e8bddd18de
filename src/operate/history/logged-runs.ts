import { z } from 'zod';
import { defined } from '../../model/defined.js';
import { parseIsoTime } from '../../model/duration.js';
import type { LoggedEvent, PastRun } from '../../model/history-report.js';
import { groupName, type EnvironmentName, type RunId } from '../../model/ids.js';
import type { ResultError } from '../../model/run-result.js';
import type { EventLogs } from '../../ports/journal.js';

/** What the log of a run on this machine tells of it. The outcome is `running` where the log has no end: the run lives, or was killed. */
export interface LoggedRun extends Omit<PastRun, 'releases' | 'hasEvents'> {
  /** What it threw instead of ending with a result. */
  readonly thrown: readonly ResultError[];
}

const anyEvent = z.looseObject({ at: z.string(), type: z.string() });

const beginning = z.object({
  type: z.literal('run.started'),
  verb: z.string(),
  environment: z.string(),
  groups: z.array(z.string().transform(groupName)),
  playbook: z.string().exactOptional(),
  who: z.string(),
  link: z.string().exactOptional(),
});

const ending = z.object({
  type: z.literal('run.ended'),
  result: z.looseObject({ outcome: z.string(), groups: z.array(z.string().transform(groupName)) }),
});

const thrownErrors = z.object({
  type: z.literal('run.thrown'),
  errors: z.array(
    z.object({
      code: z.string(),
      message: z.string(),
      host: z.string().exactOptional(),
      at: z.string().exactOptional(),
      hint: z.string().exactOptional(),
    }),
  ),
});

/** The runs of an environment that have a log on this machine, the newest first. A log that cannot be read is left out. */
export async function loggedRuns(
  eventLogs: EventLogs | undefined,
  environment: EnvironmentName,
): Promise<readonly LoggedRun[]> {
  if (eventLogs === undefined) return [];
  const runs: LoggedRun[] = [];
  for (const run of await eventLogs.runs()) {
    const [first, last] = eventsIn(await eventLogs.ends(run));
    runs.push(...loggedRun(run, first, last, environment));
  }
  return runs;
}

/** The events of a run that are on this machine, in their order. */
export const eventsOf = async (
  eventLogs: EventLogs | undefined,
  run: RunId,
): Promise<readonly LoggedEvent[]> =>
  eventsIn((await eventLogs?.read(run)) ?? []).filter(({ type }) => type !== 'run.thrown');

const eventsIn = (lines: readonly string[]): readonly LoggedEvent[] =>
  lines.flatMap((line) => anyEvent.safeParse(parsed(line)).data ?? []);

function loggedRun(
  run: RunId,
  first: LoggedEvent | undefined,
  last: LoggedEvent | undefined,
  environment: EnvironmentName,
): readonly LoggedRun[] {
  const { data: begun } = beginning.safeParse(first);
  if (first === undefined || begun?.environment !== environment) return [];
  const result = ending.safeParse(last).data?.result;
  const thrown = thrownErrors.safeParse(last).data?.errors;
  const hasEnded = result !== undefined || thrown !== undefined;
  const { verb, groups, who, playbook, link } = begun;
  return [
    {
      run,
      verb,
      // A playbook and a recovery know their groups at the end.
      groups: result?.groups ?? groups,
      who,
      startedAt: parseIsoTime(first.at) ?? 0,
      ...defined({ playbook, link, endedAt: hasEnded ? parseIsoTime(last?.at) : undefined }),
      outcome: result?.outcome ?? (thrown === undefined ? 'running' : 'refused'),
      thrown: thrown ?? [],
    },
  ];
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
