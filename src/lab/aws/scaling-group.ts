/** What a test says of an Auto Scaling group. */
export interface NewScalingGroup {
  readonly name: string;
  /** As the API has it: `EC2`, `ELB`, `EC2,ELB`. */
  readonly healthCheckType: string;
  readonly instances: readonly string[];
  readonly suspendedProcesses?: readonly string[];
}

/** An Auto Scaling group of the lab. It launches and replaces nothing: it can be suspended, and tells so. */
export interface LabScalingGroup extends NewScalingGroup {
  readonly arn: string;
  readonly suspendedProcesses: readonly string[];
  readonly tags: ReadonlyMap<string, ScalingTag>;
}

interface ScalingTag {
  readonly value: string;
  readonly propagateAtLaunch: boolean;
}

/** Those that AWS knows. Source: SuspendProcesses. */
export const scalingProcesses: readonly string[] = [
  'Launch',
  'Terminate',
  'AddToLoadBalancer',
  'AlarmNotification',
  'AZRebalance',
  'HealthCheck',
  'InstanceRefresh',
  'ReplaceUnhealthy',
  'ScheduledActions',
];
