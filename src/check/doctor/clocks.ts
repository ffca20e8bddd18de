import type { Finding, HostDiagnosis } from '../../model/doctor-report.js';
import type { Milliseconds } from '../../model/duration.js';
import { ok, warning } from './findings.js';

/** A clock further off than this confuses logs, and soon certificates. */
const tolerable: Milliseconds = 5_000;

/** `ahead` is how far the host's clock is ahead of ours; undefined when it was not read. */
export function clockFinding(ahead: Milliseconds | undefined): Finding<'clock'> {
  if (ahead === undefined) return { check: 'clock', status: 'not_checked', detail: '' };
  if (Math.abs(ahead) <= tolerable) return ok('clock', 'as ours');
  return warning(
    'clock',
    `it is ${describe(ahead)} this machine`,
    'Check time synchronization on the host: timedatectl, or chronyc tracking.',
  );
}

/** When all hosts are off the same way, it is this machine that is wrong. */
export function ownClock(
  hosts: readonly Pick<HostDiagnosis, 'clockAhead'>[],
): readonly Finding<'own_clock'>[] {
  const read = hosts.flatMap(({ clockAhead }) => clockAhead ?? []).toSorted((a, b) => a - b);
  const [least, most] = [read[0], read.at(-1)];
  if (least === undefined || most === undefined || read.length < 2) return [];
  const agree = most - least <= tolerable;
  if (!agree || Math.abs(least) <= tolerable || Math.abs(most) <= tolerable) return [];
  return [
    warning(
      'own_clock',
      `all ${read.length} hosts agree on another time: they are ${describe(least)} this machine`,
      'Check time synchronization on this machine first: AWS refuses requests signed with a time that is off by 5 minutes.',
    ),
  ];
}

const describe = (ahead: Milliseconds): string =>
  `${Math.round(Math.abs(ahead) / 1_000)} s ${ahead > 0 ? 'ahead of' : 'behind'}`;
