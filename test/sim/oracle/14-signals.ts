import type { Milliseconds } from '../../../src/model/duration.js';
import type { HostId } from '../../../src/model/ids.js';
import { replay } from './replay.js';
import { ofEach, type Program, type Story, type Violation } from './story.js';

/** A drain that was asked for before the signal may still arrive after it. */
const underWay: Milliseconds = 30_000;

/** 14. After SIGINT or SIGTERM no new turn begins, and the exit code says how it ended. */
export const beginsNothingAfterASignal = ofEach((program, story) => {
  const { actor, signalledAt, exit, ended, named } = program;
  if (signalledAt === undefined || exit === undefined) return [];
  const violations: Violation[] = [];
  const left = new Set<HostId>();
  replay(story.initial, story.timeline, (entry, before) => {
    if (entry.type !== 'target.deregistered' || entry.by !== actor || left.has(entry.host)) return;
    if (before.isRecovering(actor, entry.host)) return;
    left.add(entry.host);
    if (entry.at <= signalledAt + underWay) return;
    violations.push({ statement: 14, at: entry.at, what: `${entry.host} began its turn after the signal` });
  });
  if (!possibleExits(program, signalledAt, story).includes(exit)) {
    const what = `exit ${exit} after a signal, with ${named.length} hosts named`;
    violations.push({ statement: 14, at: ended.at, what });
  }
  return violations;
});

/** 5 when hosts are named, and perhaps when an Auto Scaling group is suspended, be it by another run; else 143, or 0 when it came too late to stop anything, or what had happened before it. */
function possibleExits(
  { actor, named, ended }: Program,
  signalledAt: Milliseconds,
  { initial, timeline, programs }: Story,
): readonly number[] {
  const isSuspended = JSON.stringify(ended.scaling) !== JSON.stringify(initial.scaling);
  if (named.length > 0) return [5];
  const served = new Set(
    timeline.flatMap((entry) => (entry.type === 'container.serving' ? [entry.container] : [])),
  );
  const trouble = timeline.some(
    (entry) =>
      entry.type === 'fault' ||
      entry.type === 'container.exited' ||
      (entry.type === 'container.created' && !served.has(entry.container)),
  );
  const changed = timeline.some(
    (entry) => entry.by === actor && entry.at < signalledAt && 'host' in entry && entry.type !== 'hold.kept',
  );
  return [
    0,
    130,
    143,
    ...(isSuspended ? [5] : []),
    ...(trouble || programs.length > 1 ? [4] : []),
    ...(changed ? [] : [3]),
  ];
}
