import { describeHold } from '../../model/hold.js';
import type { Run } from '../run.js';

/**
 * After the signal, when its sender will wait no longer, names what is still held: if the process is killed now, the log tells
 * a person what to look at. Restoring goes on. Call the function it gives when the run has ended.
 */
export const nameTheHeldAfterGrace = (run: Run): (() => void) => afterGrace(run, () => tell(run));

/** Tells once, when the signal's grace is over. Call the function it gives when there is nothing more to tell. */
export function afterGrace(run: Run, tellOnce: () => void): () => void {
  const ended = new AbortController();
  const onStop = (): void => {
    run.ports.clock.sleep(run.stop.grace, ended.signal).then(tellOnce, () => undefined);
  };
  if (run.stop.signal.aborted) onStop();
  else run.stop.signal.addEventListener('abort', onStop, { once: true });
  return () => {
    run.stop.signal.removeEventListener('abort', onStop);
    ended.abort();
  };
}

function tell({ bus, holds }: Run): void {
  for (const host of holds.hostsWithOpenHolds()) {
    const held = holds.openOf(host.id).map(describeHold).join(', ');
    bus.emit({
      type: 'warning',
      host: { id: host.id, name: host.name },
      message: `still held: ${held}; restoring goes on.`,
    });
  }
}
