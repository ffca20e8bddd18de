import type { Hold } from '../../model/hold.js';
import type { HostId } from '../../model/ids.js';
import { registrationKey, targetGroupNameOf } from '../../model/registration.js';
import type { Taking } from '../../modules/module.js';

/** What two holds have in common that hold the same thing. */
export const holdKey = (hold: Hold): string => keyOf(hold.host, hold);

/** What a hold of this would have in common with all others of the same. */
export const keyOf = (host: HostId, taking: Taking | Hold): string =>
  `${host}|${taking.kind === 'container' ? taking.name : registrationKey(taking.registration)}`;

/** What is held, as people read it. */
export function describeHold(hold: Taking | Hold): string {
  if (hold.kind === 'registration') {
    const where = `${targetGroupNameOf(hold.registration)}:${hold.registration.port}`;
    return hold.state === 'absent' ? `no registration in ${where}` : `its registration in ${where}`;
  }
  const { name, previous } = hold;
  if (previous === undefined) return `no container "${name}"`;
  const version = previous.version ?? previous.id.slice(0, 12);
  return `its container "${name}" (${version}${previous.running ? '' : ', stopped'})`;
}

/** The names of the target groups that these holds tell of. */
export const targetGroupsOf = (holds: readonly Hold[]): readonly string[] => [
  ...new Set(
    holds.flatMap((hold) =>
      hold.kind === 'registration' ? [targetGroupNameOf(hold.registration)] : (hold.targetGroups ?? []),
    ),
  ),
];
