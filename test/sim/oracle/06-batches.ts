import type { Milliseconds } from '../../../src/model/duration.js';
import type { HostId } from '../../../src/model/ids.js';
import { amountOf, type RolloutSettings } from '../../../src/model/settings.js';
import type { Entry } from '../../fakes/world/timeline.js';
import { replay, type Replay } from './replay.js';
import { isTargetGroupOf, ofEach, type StoryGroup, type Violation } from './story.js';

/**
 * 6. A batch starts only after the last is healthy, in service and baked. Told from outside: when a host leaves service for the first
 * time, those that left before it are either back and baked, or it shares a batch with them, and a batch has a size. What an earlier run left
 * is recovered first, all at once as far as the floor allows.
 */
export const bakesEachBatch = ofEach(({ actor, group }, { initial, timeline, rollout, groups }) => {
  const violations: Violation[] = [];
  const wholeSince = new Map<HostId, Milliseconds>();
  const bakedOnce = new Set<HostId>();
  const left = new Set<HostId>();
  /** Hosts whose containers this program changed: the others came back as they were, and there is nothing to bake. */
  const changed = new Set<HostId>();
  /** A person took it out meanwhile: that it is not whole is not the program's to mend. */
  const outByHand = new Set<HostId>();
  let batch: HostId[] = [];
  let number = 0;
  let sinceThen: Milliseconds = 0;
  replay(initial, timeline, (entry, before) => {
    noteWhole(before, group, left, wholeSince, sinceThen);
    sinceThen = entry.at;
    for (const [host, since] of wholeSince) if (entry.at - since >= rollout.bake) bakedOnce.add(host);
    if (entry.by === 'operator' && 'host' in entry) outByHand.add(entry.host);
    if (entry.by === actor && 'container' in entry) changed.add(entry.host);
    if (entry.by !== actor || !('host' in entry) || before.isRecovering(actor, entry.host)) return;
    if (!takesItsTurn(entry)) return;
    if (entry.type === 'target.deregistered') wholeSince.delete(entry.host);
    if (left.has(entry.host)) return;
    left.add(entry.host);
    // One that fell ill after its bake was baked all the same.
    const baked = batch.every(
      (host) => bakedOnce.has(host) || outByHand.has(host) || (wholeSince.has(host) && !changed.has(host)),
    );
    if (baked && batch.length > 0) {
      batch = [];
      number += 1;
    }
    batch.push(entry.host);
    const joined = groups[0] === group ? before.zones.size - initial.hosts.length : 0;
    const allowed = sizeOf(rollout, number, group.hosts.length + joined);
    if (batch.length <= allowed) return;
    const what = `${entry.host} left service as number ${batch.length} of a batch of ${allowed}`;
    violations.push({ statement: 6, at: entry.at, what });
  });
  return violations;
});

/**
 * A turn takes its host out first. One that is in no target group leaves when its container is put aside; and one that had no container, with a playbook
 * that forgets the drain, when it gets one: what takes it out later takes it back (seed 1754).
 */
const takesItsTurn = ({ type }: Entry): boolean =>
  type === 'target.deregistered' || type === 'container.renamed' || type === 'container.created';

/** Since when all targets of a host are healthy again. */
function noteWhole(
  world: Replay,
  group: StoryGroup,
  hosts: ReadonlySet<HostId>,
  wholeSince: Map<HostId, Milliseconds>,
  at: Milliseconds,
): void {
  for (const host of hosts) {
    const targets = world
      .targetsOf(host)
      .filter(({ registration }) => isTargetGroupOf(group, registration.targetGroup));
    const whole = targets.length > 0 && targets.every(({ state }) => state === 'healthy');
    if (!whole) wholeSince.delete(host);
    else if (!wholeSince.has(host)) wholeSince.set(host, at);
  }
}

function sizeOf({ serial }: RolloutSettings, batch: number, hosts: number): number {
  const amount = serial[Math.min(batch, serial.length - 1)];
  return amount === undefined ? hosts : Math.max(1, amountOf(amount, hosts));
}
