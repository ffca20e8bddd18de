import { noFaults, type FaultPlan } from '../faults.js';
import { isProgram, type Entry } from '../../fakes/world/timeline.js';
import type { Story } from './story.js';

/** Nothing went wrong but the release and processes that were killed, so that every host can be brought back to what it was. */
export const isCalm = ({ faults, rollout, timeline, programs, playbookFails }: Story): boolean =>
  isFaultless(faults) &&
  // Hosts are left as they are then, or cannot go back since a command ran that cannot be taken back.
  rollout.onFailure !== 'stop' &&
  !playbookFails &&
  !timeline.some(({ type }) => type === 'command.ran') &&
  !timeline.some((entry) => entry.type === 'process' && entry.became === 'frozen') &&
  !runsBeside(programs.length, timeline) &&
  !crashesLater(timeline);

function isFaultless({ sparesPreflight: _, ...faults }: FaultPlan): boolean {
  const none = new Map<string, unknown>(Object.entries(noFaults));
  return Object.entries(faults).every(
    ([name, value]) => JSON.stringify(value) === JSON.stringify(none.get(name)),
  );
}

/** Two programs at once: the lease of one may be lost to the other. */
function runsBeside(programs: number, timeline: readonly Entry[]): boolean {
  let running = 0;
  for (const entry of timeline) {
    if (entry.type !== 'process') continue;
    if (entry.became === 'begun') running += 1;
    if (entry.became === 'ended' || entry.became === 'killed') running -= 1;
    if (running > 1) return true;
  }
  return programs === 0;
}

/** A container that had served ended by itself. */
function crashesLater(timeline: readonly Entry[]): boolean {
  const served = new Set(
    timeline.flatMap((entry) => (entry.type === 'container.serving' ? [entry.container] : [])),
  );
  return timeline.some(
    (entry) => entry.type === 'container.exited' && !isProgram(entry.by) && served.has(entry.container),
  );
}
