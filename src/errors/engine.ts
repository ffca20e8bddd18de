import { defined } from '../model/defined.js';
import { formatDuration, type Milliseconds } from '../model/duration.js';
import { describeHost, type Host } from '../model/host.js';
import type { Place } from '../model/source.js';
import { AdfError, type ErrorPlace } from './adf-error.js';
import { tellZone } from './preflight.js';

const failed = (code: string, host: Host | undefined, message: string, hint?: string): AdfError =>
  new AdfError({
    code,
    class: 'failed',
    message,
    ...(host === undefined ? {} : { host: describeHost(host) }),
    ...defined({ hint }),
  });

export const floorBlockedCode = 'floor.blocked';

/** The floor did not allow the drain in time: another healthy target would have been missing. */
export const floorBlocked = (host: Host, targetGroup: string, why: string, waited: Milliseconds): AdfError =>
  failed(
    floorBlockedCode,
    host,
    `Not drained from "${targetGroup}": ${why}, for ${formatDuration(waited)}.`,
    'Bring other hosts back to health, or lower rollout.min_healthy.',
  );

/** Zones count in the target group, and the host's is not known: waiting would not help. */
export const floorNeedsZone = (host: Host, targetGroup: string): AdfError =>
  failed(
    floorBlockedCode,
    host,
    `Not drained from "${targetGroup}": it is not balanced across zones, and the zone of the host is not known, so it could be the last healthy one of its zone.`,
    tellZone,
  );

export const playHaltedCode = 'play.halted';

export const playHalted = (host: Host): AdfError =>
  failed(playHaltedCode, host, 'Not drained: too many hosts of the play have failed.');

export const tooManyFailedBefore = (play: string, batch?: number): AdfError =>
  failed(
    playHaltedCode,
    undefined,
    `${batch === undefined ? `The play "${play}"` : `Batch ${batch} of the play "${play}"`} does not begin: more hosts of the run failed already than max_fail_percentage or max_failures allow.`,
  );

export const batchBlocked = (waited: Milliseconds): AdfError =>
  failed(
    'floor.batch_blocked',
    undefined,
    `For ${formatDuration(waited)} no host could be taken out of service: the floor lets none go.`,
    'Bring hosts back to health, or lower rollout.min_healthy.',
  );

/** A change of a host that a task is delegated to, and that belongs to no group which the run has leased. */
export const notLeased = (host: Host): AdfError =>
  failed(
    'interlock.not_leased',
    host,
    'Not changed: the run has no lease for this host.',
    'Write its name in delegate_to, or a template that the files of the project decide, so that its groups are leased before the run; or give it a play of its own.',
  );

/** The same, found before a deploy. */
export const delegateNotLeased = (host: Host, place: ErrorPlace): AdfError =>
  new AdfError({
    code: 'interlock.not_leased',
    class: 'refused',
    message: `A task would change ${host.name}, which is in no group that is deployed, so the run would have no lease for it.`,
    ...defined({ at: place.at, sourceLine: place.sourceLine }),
    hint: 'Change it by a playbook of its own, with adfpush run; or delegate to a host of the group, or to localhost.',
  });

/** Interlocks: what no playbook can make adfpush do. */
export const notDrained = (host: Host, refused: string, where: string): AdfError =>
  failed(
    'interlock.not_drained',
    host,
    `${refused} while the host is in service in ${where}.`,
    'Drain the host first: elb_target: { state: drained }.',
  );

export const stillHeld = (host: Host, container: string): AdfError =>
  failed(
    'interlock.still_held',
    host,
    `The container "${container}" is not removed while the run may still have to restore it.`,
    'Prune in a play of its own, after the roll.',
  );

export const imageNotThere = (host: Host, image: string): AdfError =>
  failed(
    'interlock.image_missing',
    host,
    `The host does not leave service before ${image} is on it.`,
    'Pull the image first: docker_image.',
  );

export const unhealthyCode = 'interlock.unhealthy';

export const notProvenHealthy = (host: Host, why: string): AdfError =>
  failed(
    unhealthyCode,
    host,
    `The host is not put in service: ${why}.`,
    'Prove it healthy first: the module health does; and give the group a health check.',
  );

export const leaseOverCode = 'interlock.lease_over';

export const leaseOver = (what: string): AdfError =>
  failed(
    leaseOverCode,
    undefined,
    `The lease of the group ran out, so nothing more is changed (${what}).`,
    'Another run may have the group by now: adfpush status shows how its hosts are.',
  );

export const holdMissing = (what: string): AdfError =>
  new AdfError({
    code: 'interlock.hold_missing',
    class: 'bug',
    message: `${what} would be taken away without a hold.`,
    hint: 'This is a bug in adfpush: please report it.',
  });

