/** Why a registered target is `unused`, and what to do about it, by ELBv2's reason codes. */
export const whyUnused = (reason: string | undefined): readonly [why: string, hint: string] =>
  reasons[reason ?? ''] ?? [
    'the load balancer does not use it',
    'Look at the target group in the AWS console: its description of the target says more.',
  ];

const reasons: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  'Target.NotInUse': [
    'no load balancer sends traffic there, or not in the zone of this target',
    "Add a listener rule for the target group, and enable the target's zone on the load balancer.",
  ],
  'Target.InvalidState': [
    'the instance is stopped or terminated',
    'Start the instance, or take it out of the inventory.',
  ],
  'Target.IpUnusable': [
    'a load balancer uses this IP address itself',
    'Register the address of the host instead.',
  ],
};
