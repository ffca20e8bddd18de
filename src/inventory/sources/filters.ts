import type { Instance } from '../../ports/fleet.js';

/** EC2's filters: all names must match, by any of their values. */
export type Filters = Readonly<Record<string, readonly string[]>>;

/**
 * A filter value that means itself. In EC2's filters `*` and `?` are wildcards and a backslash takes their meaning away.
 * Source: EC2 User Guide, "List and filter your resources".
 */
export const escapeFilterValue = (value: string): string => value.replace(/[\\*?]/g, '\\$&');

export const escapeFilters = (filters: Filters): Filters =>
  Object.fromEntries(Object.entries(filters).map(([name, values]) => [name, values.map(escapeFilterValue)]));

const attributes: Readonly<Record<string, (instance: Instance) => string | undefined>> = {
  'instance-id': ({ id }) => id,
  'instance-type': ({ type }) => type,
  'availability-zone': ({ zone }) => zone,
  'image-id': ({ imageId }) => imageId,
  'private-ip-address': ({ privateIp }) => privateIp,
  'ip-address': ({ publicIp }) => publicIp,
  'private-dns-name': ({ privateDns }) => privateDns,
  'dns-name': ({ publicDns }) => publicDns,
};

/**
 * Whether an instance is what the filters ask for, letter by letter, as far as what is known of an instance can tell:
 * tags, and the attributes above. Other filters are left to EC2.
 */
export const matchesFilters = (instance: Instance, filters: Filters): boolean =>
  Object.entries(filters).every(([name, values]) => {
    if (name === 'tag-key') return values.some((key) => Object.hasOwn(instance.tags, key));
    const attribute = attributes[name];
    const tag = /^tag:(.+)$/.exec(name)?.[1];
    if (tag === undefined && attribute === undefined) return true;
    const value = tag === undefined ? attribute?.(instance) : ownTag(instance, tag);
    return value !== undefined && values.includes(value);
  });

/** Tags are the cloud's data: a tag `constructor` must not be found on every instance. */
export const ownTag = ({ tags }: Instance, key: string): string | undefined =>
  Object.hasOwn(tags, key) ? tags[key] : undefined;
