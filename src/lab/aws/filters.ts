import { invalidParameter } from './fault.js';
import type { Instance } from './instance.js';

export interface Filter {
  readonly name: string;
  readonly values: readonly string[];
}

/** The values of an instance that a filter of that name looks at. */
function candidates(instance: Instance, name: string): readonly (string | undefined)[] {
  if (name.startsWith('tag:')) return [instance.tags.get(name.slice('tag:'.length))];
  switch (name) {
    case 'instance-id':
      return [instance.id];
    case 'instance-state-name':
      return [instance.state];
    case 'tag-key':
      return [...instance.tags.keys()];
    case 'private-ip-address':
      return [instance.privateIp];
    case 'ip-address':
      return [instance.publicIp];
    case 'private-dns-name':
      return [instance.privateDns];
    case 'availability-zone':
      return [instance.zone];
    case 'instance-type':
      return [instance.type];
    case 'image-id':
      return [instance.imageId];
    case 'vpc-id':
      return [instance.vpc];
    default:
      throw invalidParameter(`The filter '${name}' is invalid`);
  }
}

/** EC2's rule: filters AND across names, OR within values. Source: EC2 API reference, DescribeInstances. */
export const matches = (instance: Instance, filters: readonly Filter[]): boolean =>
  filters.every(({ name, values }) => {
    const actual = candidates(instance, name);
    return values.some((pattern) =>
      actual.some((value) => value !== undefined && wildcard(pattern).test(value)),
    );
  });

/** `*` is any text, `?` one character; a backslash takes the meaning from what follows it. Case counts. */
function wildcard(pattern: string): RegExp {
  const source = pattern.replace(/\\([\s\S])|[\s\S]/g, (character, escaped?: string) => {
    if (escaped !== undefined) return literal(escaped);
    if (character === '*') return '[\\s\\S]*';
    if (character === '?') return '[\\s\\S]';
    return literal(character);
  });
  return new RegExp(`^${source}$`);
}

const literal = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
