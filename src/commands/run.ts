import { Args, Flags } from '@oclif/core';
import { RollCommand, rollFlags } from '../cli/roll-command.js';
import { allExits } from '../cli/exit-codes.js';
import {
  becomePasswordFlag,
  fleetFlags,
  forksFlag,
  retryLimitFlag,
  splitNames,
  tagFlags,
  variableFlags,
} from '../cli/flags.js';
import { inSession, onlyProgress } from '../cli/session.js';
import { defined } from '../model/defined.js';
import type { ExitCode } from '../model/run-result.js';
import { renderPlaybookListing } from '../report/playbook-listing-view.js';

export default class Run extends RollCommand {
  static override summary = 'Run a playbook';
  static override description = `Runs the plays of a playbook on the hosts that their patterns name. PLAYBOOK is its path in the project, or the name alone of one in playbooks/ (restart is playbooks/restart.yml); adfpush has some of its own.

A playbook that changes hosts takes the lease of every group that its hosts are in, and what it takes from a host (a registration, a running container) is held and given back, as in a deploy. One whose modules only read takes no lease. The groups need no image, no container and no load balancer.`;
  static override usage = 'run PLAYBOOK --env E [FLAGS]';
  static override examples = [
    {
      description: 'See what it would do, and change nothing',
      command: '<%= config.bin %> run playbooks/ntp.yml --env prod --check --diff',
    },
    {
      description: 'On some of the hosts, with a variable set',
      command: "<%= config.bin %> run playbooks/ntp.yml --env prod --limit 'api:!api-3' -e server=ntp-2",
    },
  ];
  static override args = {
    playbook: Args.string({
      description: 'Path of a playbook in the project, or its name alone',
      required: true,
    }),
  };
  static override flags = {
    env: fleetFlags.env,
    group: Flags.string({
      char: 'g',
      description:
        'Only hosts of this group, seen as its members: needed where hosts are in several groups and the playbook takes them out of service',
      helpValue: 'G',
    }),
    limit: retryLimitFlag(),
    ...variableFlags,
    ...tagFlags,
    ...forksFlag,
    ...becomePasswordFlag,
    'start-at-task': Flags.string({
      description: 'Leave out what comes before the first task of this name; * and ? stand for any letters',
      helpValue: 'NAME',
    }),
    step: Flags.boolean({ description: 'Ask before each task, once for all hosts' }),
    'list-hosts': Flags.boolean({ description: 'Show the hosts of each play, and do nothing' }),
    'list-tasks': Flags.boolean({
      description: 'Show the tasks of each play with their tags, and do nothing',
    }),
    'list-tags': Flags.boolean({ description: 'Show the tags of each play, and do nothing' }),
    ...rollFlags,
  };

  static override exits = allExits;

  protected async perform(): Promise<ExitCode> {
    const { args, flags, raw } = await this.parse(Run);
    const tags = splitNames('--tags', flags.tags);
    const skipTags = splitNames('--skip-tags', flags['skip-tags']);
    const { group, ...place } = flags;
    const options = {
      ...this.common(place),
      ...this.rollChoices(flags),
      playbook: args.playbook,
      ...(tags.length === 0 ? {} : { tags }),
      ...(skipTags.length === 0 ? {} : { skipTags }),
      ...defined({ group, startAt: flags['start-at-task'] }),
    };
    const parts = { hosts: flags['list-hosts'], tasks: flags['list-tasks'], tags: flags['list-tags'] };
    if (Object.values(parts).includes(true)) {
      return inSession<ExitCode>(onlyProgress(process.stderr), async ({ hooks }) => {
        const { listPlaybook } = await import('../operate/list-playbook.js');
        const listing = await listPlaybook(options, hooks);
        if (flags.json) this.print(listing);
        else this.printText(renderPlaybookListing(listing, parts, this.view.palette));
        return 0;
      });
    }
    return this.roll(flags, raw, async (hooks) => {
      const { runAdHoc } = await import('../operate/ad-hoc.js');
      return runAdHoc(options, hooks);
    });
  }
}
