import { formatDuration, type Milliseconds } from '../model/duration.js';
import { describeHost, type Host } from '../model/host.js';
import type { LeaseHolder, LeaseName as WholeName } from '../ports/lease-store.js';
import { AdfError } from './adf-error.js';

type LeaseName = Pick<WholeName, 'environment' | 'group'>;

type ErrorHost = Pick<Host, 'id' | 'name'>;

const describe = ({ environment, group }: LeaseName): string => `"${group}" in "${environment}"`;

const describeHolder = ({ who, run, link }: LeaseHolder): string =>
  `${who}, run ${run}${link === undefined ? '' : ` (${link})`}`;

/** Another run holds the lease. */
export const leaseHeld = (lease: LeaseName, holder: LeaseHolder): AdfError =>
  new AdfError({
    code: 'lease.held',
    class: 'refused',
    message: `Group ${describe(lease)} is locked by ${describeHolder(holder)}, for ${formatDuration(holder.heldFor)} now.`,
    hint: `Wait for that run with --lock-wait 10m. If it died, its lock runs out in ${formatDuration(holder.expiresIn)}.`,
  });

/** `lock release` of one whose run seems to be alive. */
export const leaseAlive = (lease: LeaseName, holder: LeaseHolder): AdfError =>
  new AdfError({
    code: 'lease.alive',
    class: 'refused',
    message: `The lock of group ${describe(lease)} is not released: ${describeHolder(holder)} has it, for ${formatDuration(holder.heldFor)} now.`,
    hint:
      `If that run died, the lock runs out by itself in ${formatDuration(holder.expiresIn)}; if it lives, wait for it with deploy --lock-wait 10m. ` +
      '--force takes the lock away: that run then changes nothing more, and what it holds has to be recovered.',
  });

/** Too few hosts gave the lease. `unlisted` are members of its last list that the group does not list any more. */
export const leaseUnavailable = (
  lease: LeaseName,
  got: number,
  needed: number,
  failures: readonly string[],
  unlisted: readonly string[] = [],
): AdfError =>
  new AdfError({
    code: 'lease.unavailable',
    class: 'refused',
    message: [
      `Cannot lock group ${describe(lease)}: ${got} of the ${needed} hosts needed gave it.`,
      ...(unlisted.length === 0
        ? []
        : [`Its last lock was also on hosts that the group does not list any more: ${unlisted.join(', ')}.`]),
      ...failures,
    ].join(' '),
    hint:
      unlisted.length === 0
        ? "The lock lives on a majority of the group's hosts, and the first lock of a group on all of them: make them reachable over SSH, and /var/tmp writable on them."
        : `If these hosts left the group for good and no run is on its way, end that lock: adfpush lock release --group ${lease.group} --env ${lease.environment} --force`,
  });

/** Hosts that had the lease were terminated a moment ago: a run that held it with their help may count it as held until its deadline. */
export const leaseMembersGone = (lease: LeaseName, gone: readonly string[], left: Milliseconds): AdfError =>
  new AdfError({
    code: 'lease.members_gone',
    class: 'refused',
    message:
      `Cannot lock group ${describe(lease)} yet: ${gone.join(', ')} had its last lock and ${gone.length === 1 ? 'is' : 'are'} terminated. ` +
      `A run that held it there may live for ${formatDuration(left)} more.`,
    hint: 'Run it again in a minute, or wait with --lock-wait 2m.',
  });

/** Runs of the group keep its lock elsewhere than this project says. */
export const leaseMoved = (lease: LeaseName, movedTo: string, run: string): AdfError =>
  new AdfError({
    code: 'lease.moved',
    class: 'refused',
    message: `Group ${describe(lease)} is not locked on its hosts: run ${run} and those after it keep its lock in ${movedTo}, and one of them may live.`,
    hint:
      `Give this project the same state backend (state: in adfpush.yml). If the backend was changed back on purpose, and no run of the group is under way: ` +
      `adfpush lock release --group ${lease.group} --env ${lease.environment} --force.`,
  });

/** A held lease is not ours any more, or ran out before it could be renewed. */
export const leaseLost = (lease: LeaseName, reason: string): AdfError =>
  new AdfError({
    code: 'lease.lost',
    class: 'failed',
    message: `The lock of group ${describe(lease)} is lost: ${reason}`,
    hint: 'Another run may be changing the group: look who holds it before you run again.',
  });

export const leaseFencedCode = 'lease.fenced';

/** A host was changed under a newer epoch, or by another run under the same. */
export const leaseFenced = (
  host: ErrorHost,
  pass: { readonly lease: string; readonly epoch: number },
  known: { readonly epoch: number; readonly run: string },
): AdfError =>
  new AdfError({
    code: leaseFencedCode,
    class: 'failed',
    host: describeHost(host),
    message:
      `${describeHost(host)} takes no more changes under epoch ${pass.epoch} of the lock ${pass.lease}: ` +
      `run ${known.run} came with epoch ${known.epoch}.`,
    hint: 'Another run took the lock meanwhile, or it was released by force: adfpush lock status tells who has it.',
  });

/** A host cannot say whether a newer epoch was there. */
export const fenceSilent = (host: ErrorHost, reason: string): AdfError =>
  new AdfError({
    code: 'lease.fence_silent',
    class: 'failed',
    host: describeHost(host),
    message: `${describeHost(host)} cannot tell whether another run has the lock by now: ${reason}`,
    hint: 'Nothing is changed there without that. Make /var/tmp or /dev/shm writable on the host for its login user: df -h /var/tmp /dev/shm tells whether one is full.',
  });

/** A host without a Docker Engine keeps holds as files of its login user. */
export const holdNotKept = (host: ErrorHost, reason: string): AdfError =>
  new AdfError({
    code: 'hold.not_kept',
    class: 'failed',
    host: describeHost(host),
    message: `${describeHost(host)} cannot keep what is held of it: ${reason}`,
    hint: 'Give the login user of the host a home folder that it can write to, and look for a full disk: df -h ~ there.',
  });

/** A host keeps no note of the release that a run found there. */
/** The key of a group is on the host, and not for this login user. */
export const groupKeyUnreadable = (host: ErrorHost, reason: string): AdfError =>
  new AdfError({
    code: groupKeyUnreadableCode,
    class: 'failed',
    host: describeHost(host),
    message: `${describeHost(host)} does not give the key that secrets are hashed with: ${reason}`,
    hint: 'All who deploy the group need the same login user, or `docker: { sudo: true }`. Or remove the file: the next deploy makes a new key.',
  });

export const groupKeyUnreadableCode = 'group_key.unreadable';

export const groupKeyNotKept = (host: ErrorHost, reason: string): AdfError =>
  new AdfError({
    code: 'group_key.write',
    class: 'failed',
    host: describeHost(host),
    message: `${describeHost(host)} cannot keep the key that secrets are hashed with: ${reason}`,
    hint: 'Make /var/tmp writable on the host for its login user: df -h /var/tmp tells whether it is full.',
  });

export const confirmationNotKept = (host: ErrorHost, reason: string): AdfError =>
  new AdfError({
    code: 'confirmation.write',
    class: 'failed',
    host: describeHost(host),
    message: `${describeHost(host)} cannot keep which run its release was confirmed by: ${reason}`,
    hint: 'Make /var/tmp or /dev/shm writable on the host for its login user: df -h /var/tmp /dev/shm tells whether one is full.',
  });
