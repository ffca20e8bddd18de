import { AdfError } from './adf-error.js';

/** An Auto Scaling group, as errors speak of it. */
export interface NamedScalingGroup {
  readonly name: string;
  readonly region: string;
}

export const describeScalingGroup = ({ name, region }: NamedScalingGroup): string =>
  `Auto Scaling group "${name}" (${region})`;

/** `cause` is what AWS said. */
export const scalingDenied = (group: NamedScalingGroup, cause: AdfError): AdfError =>
  new AdfError({
    code: 'scaling.access_denied',
    class: 'refused',
    message: `The ${describeScalingGroup(group)} cannot be kept from replacing drained hosts: ${cause.message}`,
    hint:
      'Allow autoscaling:DescribeAutoScalingGroups, autoscaling:SuspendProcesses, autoscaling:ResumeProcesses, ' +
      'autoscaling:CreateOrUpdateTags and autoscaling:DeleteTags in the IAM policy; or set rollout.asg: ignore, ' +
      'if the group replaces no host that is out of rotation for as long as its turn takes.',
    cause,
  });

/** Read back for `waited`, a change is not to be seen. */
export const scalingNotChanged = (group: NamedScalingGroup, what: string): AdfError =>
  new AdfError({
    code: 'scaling.not_changed',
    class: 'refused',
    message: `The ${describeScalingGroup(group)} was told to ${what}, and does not show it.`,
    hint: 'Does something else change it at the same time? Try again in a moment.',
  });

/** What a run suspended stays so: `why` is a host that would be replaced, or what kept it from being resumed. */
export const scalingLeftSuspended = (
  group: NamedScalingGroup,
  processes: readonly string[],
  why: string,
): AdfError =>
  new AdfError({
    code: 'scaling.left_suspended',
    class: 'needs_person',
    message: `The ${describeScalingGroup(group)} keeps ${processes.join(', ')} suspended: ${why}`,
    hint:
      'adfpush recover, or the next deploy of the group, resumes what was running before. By hand, when its hosts are in service: ' +
      `aws autoscaling resume-processes --region ${group.region} --auto-scaling-group-name '${group.name}' --scaling-processes ${processes.join(' ')}`,
  });
