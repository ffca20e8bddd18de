import { defined } from '../model/defined.js';
import { formatDuration, isoTime, type Milliseconds } from '../model/duration.js';
import { describeHost, type Host } from '../model/host.js';
import type { NewerRelease } from '../model/release.js';
import type { Place } from '../model/source.js';
import { AdfError } from './adf-error.js';
import { whyUnused } from './traffic.js';

/** Everything a deploy refuses before it changes anything. All are of class `refused`, exit code 3. */
const refused = (code: string, host: Host | undefined, message: string, hint: string): AdfError =>
  new AdfError({
    code: `preflight.${code}`,
    class: 'refused',
    message,
    hint,
    ...(host === undefined ? {} : { host: describeHost(host) }),
  });

export const leftOut = (host: Host, targetGroup: string, registered: number, peers: number): AdfError =>
  refused(
    'left_out',
    host,
    `${describeHost(host)} is not registered in target group "${targetGroup}", where ${registered} of its ${peers} peers are.`,
    'A person, or a lost run, left it out. Find out why, then register it again; or leave it out of this run with --limit.',
  );

/** One port of a host that is in the target group on others. */
export const portLeftOut = (
  host: Host,
  targetGroup: string,
  port: number,
  registered: number,
  peers: number,
): AdfError =>
  refused(
    'left_out',
    host,
    `${describeHost(host)}:${port} is not registered in target group "${targetGroup}", where ${registered} of its ${peers} registered peers are on that port.`,
    'A person, or a lost run, left it out. Find out why, then register it again; or leave the host out of this run with --limit. A host that is not to serve that port must not publish it (host_vars).',
  );

export const beingDrained = (host: Host, targetGroup: string, port: number): AdfError =>
  refused(
    'being_drained',
    host,
    `${describeHost(host)}:${port} is being drained from target group "${targetGroup}", and not by this run.`,
    'Wait for it to end. If the host is to serve again, register it then: it is out of the target group.',
  );

/** `reason` is ELBv2's code. */
export const targetUnusable = (
  host: Host,
  targetGroup: string,
  port: number,
  reason: string | undefined,
): AdfError => {
  const [why, hint] = whyUnused(reason);
  const code = reason ?? 'no reason given';
  return refused(
    'target_unusable',
    host,
    `${describeHost(host)}:${port} is unused in target group "${targetGroup}" (${code}): ${why}.`,
    hint,
  );
};

/** A registration that would be new, on a port where nothing will answer. */
export const portNotPublished = (
  host: Host,
  targetGroup: string,
  port: number,
  published: readonly number[],
): AdfError =>
  refused(
    'port_not_published',
    host,
    `${describeHost(host)} would be registered in target group "${targetGroup}" on port ${port}, which none of its containers publishes; they publish ${published.length === 0 ? 'no port' : published.join(', ')}.`,
    'Publish that port under container.ports; or create the target group with a port that is published; or register the host on the right port by hand: where it is registered, it stays.',
  );

export const inNoTargetGroup = (group: string, looked: string): AdfError =>
  refused(
    'in_no_target_group',
    undefined,
    `No host of group "${group}" is in a target group: ${looked}.`,
    `Write target_groups: [name] in inventory/group_vars/${group}.yml, or target_groups: none for hosts without a load balancer.`,
  );

export const cannotBeRegistered = (host: Host, targetGroup: string, targetType: string): AdfError =>
  refused(
    'cannot_be_registered',
    host,
    `${describeHost(host)} has no id that target group "${targetGroup}" (target type ${targetType}) could know it by.`,
    targetType === 'instance'
      ? 'An instance id is needed; give a static host target_ids.'
      : 'An IP address is needed.',
  );

export const targetGroupUnused = (targetGroup: string): AdfError =>
  refused(
    'target_group_unused',
    undefined,
    `Target group "${targetGroup}" is used by no load balancer, so that none of its targets can become healthy.`,
    'Attach it to a listener, or take it out of target_groups.',
  );

export const drainTimeoutTooShort = (
  targetGroup: string,
  delay: Milliseconds,
  timeout: Milliseconds,
): AdfError =>
  refused(
    'drain_timeout',
    undefined,
    `Target group "${targetGroup}" drains for ${formatDuration(delay)} (its deregistration delay), longer than rollout.drain_timeout (${formatDuration(timeout)}).`,
    'Raise rollout.drain_timeout or set it to "default"; or lower the deregistration delay of the target group.',
  );

export const floorTooHigh = (what: string, healthyLeft: number, minimum: number, setting: string): AdfError =>
  refused(
    'floor',
    undefined,
    `${what} is too small for min_healthy ${setting}: taking one host out would leave ${healthyLeft} of at least ${minimum}.`,
    'Lower rollout.min_healthy, or add hosts. min_healthy: 0 accepts downtime.',
  );

export const zoneWouldBeEmpty = (targetGroup: string, zone: string): AdfError =>
  refused(
    'zone',
    undefined,
    `Target group "${targetGroup}" is not balanced across zones, and zone ${zone} has a single target: draining it would leave the zone without any.`,
    'Turn on cross-zone load balancing, or add a host in that zone. min_healthy: 0 accepts downtime.',
  );

