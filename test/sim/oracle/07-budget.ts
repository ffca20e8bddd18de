import type { Milliseconds } from '../../../src/model/duration.js';
import type { ContainerId, HostId } from '../../../src/model/ids.js';
import { replay } from './replay.js';
import { ofEach, type Violation } from './story.js';

/** A drain that was decided on before the failure may still arrive after it: throttled, coalesced, slow. */
const underWay: Milliseconds = 30_000;

/**
 * 7. The failure budget counts failed and unreachable hosts, over the whole run, the last host included. `deploy` allows none:
 * once it gave a host back what it had taken from it itself, no further host leaves service, and the run does not exit 0.
 */
export const stopsAtTheFirstFailure = ofEach(({ actor, exit }, { initial, timeline }) => {
  const violations: Violation[] = [];
  const taken = new Set<ContainerId>();
  const left = new Set<HostId>();
  let firstFailure: { readonly host: HostId; readonly at: Milliseconds } | undefined;
  replay(initial, timeline, (entry, before) => {
    if (entry.by !== actor || !('host' in entry) || before.isRecovering(actor, entry.host)) return;
    if (entry.type === 'container.stopped') {
      taken.add(entry.container);
      // Somebody else may have taken its registrations a moment before this run would have (seed 8426).
      if (firstFailure === undefined) left.add(entry.host);
    }
    if (entry.type === 'container.started' && taken.has(entry.container)) {
      firstFailure ??= { host: entry.host, at: entry.at };
    }
    if (entry.type !== 'target.deregistered' || left.has(entry.host)) return;
    left.add(entry.host);
    if (firstFailure === undefined || entry.at < firstFailure.at + underWay) return;
    const what = `${entry.host} left service after ${firstFailure.host} had failed`;
    violations.push({ statement: 7, at: entry.at, what });
  });
  if (firstFailure !== undefined && exit === 0) {
    violations.push({
      statement: 7,
      at: firstFailure.at,
      what: `exit 0, though ${firstFailure.host} failed`,
    });
  }
  return violations;
});
