import { Args } from '@oclif/core';
import { allExits } from '../cli/exit-codes.js';
import { DrainCommand, drainFlags } from '../cli/drain-command.js';
import type { ExitCode } from '../model/run-result.js';

export default class Undrain extends DrainCommand {
  static override summary = 'Bring drained hosts back into service';
  static override description = `Puts hosts in service again that drain took out. A host that missed a deploy meanwhile first gets the release that its group is on: what the other hosts run, unless the records say that it did not succeed. So an old release never serves beside the new one. A host that missed nothing is put in service as it is; no container of it is touched.

On a terminal it shows the plan and asks. Without one it goes ahead. A host that is not drained is left alone.`;
  static override usage = 'undrain HOST... --env E [FLAGS]';
  static override examples = [
    { description: 'One host', command: '<%= config.bin %> undrain api-3 --env prod' },
    {
      description: 'See what it would do, and change nothing',
      command: '<%= config.bin %> undrain api-3 --env prod --check',
    },
  ];
  static override args = {
    HOST: Args.string({
      description: 'Names, addresses, ids or patterns of hosts, as for --limit',
      required: true,
    }),
  };
  static override strict = false;
  static override flags = drainFlags;
  static override exits = allExits;

  protected async perform(): Promise<ExitCode> {
    const { argv, flags, raw } = await this.parse(Undrain);
    const options = this.drainOptions(flags, argv);
    return this.roll(flags, raw, async (hooks) => {
      const { undrain } = await import('../operate/drain.js');
      return undrain(options, hooks);
    });
  }
}
