import { isStopping, type Run } from '../engine/index.js';
import { interrupted } from '../errors/engine.js';
import type { CommonOptions, RunHooks } from '../world/context.js';
import type { World } from '../world/world.js';
import { keepEvents, keepThrown } from './keep-events.js';
import { closeRun } from './leases.js';
import { newRunId, noJournal, openRun, type RunChoices } from './open-run.js';

/** How a run is opened that closes by itself. */
export interface WholeRunChoices extends RunChoices {
  /** It changes something: a journal is made for it. */
  readonly journaled?: boolean;
  /** Its events are kept, to be read again; those of a run with a journal are in any case. */
  readonly logged?: boolean;
  /** The project's channels are told of it. */
  readonly notified?: boolean;
}

/**
 * One run of any verb, with an id of its own: opened, and closed in every case. What it throws is told without secrets; after a signal
 * that is the signal, `run.interrupted`. Throws `journal.*` when its journal cannot be made.
 */
export async function withRun<T>(
  world: World,
  options: CommonOptions,
  hooks: RunHooks,
  { journaled = false, logged = journaled, notified = false, ...choices }: WholeRunChoices,
  act: (run: Run) => Promise<T>,
): Promise<T> {
  const tell = (message: string): void => run.bus.emit({ type: 'warning', message });
  // What is wrong with a channel's settings is told before anything is begun.
  const notifier = notified ? await world.notifier?.(tell) : undefined;
  const id = newRunId(world.clock, world.random);
  const journal = journaled ? await world.journals.create(id) : noJournal;
  const run = openRun(world, options, hooks, id, journal, choices);
  if (notifier !== undefined) run.bus.subscribe(notifier);
  const log = logged ? world.eventLogs?.open(id) : undefined;
  if (log !== undefined) run.bus.subscribe(keepEvents(log));
  try {
    const result = await act(run);
    await notifier?.end();
    return result;
  } catch (error) {
    const told = run.bus.redact(isStopping(run) ? interrupted(run.stop.name() ?? 'a signal') : error);
    if (log !== undefined) keepThrown(told, world.clock.now(), log);
    await notifier?.end(told);
    throw told;
  } finally {
    await closeRun(run);
    await journal.close();
    await run.bus.close();
    log?.close();
  }
}
