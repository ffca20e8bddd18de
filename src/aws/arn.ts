import { malformedAnswer } from '../errors/aws.js';
import { region, type Region, type TargetGroupArn } from '../model/ids.js';

/** `arn:partition:elasticloadbalancing:REGION:account:targetgroup/name/id`: a target group is asked for in its region. */
export function regionOf(targetGroup: TargetGroupArn): Region {
  const [, , , name] = targetGroup.split(':');
  if (name === undefined || name === '') {
    throw malformedAnswer(
      'elasticloadbalancing:DescribeTargetGroups',
      'this region',
      `"${targetGroup}", which is no ARN`,
    );
  }
  return region(name);
}

export type LoadBalancerType = 'application' | 'network' | 'gateway';

const types: Readonly<Record<string, LoadBalancerType>> = {
  app: 'application',
  net: 'network',
  gwy: 'gateway',
};

/** `…:loadbalancer/app/name/id`. Source: IAM's resource types of Elastic Load Balancing V2. */
export const loadBalancerType = (arn: string): LoadBalancerType | undefined => types[arn.split('/')[1] ?? ''];
