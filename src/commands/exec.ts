import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import {
  becomePasswordFlag,
  durationOf,
  anyGroupFlag,
  fleetFlags,
  forksFlag,
  graceFlag,
  reportFlags,
  retryLimitFlag,
  variableFlags,
} from '../cli/flags.js';
import { inSession } from '../cli/session.js';
import { invalidBecomeUser, missingCommandLine } from '../errors/cli.js';
import { defined } from '../model/defined.js';
import type { ExitCode } from '../model/run-result.js';
import { isUserName } from '../model/user-name.js';

export default class Exec extends BaseCommand {
  static override summary = 'Run one command on every host of a group';
  static override description = `Runs one command on every host of the group, in parallel, and shows what each printed. The words after -- reach the program as they are: there is no shell on the host that would expand them. For a shell, say so: -- sh -c 'echo $HOSTNAME'.

Hosts that ended with the same output and exit code are shown together, when all have ended; of one host alone each line is shown as it comes. A command whose connection is lost is not run again: the host is asked what became of it, and an outcome that stays unknown is shown as such.`;
  static override usage = [
    'exec --group G --env E [FLAGS] -- COMMAND [ARGUMENT...]',
    'exec --group G --env E --script FILE [FLAGS] [-- ARGUMENT...]',
  ];
  static override examples = [
    {
      description: 'How long each host is up',
      command: '<%= config.bin %> exec --group api --env prod -- uptime',
    },
    {
      description: 'As root',
      command: '<%= config.bin %> exec -g api --env prod --become -- journalctl -u docker -n 20',
    },
    {
      description: 'With a shell',
      command: "<%= config.bin %> exec -g api --env prod -- sh -c 'df -h | tail -n +2'",
    },
    {
      description: 'A script of this machine, as another user, on the hosts that failed in the last playbook',
      command:
        '<%= config.bin %> exec -g db --env prod --limit @retry --become-user postgres --script look.sh -- --brief',
    },
    {
      description: 'For other programs: a line for each host',
      command: '<%= config.bin %> exec -g api --env prod --one-line -- uname -r',
    },
  ];
  static override flags = {
    ...fleetFlags,
    ...anyGroupFlag,
    limit: retryLimitFlag(),
    'one-line': Flags.boolean({
      char: 'o',
      description: 'One line for each host: api-1 | 0 | output. Warnings go to stderr',
    }),
    script: Flags.string({
      description:
        'Run this script of this machine on the hosts, by its #! line or else by sh. The words after -- are its arguments',
      helpValue: 'FILE',
    }),
    become: Flags.boolean({ char: 'b', description: 'Run it through sudo, as root' }),
    'become-user': Flags.string({
      description: 'Run it through sudo, as this user',
      helpValue: 'USER',
    }),
    ...becomePasswordFlag,
    ...variableFlags,
    ...forksFlag,
    ...graceFlag,
    ...reportFlags,
  };
  static override exits: readonly ExitCode[] = [0, 1, 2, 3, 4, 130, 143];

  protected async perform(): Promise<ExitCode> {
    const { own, argv } = split(this.argv);
    const { flags, raw } = await this.parse(Exec, [...own]);
    const grace = durationOf('--grace', flags.grace);
    const { script, 'become-user': becomeUser } = flags;
    if (becomeUser !== undefined && !isUserName(becomeUser)) throw invalidBecomeUser(becomeUser);
    const options = {
      ...this.common(flags),
      groups: this.groups(flags),
      argv,
      become: flags.become || becomeUser !== undefined,
      ...defined({ becomeUser, script: script === undefined ? undefined : resolve(script) }),
    };
    if (argv.length === 0 && script === undefined) throw missingCommandLine();
    return inSession(
      {
        stream: flags.json ? process.stderr : process.stdout,
        verbosity: this.times(raw, 'verbose'),
        diff: false,
        results: flags['one-line'] ? 'one_line' : 'grouped',
        timestamps: flags.timestamps,
        progressOnly: false,
        redaction: this.redaction,
        ask: false,
        ...defined({ grace, events: flags.events, junit: flags.junit }),
      },
      async ({ hooks, kept }) => {
        const { exec } = await import('../run/exec.js');
        const result = await exec(options, hooks);
        if (flags.json) this.print(kept() ?? result);
        return result.exit;
      },
    );
  }
}

/** Split by us: oclif would sort the command's words, and so change it when a word stands in it twice. */
function split(words: readonly string[]): {
  readonly own: readonly string[];
  readonly argv: readonly string[];
} {
  const dashes = words.indexOf('--');
  return dashes < 0
    ? { own: words, argv: [] }
    : { own: words.slice(0, dashes), argv: words.slice(dashes + 1) };
}
