import { createLogUpdate } from 'log-update';
import { isLiveTerminal } from './readers.js';

/** A picture on a terminal that each new one takes the place of. */
export interface Repaint {
  readonly paint: (text: string) => void;
  /** Leaves the last picture where it is. */
  readonly done: () => void;
}

/** Undefined where nothing can be repainted. */
export function repaintOn(stream: NodeJS.WriteStream): Repaint | undefined {
  if (!isLiveTerminal(stream) || !(stream.columns > 0)) return undefined;
  const update = createLogUpdate(stream, { showCursor: true });
  return { paint: (text) => update(text), done: () => update.done() };
}
