import type { Milliseconds } from '../../../src/model/duration.js';
import type { HostId } from '../../../src/model/ids.js';
import type { Statement, Violation } from './story.js';

/** A drain that was asked for before the signal may still arrive after it. */
const underWay: Milliseconds = 30_000;

/** 14. After SIGINT or SIGTERM no new turn begins, and the exit code says how it ended. */
export const beginsNothingAfterASignal: Statement = ({ timeline, signalledAt, exit, ended, named }) => {
  if (signalledAt === undefined) return [];
  const violations: Violation[] = [];
  const left = new Set<HostId>();
  for (const entry of timeline) {
    if (entry.type !== 'target.deregistered' || entry.by !== 'program' || left.has(entry.host)) continue;
    left.add(entry.host);
    if (entry.at <= signalledAt + underWay) continue;
    violations.push({ statement: 14, at: entry.at, what: `${entry.host} began its turn after the signal` });
  }
  if (exit !== undefined && exit !== 5 && named.length > 0) {
    violations.push({ statement: 14, at: ended.at, what: `exit ${exit}, though hosts are named` });
  }
  if (exit !== undefined && ![0, 3, 4, 5, 130, 143].includes(exit)) {
    violations.push({ statement: 14, at: ended.at, what: `exit ${exit} after a signal` });
  }
  return violations;
};
