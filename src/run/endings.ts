import { isStopping, type PlaybookResult, type Run } from '../engine/index.js';
import { errorsOf, type AdfError } from '../errors/adf-error.js';
import { hostGone, hostGoneCode } from '../errors/fleet.js';
import {
  exitOfSignal,
  type ExitCode,
  type NamedHost,
  type RunOutcome,
  type RunResult,
} from '../model/run-result.js';

/** How a run ended, in a word and as an exit code. */
export type Ending = readonly [RunOutcome, ExitCode];

/** How a run ended: a host that needs a person outweighs a signal, and a signal outweighs errors. Without any of them it is `otherwise`. */
export function endingOf(
  run: Pick<Run, 'stop'>,
  needsPerson: boolean,
  errors: readonly AdfError[],
  otherwise: Ending = ['converged', 0],
): Ending {
  if (needsPerson) return ['needs_person', 5];
  if (isStopping(run)) return ['interrupted', exitOfSignal(run.stop.name() ?? 'SIGTERM')];
  return errors.length === 0 ? otherwise : ['failed', 4];
}

/** A run of which only the user's own files were wrong ended as they would have been refused. */
export const orInvalid = ([outcome, exit]: Ending, errors: readonly AdfError[]): Ending => [
  outcome,
  outcome === 'failed' && errors.every((error) => error.class === 'invalid') ? 2 : exit,
];

/** What every result document says of its run. */
export const resultOf = (
  { id, verb, environment, startedAt, begun, bus, ports }: Run,
  [outcome, exit]: Ending,
) => ({
  run: id,
  verb,
  environment,
  outcome,
  exit,
  startedAt,
  duration: ports.clock.elapsed() - begun,
  blips: bus.told('blip'),
});

/** What kept turns from ending well. That a host is gone is said once, with what it held. */
export const errorsOfTurns = (results: readonly PlaybookResult[]): readonly AdfError[] =>
  results.flatMap(({ turns, gone }) => [
    ...turns.flatMap(({ error, restore }) =>
      [error, restore?.error].flatMap((one) => (one === undefined || one.code === hostGoneCode ? [] : [one])),
    ),
    ...gone.map(({ session: { host }, held }) => hostGone(host, held)),
  ]);

/** Writes down how a run ended. A result that cannot be recorded is a result all the same. */
export async function recordEnd({ exit }: RunResult, run: Run): Promise<void> {
  const { journal, clock } = run.ports;
  const { over: blips } = run.blips;
  const noticed = blips.length === 0 ? {} : { environment: run.environment, blips };
  try {
    await journal.append({ at: clock.now(), type: 'run.ended', exit, ...noticed });
  } catch (error) {
    run.bus.emit({ type: 'warning', message: errorsOf(error)[0].message });
  }
}

export { errorDocument as resultError } from '../events/event-json.js';

/** Each host that needs a person once: one that is in several groups is held for each of them, and may be named for each. */
export const namedOnce = (named: readonly NamedHost[]): readonly NamedHost[] =>
  [...Map.groupBy(named, ({ host }) => host).values()].map((same) => same.reduce(namedTogether));

const namedTogether = (one: NamedHost, other: NamedHost): NamedHost => ({
  ...one,
  held: [...new Set([...one.held, ...other.held])],
  reason: one.reason === other.reason ? one.reason : `${one.reason.replace(/\.$/, '')}; ${other.reason}`,
});
