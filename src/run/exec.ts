import { HostSession, runPlaybook } from '../engine/index.js';
import { scriptNotAFile } from '../errors/cli.js';
import { defined } from '../model/defined.js';
import { groupName } from '../model/ids.js';
import type { RunResult } from '../model/run-result.js';
import type { ProjectFiles } from '../ports/project-files.js';
import { inWorld } from '../world/open-world.js';
import type { CommonOptions, RunHooks } from '../world/context.js';
import type { World } from '../world/world.js';
import { chosenHosts } from './chosen-hosts.js';
import { execPlaybook, wordsLayer, type ExecCommand } from './exec-playbook.js';
import { execResult } from './exec-result.js';
import { limitOf } from './limit.js';
import { withRun } from './with-run.js';

export interface ExecOptions extends CommonOptions, ExecCommand {
  readonly groups: readonly string[];
}

/**
 * Runs one command on every host of some groups, side by side; never through a shell. Throws what is refused before any host is asked: a
 * group or a limit without hosts (`inventory.*`, `ad_hoc.nothing_to_retry`), a script that is no file (`cli.script_file`).
 */
export const exec = (options: ExecOptions, hooks: RunHooks): Promise<RunResult> =>
  inWorld(options, hooks, (world) => execWith(world, options, hooks));

export async function execWith(world: World, options: ExecOptions, hooks: RunHooks): Promise<RunResult> {
  await requireScript(options, world.files);
  return withRun(world, options, hooks, { verb: 'exec' }, async (run) => {
    const { id, verb, environment } = run;
    const groups = options.groups.map(groupName);
    run.bus.emit({ type: 'run.started', run: id, verb, environment, groups, ...run.owner });
    const limit = await limitOf(options, world);
    const inventory = await run.blips.cloud.outlast(() => world.listHosts());
    const hosts = chosenHosts(inventory, { groups: options.groups, ...defined({ limit }) });
    // The output of several hosts at once could not be read: each host's is shown when its command has ended.
    const watch = { output: hosts.length === 1 };
    const watched = { ...run, watch, extraVars: [...run.extraVars, wordsLayer(options)] };
    const sessions = hosts.map(
      (host) => new HostSession(host, undefined, inventory.layersFor(host), watched),
    );
    const played = await runPlaybook(execPlaybook(options), () => sessions, watched);
    const result = execResult(groups, sessions, played, run);
    run.bus.emit({ type: 'run.ended', result });
    return result;
  });
}

/** Throws before any host is connected to: else each of them would tell the same. */
async function requireScript(
  { script }: Pick<ExecCommand, 'script'>,
  files: Pick<ProjectFiles, 'stat'>,
): Promise<void> {
  if (script === undefined) return;
  const found = await files.stat(script);
  if (found?.kind !== 'file') throw scriptNotAFile(script, found !== undefined);
}
