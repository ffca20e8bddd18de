import { Flags } from '@oclif/core';
import { invalidDuration, invalidList } from '../errors/cli.js';
import { defined } from '../model/defined.js';
import { parseDuration, type Milliseconds } from '../model/duration.js';

/** Read by `durationOf`: an error thrown inside of oclif's parser would get its words in front of ours. */
const duration = (description: string) => Flags.string({ description, helpValue: 'DURATION' });

/** What a duration flag says, `90s` or `10m`. Throws `cli.invalid_duration`. */
export function durationOf(flag: string, text: string | undefined): Milliseconds | undefined {
  if (text === undefined) return undefined;
  const parsed = parseDuration(text);
  if (parsed === undefined) throw invalidDuration(flag, text);
  return parsed;
}

/** Names with commas between them; the flag may be repeated. */
const names = (description: string, options: { char?: 't' | 'g'; helpValue: string }) =>
  Flags.string({
    description,
    multiple: true,
    multipleNonGreedy: true,
    helpValue: options.helpValue,
    ...defined({ char: options.char }),
  });

/** The names of a list flag, one by one. Throws `cli.empty_name`. */
export function splitNames(flag: string, values: readonly string[] | undefined): readonly string[] {
  return (values ?? []).flatMap((value) => {
    const parts = value.split(',').map((part) => part.trim());
    if (parts.includes('')) throw invalidList(flag, value);
    return parts;
  });
}

export const groupFlag = (description: string) => names(description, { char: 'g', helpValue: 'G[,G2]' });

const limitFlag = (more: string, aliases: string[] = []) =>
  Flags.string({
    char: 'l',
    description: `Only these of the hosts: a pattern such as api-[1:4], web*:!web-3, ~web-\\d or an address, or @FILE with one on each line${more}. May be repeated`,
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'PATTERN',
    aliases,
  });

/** Groups that are only looked at. */
export const anyGroupFlag = {
  group: groupFlag('Group of hosts; several with commas between them, or `all` of the environment. Required'),
};

/** Which hosts. */
export const fleetFlags = {
  group: groupFlag('Group of hosts; several with commas between them. Required'),
  env: Flags.string({ description: 'Environment: a file in inventory/. Required', helpValue: 'E' }),
  limit: limitFlag(''),
};

/** The limit of what may go on after a playbook that failed. */
export const retryLimitFlag = (aliases: string[] = []) =>
  limitFlag('; @retry are the hosts that failed in the last playbook', aliases);

/** Values from the command line. */
export const variableFlags = {
  'extra-vars': Flags.string({
    char: 'e',
    description:
      'Set variables: key=value, a JSON object, or @file.yml. May be repeated; wins over all other values',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'VARS',
  }),
};

/** How commands of another user get their rights. */
export const becomePasswordFlag = {
  'ask-become-pass': Flags.boolean({
    char: 'K',
    description:
      'Ask for the password that sudo wants on the hosts. Without a terminal: the variable ADFPUSH_BECOME_PASS',
  }),
};

export const forksFlag = {
  forks: Flags.integer({
    char: 'f',
    description: 'Hosts worked on at the same time',
    min: 1,
    helpValue: 'N',
  }),
};

/** Parts of a playbook. */
export const tagFlags = {
  tags: names('Only tasks with one of these tags', { char: 't', helpValue: 'TAG[,TAG]' }),
  'skip-tags': names('No tasks with one of these tags', { helpValue: 'TAG[,TAG]' }),
};

/** What a run writes, besides its lines. */
export const reportFlags = {
  verbose: Flags.boolean({
    char: 'v',
    description: 'Tell more: what commands print, what is skipped, begun and held',
    helpGroup: 'output',
  }),
  json: Flags.boolean({
    description: 'Print one result document on stdout; lines for people go to stderr',
    helpGroup: 'output',
  }),
  events: Flags.string({
    description: 'Write every event as a line of JSON',
    helpValue: 'FILE',
    helpGroup: 'output',
  }),
  junit: Flags.string({
    description: 'Write a JUnit report, a test case per task',
    helpValue: 'FILE',
    helpGroup: 'output',
  }),
  timestamps: Flags.boolean({
    description: 'Begin lines with the time of day, when not on a terminal',
    allowNo: true,
    default: true,
    helpGroup: 'output',
  }),
};

export const jsonFlag = {
  json: Flags.boolean({ description: 'Print one document on stdout', helpGroup: 'output' }),
};

/** How a run that changes something is stopped. */
export const graceFlag = {
  grace: duration(
    'After SIGINT or SIGTERM, when to name the hosts still held, in case the sender waits no longer; restoring goes on. 4s without a terminal, 10m on one',
  ),
};

export const lockWaitFlag = {
  'lock-wait': duration('How long to wait while another run has the group. Not at all by default'),
};

export const exitCodeFlag = (description: string) => ({ 'exit-code': Flags.boolean({ description }) });
