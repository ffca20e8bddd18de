import { Flags } from '@oclif/core';
import { allExits } from '../cli/exit-codes.js';
import { fleetFlags } from '../cli/flags.js';
import { RollCommand, rollFlags } from '../cli/roll-command.js';
import { defined } from '../model/defined.js';
import type { ExitCode } from '../model/run-result.js';
import { deployChoices, playFlags, reasonFlag } from './deploy-flags.js';

export default class Promote extends RollCommand {
  static override summary = 'Deploy to one environment what another one runs';
  static override description = `Asks the hosts of a group in one environment what they really run. All must run the same release, be healthy, and in service; otherwise it is refused, with who differs. The image with that digest is then rolled in the other environment, as deploy does it, with that environment's own hosts, account, role and settings. Its registry must have the digest.

The settings promote: of the group there say what a release must have behind it: where it comes from, how long it has run there, which labels its image has. --skip-gates goes past them; that is on record, with the reason.

Before anything is changed it shows how the settings of the group differ between the two environments. On a terminal it asks. Without one it goes ahead.`;
  static override usage = 'promote --group G[,G2] --from E1 --to E2 [--version V] [FLAGS]';
  static override examples = [
    {
      description: 'What staging runs, to production',
      command: '<%= config.bin %> promote --group api --from staging --to prod',
    },
    {
      description: 'Only if staging runs this version',
      command: '<%= config.bin %> promote -g api --from staging --to prod --version v42',
    },
    {
      description: 'See what it would do, and change nothing',
      command: '<%= config.bin %> promote -g api --from staging --to prod --check',
    },
  ];
  static override flags = {
    group: fleetFlags.group,
    from: Flags.string({ description: 'Environment that the release comes from. Required', helpValue: 'E1' }),
    to: Flags.string({ description: 'Environment that it goes to. Required', helpValue: 'E2' }),
    limit: fleetFlags.limit,
    version: Flags.string({
      description: 'Refuse unless this is what the hosts run there: a version, or the beginning of a digest',
      helpValue: 'V',
    }),
    'skip-gates': Flags.boolean({
      description: 'Go past the checks of promote: in the settings of the group; needs --reason',
    }),
    force: Flags.boolean({
      description:
        'Go ahead also where a run that was started after this one has rolled the group already: an older build then takes the place of a newer',
    }),
    ...playFlags,
    ...reasonFlag,
    ...rollFlags,
  };
  static override exits = allExits;

  protected async perform(): Promise<ExitCode> {
    const { flags, raw } = await this.parse(Promote);
    const { from: source, to: target, ...rest } = flags;
    const from = this.environment({ ...rest, env: source }, '--from');
    const place = { ...rest, env: this.environment({ ...rest, env: target }, '--to') };
    const options = {
      ...this.common(place),
      ...deployChoices(flags),
      ...this.rollChoices(flags),
      groups: this.groups(place),
      from,
      skipGates: flags['skip-gates'],
      ...defined({ reason: flags.reason }),
    };
    return this.roll(flags, raw, async (hooks) => {
      const { promote } = await import('../deploy/promote.js');
      return promote(options, hooks);
    });
  }
}
