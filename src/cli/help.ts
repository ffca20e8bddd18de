import { CommandHelp, Help, type HelpSectionRenderer } from '@oclif/core';
import type { ExitCode } from '../model/run-result.js';
import { passphraseVariable } from '../system/secret-environment.js';
import { exitCodes } from './exit-codes.js';

interface Section {
  readonly header: string;
  readonly generate: HelpSectionRenderer;
}

/** Of all commands. */
const ofFlags: [string, string][] = [
  [
    'ADFPUSH_…',
    'Each flag has its variable: ADFPUSH_LOCK_WAIT for --lock-wait. The flag wins; an empty variable counts as not given',
  ],
];

/** Of commands that connect to hosts. */
const connecting: [string, string][] = [
  [
    passphraseVariable,
    'Opens the SSH keys that are encrypted; without it they are asked for on the terminal',
  ],
  ['SSH_AUTH_SOCK', 'The SSH agent'],
];

/** A command's help, with the variables it listens to and its exit codes at the end. */
class HelpWithExits extends CommandHelp {
  /** Without the summary, which stands at the top already. */
  protected override description(): string | undefined {
    const { description } = this.command;
    return description === undefined ? undefined : this.wrap(description);
  }

  protected override sections(): Section[] {
    const exits: Section = {
      header: 'EXIT CODES',
      generate: ({ cmd }, header) => ({ header, body: exitsOf(cmd) }),
    };
    const environment: Section = {
      header: 'ENVIRONMENT',
      generate: (_, header) => ({ header, body: connects ? [...ofFlags, ...connecting] : ofFlags }),
    };
    const connects = 'forks' in this.command.flags;
    return [...super.sections(), environment, exits];
  }
}

const isExitCode = (value: unknown): value is ExitCode => typeof value === 'number' && value in exitCodes;

function exitsOf(command: object): [string, string][] | undefined {
  const exits: unknown = 'exits' in command ? command.exits : undefined;
  if (!Array.isArray(exits)) return undefined;
  return exits.filter(isExitCode).map((code) => [String(code), exitCodes[code]]);
}

export default class AdfpushHelp extends Help {
  protected override CommandHelpClass = HelpWithExits;
}