/** What to do where a target group is not balanced across zones, and nothing tells in which zone its targets are. */
export const tellZone =
  'Write `zone:` for each of its hosts in the inventory (as eu-west-1a), or turn on cross-zone load balancing. min_healthy: 0 accepts downtime.';

export const zoneNotKnown = (targetGroup: string, hosts: readonly Host[]): AdfError =>
  refused(
    'zone_unknown',
    undefined,
    `Target group "${targetGroup}" is not balanced across zones, and the zone of ${hosts.map(describeHost).join(', ')} is not known: draining one could leave a zone without any target.`,
    tellZone,
  );

export const foreignContainer = (host: Host, container: string, why: string, adoptable: boolean): AdfError =>
  refused(
    'foreign_container',
    host,
    `On ${describeHost(host)} the container "${container}", which adfpush did not start, ${why}.`,
    adoptable
      ? `To let adfpush replace it, write "adopt: ${container}" in the container's settings; else stop it.`
      : 'Take it out of the hands of what manages it first; adfpush cannot adopt it.',
  );

/** A container that adfpush started, but not for this group or not under a name that the group still has. */
export const otherContainer = (host: Host, container: string, group: string, why: string): AdfError =>
  refused(
    'other_container',
    host,
    `On ${describeHost(host)} the container "${container}" of group "${group}" ${why}.`,
    `Give one of the two another name or port; or, where it is to be replaced, write "adopt: ${container}" in the container's settings.`,
  );

export const diskFull = (host: Host, freeBytes: number, neededBytes: number): AdfError =>
  refused(
    'disk',
    host,
    `${describeHost(host)} has ${megabytes(freeBytes)} free for Docker's data, less than the ${megabytes(neededBytes)} that a pull needs at least.`,
    'Make room on the host: docker system df shows what takes it.',
  );

export const wrongPlatform = (
  host: Host,
  platform: string,
  image: string,
  available: readonly string[],
): AdfError =>
  refused(
    'platform',
    host,
    `${describeHost(host)} is ${platform}, but ${image} exists for ${available.join(', ')} only.`,
    'Build the image for that platform too.',
  );

interface Mount {
  readonly source: string;
  readonly container: string;
  readonly at?: Place;
}

const mountRefused = (
  code: string,
  host: Host,
  { at, ...mount }: Mount,
  why: string,
  hint: string,
): AdfError =>
  new AdfError({
    code: `preflight.${code}`,
    class: 'refused',
    host: describeHost(host),
    message: `${describeHost(host)} ${why} ${mount.source}, which the container "${mount.container}" mounts.`,
    hint,
    ...defined({ at }),
  });

export const mountMissing = (host: Host, mount: Mount): AdfError =>
  mountRefused(
    'mount_missing',
    host,
    mount,
    'does not have',
    `Put it there, by hand or by a task before the swap. To have an empty folder made: "${mount.source}:…:create", or bind: { create_host_path: true }.`,
  );

/** Where another host has a file. */
export const mountIsFolder = (host: Host, mount: Mount): AdfError =>
  mountRefused(
    'mount_is_folder',
    host,
    mount,
    'has a folder, where other hosts have a file, at',
    'Docker makes such a folder when the file is missing. Remove it (rmdir) and put the file there.',
  );

export const refusedByOperator = (): AdfError =>
  refused('declined', undefined, 'The plan was not confirmed.', 'Nothing was changed.');

export const changedSincePlan = (what: string): AdfError =>
  refused(
    'changed_since_plan',
    undefined,
    `Since the plan was made, ${what}.`,
    'Nothing was changed. Run it again to see the new plan.',
  );

/** A run that was started later has rolled the group while this one waited. */
export const newerReleaseThere = ({
  group,
  run,
  version,
  by,
  startedAt,
  isConfirmed = false,
  hosts,
}: NewerRelease): AdfError => {
  const started = [
    ...(by === undefined ? [] : [`by ${by}`]),
    ...(startedAt === undefined ? [] : [`at ${isoTime(startedAt)}`]),
  ].join(' ');
  const [host] = hosts;
  const where = hosts.length === 1 && host !== undefined ? describeHost(host) : `${hosts.length} hosts`;
  return refused(
    'newer_release',
    undefined,
    `This run is older than the release of "${group}": ${version ?? 'what runs'} on ${where} ${isConfirmed ? 'was confirmed by' : 'is of'} run ${run}, which was started${started === '' ? '' : ` ${started}`}, after this run.`,
    'Nothing was changed. Deploy again what the group should have: a run that is started now is newer. --force puts this build over the newer one.',
  );
};

export const nothingToDeploy = (group: string): AdfError =>
  refused(
    'no_container',
    undefined,
    `Group "${group}" has no container to deploy.`,
    `Write it in inventory/group_vars/${group}.yml: container: { name: …, ports: […] } and image: ….`,
  );

const megabytes = (bytes: number): string => `${Math.floor(bytes / 1_048_576)} MiB`;
