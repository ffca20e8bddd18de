import { awsError } from '../../../src/errors/aws.js';

/** What the caller of EC2 Instance Connect gets whose IAM policy does not allow it. */
export const accessDenied = awsError(
  Object.assign(new Error('not authorised'), { name: 'AccessDeniedException' }),
  {
    action: 'ec2-instance-connect:SendSSHPublicKey',
    region: 'eu-west-1',
  },
);