export const taskTimedOut = (host: Host, timeout: Milliseconds): AdfError =>
  failed('task.timeout', host, `The task did not end within ${formatDuration(timeout)}.`);

export const interrupted = (signal: string): AdfError =>
  failed('run.interrupted', undefined, `Interrupted by ${signal}.`);

/** `why` names a field that the condition reads and the result does not have. */
export const untilNeverHeld = (host: Host, condition: string, attempts: number, why?: string): AdfError =>
  failed(
    'task.until',
    host,
    `After ${attempts} attempts this still does not hold: ${condition}${why === undefined ? '' : ` (${why})`}`,
  );

/** `first` is what the first of them said. */
export const loopItemsFailed = (failures: number, items: number, first: AdfError): AdfError =>
  new AdfError({
    code: 'task.loop',
    class: first.class,
    message: `${failures} of ${items} items of the loop failed; the first: ${first.message}`,
    ...defined({ host: first.host, hint: first.hint, at: first.at, sourceLine: first.sourceLine }),
  });

export const failedWhen = (host: Host, condition: string): AdfError =>
  failed('task.failed_when', host, `failed_when holds: ${condition}`);

/** On the hosts that did not run it. With `isBeyondTask`, what it failed by is nothing that a block could rescue. */
export const runOnceFailed = (host: Host, task: string, message: string, isBeyondTask: boolean): AdfError =>
  failed(
    isBeyondTask ? 'play.run_once' : 'task.run_once',
    host,
    `The task "${task}" runs once for all hosts, and failed: ${message}`,
  );

export const bakeFailed = (host: Host, why: string): AdfError =>
  failed('bake.failed', host, `Did not stay healthy during the bake: ${why}.`);

export const cannotRestoreCode = 'restore.impossible';

export const cannotRestore = (host: Host, reason: string): AdfError =>
  failed(cannotRestoreCode, host, reason);

export const restoreIncomplete = (host: Host, missing: readonly string[]): AdfError =>
  failed(
    'restore.incomplete',
    host,
    `Read back after restoring, this is still missing: ${missing.join('; ')}.`,
  );

export const auditFailed = (host: Host, why: readonly string[]): AdfError =>
  failed('audit.failed', host, `Not as planned at the end: ${why.join(', ')}.`);

export const releaseDiffers = (group: string, one: Host, other: Host): AdfError =>
  new AdfError({
    code: 'group.release_differs',
    class: 'invalid',
    message: `Group "${group}" has another image or version for ${describeHost(one)} than for ${describeHost(other)}.`,
    hint: 'A group runs one release: set image and version in group_vars, not host_vars.',
  });

export const loopNotAList = (at: Place, what: string): AdfError =>
  new AdfError({
    code: 'playbook.loop',
    class: 'invalid',
    message: `loop must be a list, this is ${what}.`,
    at,
  });

export const argumentsInvalid = (
  module: string,
  path: string,
  message: string,
  at: Place | undefined,
): AdfError =>
  new AdfError({
    code: 'playbook.arguments',
    class: 'invalid',
    message: `${module}${path === '' ? '' : `: ${path}`}: ${message}`,
    ...defined({ at }),
  });

export const noHosts = (play: string, pattern: string, at: Place): AdfError =>
  new AdfError({
    code: 'playbook.no_hosts',
    class: 'refused',
    message: `The play "${play}" has no host: its pattern "${pattern}" selects none of this run's hosts.`,
    hint: 'See adfpush inventory list for the hosts and groups there are.',
    at,
  });

export const rolloutDiffers = (play: string, keyword: string, one: Host, other: Host): AdfError =>
  new AdfError({
    code: 'playbook.rollout_differs',
    class: 'invalid',
    message: `The play "${play}" has another ${keyword} for ${describeHost(one)} than for ${describeHost(other)}.`,
    hint: 'What steers the roll must be the same for all hosts of a play: set it in group_vars, not host_vars.',
  });

/** An interlock that only a bug can meet: a hold of a host that the run does not know. */
export const holdOfUnknownHost = (host: string): AdfError =>
  new AdfError({
    code: 'interlock.unknown_host',
    class: 'bug',
    message: `The host ${host} is held, but is none of this run's.`,
    hint: "This is a bug in adfpush: please report it with the run's events.",
  });

/** A container is not started onto a mount whose source is gone. */
export const bindSourceGone = (host: Host, container: string, sources: readonly string[]): AdfError =>
  failed(
    'container.source_missing',
    host,
    `The container "${container}" is not started on ${describeHost(host)}: it mounts ${sources.join(', ')}, which is not there, and Docker would make an empty folder of it.`,
    'Put it back on the host; or ask for an empty folder with the option create: "/srv/data:/data:create".',
  );

/** Of a host that was lost before they could run. */
export const handlersSkipped = (names: readonly string[]): string =>
  `these handlers were notified and did not run: ${names.join(', ')}.`;
