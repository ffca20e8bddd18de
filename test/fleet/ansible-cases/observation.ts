import { z } from 'zod';
import type { Ran } from '../adfpush.js';
import type { PlainHost } from '../host/plain-host.js';

/** The parts of the result document that the cases ask for. */
const resultSchema = z.object({
  hosts: z
    .array(
      z.object({
        name: z.string(),
        ok: z.int(),
        changed: z.int(),
        unreachable: z.int(),
        failed: z.int(),
        skipped: z.int(),
        rescued: z.int(),
        ignored: z.int(),
      }),
    )
    // A playbook that is refused has no hosts.
    .default([]),
});

type HostCounts = z.infer<typeof resultSchema>['hosts'][number];

/** The counts of a run by host; none when it ended before it had a result. */
function countsOf({ stdout }: Ran): ReadonlyMap<string, HostCounts> {
  if (!stdout.trimStart().startsWith('{')) return new Map();
  const { hosts } = resultSchema.parse(JSON.parse(stdout));
  return new Map(hosts.map((host) => [host.name, host]));
}

/** What happened, as far as it can be asked. */
export type Observation = Readonly<Record<string, unknown>>;

/** What the runs of a case said, and the lines that they left. */
export interface Left {
  readonly runs: readonly [Ran, ...Ran[]];
  readonly traces: ReadonlyMap<PlainHost, readonly string[]>;
  readonly shared: readonly string[];
  readonly control: readonly string[];
  /** All that the program printed or wrote to its reports. */
  readonly said: string;
}

export function observe({ runs, traces, shared, control }: Left): Observation {
  const [first, second] = runs;
  const counts = countsOf(first);
  const hosts = [...traces].map(([{ name }, trace]) => {
    const { name: _, ...recap } = counts.get(name) ?? { ...nothingCounted, name };
    return [name, { trace, recap }] as const;
  });
  const changed = second && [...countsOf(second).values()].reduce((sum, host) => sum + host.changed, 0);
  return {
    ...Object.fromEntries(hosts),
    shared,
    control,
    rc0: first.exit === 0,
    exit: first.exit,
    second_run_changed: changed,
  };
}

const nothingCounted = {
  ok: 0,
  changed: 0,
  unreachable: 0,
  failed: 0,
  skipped: 0,
  rescued: 0,
  ignored: 0,
};

/** Of what was observed, only what an expectation asks for. With `isUnordered` lines are sorted, on both sides. */
export function asked(observed: unknown, expectation: unknown, isUnordered: boolean): unknown {
  if (Array.isArray(observed)) return isUnordered ? observed.toSorted() : observed;
  if (!isMapping(observed) || !isMapping(expectation)) return observed;
  return Object.fromEntries(
    Object.entries(expectation).map(([key, part]) => [key, asked(observed[key], part, isUnordered)]),
  );
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
