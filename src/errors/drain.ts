import { describeDrained, type DrainedHost } from '../model/drained-hosts.js';
import { describeHost, type Host } from '../model/host.js';
import { formatPinnedImage, type PinnedImage } from '../model/release.js';
import { AdfError } from './adf-error.js';
import { enumerate } from './nearest.js';

const refused = (code: string, message: string, hint: string): AdfError =>
  new AdfError({ code: `drain.${code}`, class: 'refused', message, hint });

/** Neither a host of the group nor the table took the record. `reasons` are sentences. */
export const drainNotRecorded = (group: string, reasons: readonly string[]): AdfError =>
  new AdfError({
    code: 'drain.not_recorded',
    class: 'failed',
    message:
      `Which hosts of "${group}" are drained could not be written down anywhere. ${reasons.join(' ')}`.trimEnd(),
    hint: 'Make /var/tmp writable on the hosts for their login user; df -h /var/tmp tells whether it is full.',
  });

/** A host that is behind no load balancer cannot be taken out of one. */
export const nothingToDrain = (host: Pick<Host, 'id' | 'name'>): AdfError =>
  refused(
    'no_target_group',
    `${describeHost(host)} is behind no target group, so there is nothing to take it out of.`,
    'Name target_groups: in the settings of its group, or give the group with --group.',
  );

/** Something other than `undrain` would put it in service. */
export const hostKeptOut = (
  host: Pick<Host, 'id' | 'name'>,
  drained: DrainedHost,
  environment: string,
): AdfError =>
  new AdfError({
    code: 'drain.kept_out',
    class: 'failed',
    host: describeHost(host),
    message: `${describeHost(host)} is not put in service: it was ${describeDrained(drained)}.`,
    hint: `Bring it back: adfpush undrain ${host.name} --env ${environment}`,
  });

/** Every host that a run could roll is kept out of service. `hosts` are sentences: which host, with who drained it and since when. */
export const allDrained = (group: string, hosts: readonly string[], environment: string): AdfError =>
  refused(
    'all_drained',
    `There is nothing to roll in "${group}": ${enumerate(hosts)}.`,
    `Choose other hosts with --limit, or bring these back: adfpush undrain HOST --env ${environment}`,
  );

/** Between the plan and the lease. */
export const drainedMeanwhile = (host: Pick<Host, 'id' | 'name'>, isDrained: boolean): string =>
  `${describeHost(host)} was ${isDrained ? 'drained' : 'brought back into service'} since the plan`;

/** Which release a host should come back with cannot be told. */
export const noCurrentRelease = (group: string, why: string, environment: string): AdfError =>
  refused(
    'no_current_release',
    `Which release "${group}" is on is not clear: ${why}.`,
    `Deploy the group first; then undrain brings the host to that release: adfpush deploy --group ${group} --env ${environment} --version V`,
  );

/** Hosts of groups with containers are deployed to, the others only put in service. */
export const mixedKinds = (groups: readonly string[]): AdfError =>
  refused(
    'mixed_kinds',
    `The hosts are of ${enumerate(groups)}, of which some have containers and some have none.`,
    'Bring them back group by group, with --group.',
  );

/** Neither these hosts nor the registry have the image of the release that the group is on. `reason` is the registry's. */
export const imageGone = (
  group: string,
  environment: string,
  image: PinnedImage,
  hosts: readonly Pick<Host, 'id' | 'name'>[],
  reason: string,
): AdfError =>
  refused(
    'image_gone',
    `${enumerate(hosts.map(describeHost))} cannot get the release that "${group}" is on, ${formatPinnedImage(image)}: the host has no image of it, and the registry gives none: ${reason}`,
    `Deploy a release that the registry has; then undrain brings the host to that one: adfpush deploy --group ${group} --env ${environment} --version V`,
  );

/** `undrain` of hosts that are not drained, and not as they should be either. */
export const notDrained = (host: Pick<Host, 'id' | 'name'>, why: string): AdfError =>
  refused(
    'not_drained',
    `${describeHost(host)} is not drained, and is not as configured: ${why}.`,
    'undrain brings back what drain took out. For all else, deploy the group.',
  );
