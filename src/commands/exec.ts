import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import {
  becomePasswordFlag,
  durationOf,
  fleetFlags,
  forksFlag,
  graceFlag,
  reportFlags,
  variableFlags,
} from '../cli/flags.js';
import { inSession } from '../cli/session.js';
import { missingCommandLine } from '../errors/cli.js';
import { defined } from '../model/defined.js';
import type { ExitCode } from '../model/run-result.js';

export default class Exec extends BaseCommand {
  static override summary = 'Run one command on every host of a group';
  static override description = `Runs one command on every host of the group, in parallel, and shows what each printed. The words after -- reach the program as they are: there is no shell on the host that would expand them. For a shell, say so: -- sh -c 'echo $HOSTNAME'.`;
  static override usage = 'exec --group G --env E [FLAGS] -- COMMAND [ARGUMENT...]';
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
  ];
  static override flags = {
    ...fleetFlags,
    become: Flags.boolean({ char: 'b', description: 'Run it through sudo' }),
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
    const options = { ...this.common(flags), groups: this.groups(flags), argv, become: flags.become };
    if (argv.length === 0) throw missingCommandLine();
    return inSession(
      {
        stream: flags.json ? process.stderr : process.stdout,
        verbosity: this.times(raw, 'verbose'),
        diff: false,
        output: true,
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
