import type { Play } from '../../playbook/playbook.js';
import type { Random } from '../../ports/clock.js';
import type { HostSession } from '../host-session.js';
import type { Run } from '../run.js';

/**
 * The hosts of a play in the order that its `order` says. A deploy keeps the order of its plan, which has unhealthy hosts first and spreads over
 * zones; a play of it that asks for another is warned of.
 */
export function inOrder(
  sessions: readonly HostSession[],
  { order, name }: Play,
  { ports: { random }, bus }: Run,
): readonly HostSession[] {
  if (order === 'inventory') return sessions;
  if (sessions.some(({ known }) => known.planned !== undefined)) {
    bus.emit({
      type: 'warning',
      message: `The play "${name}" asks for order: ${order}, but a deploy keeps the order of its plan.`,
    });
    return sessions;
  }
  switch (order) {
    case 'reverse_inventory':
      return sessions.toReversed();
    case 'sorted':
      return sessions.toSorted(byName);
    case 'reverse_sorted':
      return sessions.toSorted(byName).toReversed();
    case 'shuffle':
      return shuffled(sessions, random);
  }
}

const byName = ({ host: { name: a } }: HostSession, { host: { name: b } }: HostSession): number =>
  a < b ? -1 : a > b ? 1 : 0;

/** Fisher and Yates: every order is as likely as any other. */
function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  const left = [...items];
  return items.flatMap(() => left.splice(Math.floor(random.next() * left.length), 1));
}
