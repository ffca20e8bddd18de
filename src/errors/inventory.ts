import { defined } from '../model/defined.js';
import { describeHost, type Host } from '../model/host.js';
import type { Place } from '../model/source.js';
import { AdfError, type ErrorPlace } from './adf-error.js';
import { enumerate, nearest } from './nearest.js';

/** A file of the control side that a task names is in none of the places where it is looked up. */
export const sourceMissing = (src: string, places: readonly string[], at?: Place): AdfError =>
  new AdfError({
    code: 'file.source_missing',
    class: 'invalid',
    message: `There is no "${src}": ${places.join(', ')} ${places.length === 1 ? 'does' : 'do'} not exist.`,
    hint: 'It is looked up beside the playbook, then in the project.',
    ...defined({ at }),
  });

/** It was there when it was looked up. */
export const sourceGone = (path: string): AdfError =>
  new AdfError({
    code: 'file.source_missing',
    class: 'invalid',
    message: `"${path}" is no longer there.`,
    hint: 'Leave the project alone while it is deployed.',
  });

/** A folder, where one file is meant. */
export const sourceNotAFile = (path: string, hint: string): AdfError =>
  new AdfError({
    code: 'file.source_kind',
    class: 'invalid',
    message: `"${path}" is no ordinary file.`,
    hint,
  });

const refused = (code: string, message: string, hint: string): AdfError =>
  new AdfError({ code: `inventory.${code}`, class: 'refused', message, hint });

const invalid = (code: string, message: string, hint: string): AdfError =>
  new AdfError({ code: `inventory.${code}`, class: 'invalid', message, hint });

export const wrongAccount = (file: string, expected: string, found: string, arn: string): AdfError =>
  refused(
    'wrong_account',
    `These credentials are for the AWS account ${found} (${arn}), but ${file} says ${expected}. Nothing was done.`,
    'Use the credentials, the profile or the role of the right account.',
  );

/** `lookedFor` is a phrase: `running EC2 instances in eu-west-1 …`. */
export const emptyEnvironment = (environment: string, lookedFor: string, hint: string): AdfError =>
  refused(
    'empty_environment',
    `The environment "${environment}" has no hosts: looked for ${lookedFor}.`,
    hint,
  );

export const noAddress = (policy: string, hosts: readonly string[]): AdfError =>
  refused(
    'no_address',
    `${hosts.length === 1 ? 'A host has' : `${hosts.length} hosts have`} no ${policy}: ${enumerate(hosts, 10)}.`,
    'Choose another `address:` for the environment; adfpush does not fall back to one by itself.',
  );

export const unusableAddress = (host: string, address: string): AdfError =>
  refused(
    'unusable_address',
    `The address of ${host} is ${JSON.stringify(address)}, which SSH could take for something else.`,
    'An address holds no space and does not begin with a dash.',
  );

/** A warning: variables of a group without hosts. `mayBeMore`: other environments may have hosts in it. */
export const unmatchedGroup = (
  name: string,
  near: string | undefined,
  mayBeMore: boolean,
  place: ErrorPlace,
): AdfError =>
  new AdfError({
    code: 'inventory.unmatched_group',
    class: 'invalid',
    message: `These are variables of a group "${name}", and no host that is known is in it.`,
    ...place,
    hint: [
      near === undefined ? 'Rename or remove them.' : `Did you mean "${near}"?`,
      ...(mayBeMore ? ['If hosts of another environment are in it, all is well.'] : []),
    ].join(' '),
  });

/** A warning: variables of a host that is not there. */
export const unmatchedHost = (name: string, near: string | undefined, place: ErrorPlace): AdfError =>
  new AdfError({
    code: 'inventory.unmatched_host',
    class: 'invalid',
    message: `These are variables of a host "${name}", and no environment has one of this name or id.`,
    ...place,
    hint: near === undefined ? 'Rename or remove the file.' : `Did you mean "${near}"?`,
  });

export const builtInGroup = (host: string, group: string, tag: string): AdfError =>
  refused(
    'built_in_group',
    `${host} has the group "${group}" in its tag ${tag}: all, ungrouped and _meta are built in.`,
    'Give the group another name.',
  );

export const unknownGroup = (
  name: string,
  environment: string,
  lookedFor: string,
  existing: readonly { readonly name: string; readonly hosts: number }[],
): AdfError => {
  const names = existing.map((group) => group.name);
  const near = nearest(name, names);
  const listed = existing.map((group) => `${group.name} (${group.hosts})`);
  return refused(
    'empty_group',
    `The group "${name}" of the environment "${environment}" has no hosts: looked for ${lookedFor}.`,
    [
      ...(near === undefined ? [] : [`Did you mean "${near}"?`]),
      listed.length === 0 ? 'No host is in any group.' : `Groups with hosts: ${enumerate(listed)}.`,
    ].join(' '),
  );
};

export const wildcardGroup = (name: string): AdfError =>
  invalid(
    'wildcard_group',
    `"${name}" is a pattern; a group is named in full.`,
    'Name one group, or several as in --group api,worker. Patterns are for --limit.',
  );

/** `all` of a command that looks at what groups run. */
export const nothingDescribed = (environment: string): AdfError =>
  invalid(
    'nothing_described',
    `No group of ${environment} says what it runs.`,
    'Give a group an image: or container: in inventory/group_vars/GROUP.yml.',
  );

export const emptyPattern = (pattern: string): AdfError =>
  invalid(
    'empty_pattern',
    pattern.trim() === '' ? 'The host pattern is empty.' : `The host pattern "${pattern}" has an empty part.`,
    'Name hosts or groups, as in api:!api-3; `all` means all hosts.',
  );

/** `fault` is a predicate: `has a group without its end`. */
export const wrongPattern = (pattern: string, fault: string): AdfError =>
  invalid(
    'wrong_pattern',
    `The host pattern "${pattern}" is no regular expression: it ${fault}.`,
    'It begins with ~ and is read as Python reads it; a \\ stands before what is meant as it is.',
  );

export const unknownName = (
  name: string,
  pattern: string,
  environment: string,
  known: { readonly groups: readonly string[]; readonly hosts: readonly string[] },
): AdfError => {
  const near = nearest(name, [...known.groups, ...known.hosts]);
  const groups = known.groups.length === 0 ? '' : `Groups: ${enumerate(known.groups)}. `;
  return refused(
    'unknown_name',
    `The environment "${environment}" has no group or host "${name}"${name === pattern ? '' : ` (in the pattern "${pattern}")`}.`,
    near === undefined ? `${groups}Hosts: ${enumerate(known.hosts)}.` : `Did you mean "${near}"?`,
  );
};

export const emptySelection = (
  pattern: string,
  environment: string,
  known: { readonly groups: readonly string[]; readonly hosts: readonly string[] },
): AdfError =>
  refused(
    'empty_selection',
    `The pattern "${pattern}" matches no host of the environment "${environment}".`,
    `${known.groups.length === 0 ? '' : `Groups: ${enumerate(known.groups)}. `}Hosts: ${enumerate(known.hosts)}.`,
  );

export const severalHosts = (name: string, hosts: readonly Host[]): AdfError =>
  new AdfError({
    code: 'inventory.several_hosts',
    class: 'invalid',
    message: `"${name}" means ${hosts.length} hosts: ${enumerate(hosts.map(describeHost))}.`,
    hint: 'Name one of them, by its name or its id.',
  });
