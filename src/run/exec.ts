import { HostSession, runPlaybook } from '../engine/index.js';
import { groupName } from '../model/ids.js';
import type { HostResult, RunResult } from '../model/run-result.js';
import { inheritedNothing, type Playbook } from '../playbook/playbook.js';
import { chosenHosts } from './chosen-hosts.js';
import { inWorld } from '../world/open-world.js';
import type { CommonOptions, RunHooks } from '../world/context.js';
import { endingOf, resultError, resultOf } from './endings.js';
import { withRun } from './with-run.js';
import type { World } from '../world/world.js';

export interface ExecOptions extends CommonOptions {
  readonly groups: readonly string[];
  readonly argv: readonly string[];
  /** Through `sudo -n`. */
  readonly become: boolean;
}

/** Runs one command on every host of some groups, side by side; never through a shell. */
export const exec = (options: ExecOptions, hooks: RunHooks): Promise<RunResult> =>
  inWorld(options, hooks, (world) => execWith(world, options, hooks));

const execWith = (world: World, options: ExecOptions, hooks: RunHooks): Promise<RunResult> =>
  withRun(world, options, hooks, { verb: 'exec' }, async (run) => {
    const { id, verb, environment } = run;
    const groups = options.groups.map(groupName);
    run.bus.emit({ type: 'run.started', run: id, verb, environment, groups });
    const inventory = await run.blips.cloud.outlast(() => world.listHosts());
    const sessions = chosenHosts(inventory, options).map(
      (host) => new HostSession(host, undefined, inventory.layersFor(host), run),
    );
    const { turns, errors } = await runPlaybook(oneCommand(options), () => sessions, run);
    const failures = [...turns.flatMap(({ error }) => error ?? []), ...errors];
    const endedWell = new Set(turns.flatMap(({ session, status }) => (status === 'ok' ? [session] : [])));
    const result: RunResult = {
      ...resultOf(run, endingOf(run, false, failures)),
      groups,
      releases: [],
      hosts: sessions.map((session): HostResult => ({
        host: session.host.id,
        name: session.host.name,
        ...run.tally.of(session.host.id),
        status: endedWell.has(session) ? 'ok' : 'failed',
      })),
      mixed: false,
      oneWay: [],
      named: [],
      errors: failures.map(resultError),
      warnings: run.tally.warnings,
    };
    run.bus.emit({ type: 'run.ended', result });
    return result;
  });

/** A playbook of one task: what an operator could have written, so that everything that holds for tasks holds here. */
function oneCommand({ argv, become }: ExecOptions): Playbook {
  const at = { file: 'exec', line: 1, column: 1 };
  const raw = <T>(value: T) => ({ value, locate: () => at });
  // The words are data: braces in them are no template, so they arrive through a variable.
  return {
    file: 'exec',
    plays: [
      {
        name: 'exec',
        at,
        hosts: raw('all'),
        vars: raw({}),
        varsFiles: raw([]),
        strategy: 'free',
        anyErrorsFatal: false,
        handlers: [],
        sections: [
          {
            kind: 'section',
            name: 'tasks',
            nodes: [
              {
                kind: 'task',
                index: 0,
                name: raw(argv.join(' ')),
                at,
                module: 'command',
                args: raw({ argv: '{{ argv }}' }),
                loop: { items: raw([argv]), itemVar: 'argv', pause: 0 },
                retries: 0,
                delay: 0,
                failedWhen: [],
                changedWhen: [],
                oneWay: false,
                ...inheritedNothing,
                become,
              },
            ],
          },
        ],
      },
    ],
  };
}
