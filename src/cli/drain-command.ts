import { Flags } from '@oclif/core';
import { defined } from '../model/defined.js';
import { becomePasswordFlag, fleetFlags, forksFlag, variableFlags } from './flags.js';
import { readLimit } from './limit.js';
import { RollCommand, rollFlags } from './roll-command.js';

/** The flags of `drain` and `undrain`. */
export const drainFlags = {
  group: Flags.string({
    char: 'g',
    description: 'The group whose target groups are meant, of hosts that are in several',
    helpValue: 'G',
  }),
  env: fleetFlags.env,
  reason: Flags.string({
    description: 'Why, for the record and for those who meet the host: a ticket, a sentence',
    helpValue: 'TEXT',
  }),
  ...variableFlags,
  ...forksFlag,
  ...becomePasswordFlag,
  ...rollFlags,
};

type Given = Parameters<RollCommand['rollChoices']>[0];

/** A command about hosts that are named one by one. */
export abstract class DrainCommand extends RollCommand {
  protected drainOptions(
    flags: Given &
      Omit<Parameters<RollCommand['common']>[0], 'group'> & {
        readonly reason?: string | undefined;
        readonly group?: string | undefined;
      },
    hosts: readonly unknown[],
  ) {
    const { group, ...place } = flags;
    const patterns = hosts.filter((one) => typeof one === 'string');
    return {
      ...this.common(place),
      ...this.rollChoices(flags),
      limit: readLimit(patterns) ?? '',
      ...defined({ group, reason: flags.reason }),
    };
  }
}
