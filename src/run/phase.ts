import type { Run } from '../engine/index.js';
import type { Phase } from '../events/event.js';

/** Tells the beginning and the end of a phase. */
export async function phase<T>(run: Run, name: Phase, act: () => Promise<T>): Promise<T> {
  const { clock } = run.ports;
  const begun = clock.elapsed();
  run.stop.signal.throwIfAborted();
  run.bus.emit({ type: 'phase.started', phase: name });
  const result = await act();
  run.bus.emit({ type: 'phase.ended', phase: name, duration: clock.elapsed() - begun });
  return result;
}
