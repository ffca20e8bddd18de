import type { AwsEnvironment } from '../../config/environment-file.js';
import type { Instance } from '../../ports/fleet.js';
import { ownTag } from './filters.js';

type Policy = AwsEnvironment['address'];

/** The address that the policy chooses; undefined when the instance has none of that kind. */
export function addressOf(instance: Instance, policy: Policy): string | undefined {
  switch (policy.kind) {
    case 'private_ip':
      return instance.privateIp;
    case 'public_ip':
      return instance.publicIp;
    case 'private_dns':
      return instance.privateDns;
    case 'public_dns':
      return instance.publicDns;
    case 'ipv6':
      return instance.ipv6;
    case 'tag':
      return ownTag(instance, policy.key)?.trim() || undefined;
  }
}

export const describePolicy = (policy: Policy): string =>
  policy.kind === 'tag' ? `tag ${policy.key}` : policy.kind.replaceAll('_', ' ');

/** What SSH cannot mistake for an option or split in two. */
export const isUsableAddress = (address: string): boolean => /^[^-\s]\S*$/.test(address);
