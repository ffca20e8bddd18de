import { HostSession, runPlaybook } from '../engine/index.js';
import { interrupted } from '../errors/engine.js';
import { groupName } from '../model/ids.js';
import type { HostResult, RunResult } from '../model/run-result.js';
import type { Playbook } from '../playbook/playbook.js';
import { chosenHosts } from './chosen-hosts.js';
import type { CommonOptions, RunHooks } from '../world/context.js';
import { endingOf, resultError } from './endings.js';
import { newRunId, noJournal, openRun } from './open-run.js';
import { openWorld } from '../world/open-world.js';
import type { World } from '../world/world.js';

export interface ExecOptions extends CommonOptions {
  readonly groups: readonly string[];
  readonly argv: readonly string[];
  /** Through `sudo -n`. */
  readonly become: boolean;
}

/** Runs one command on every host of some groups, side by side; never through a shell. */
export async function exec(options: ExecOptions, hooks: RunHooks): Promise<RunResult> {
  const world = await openWorld(options, hooks);
  try {
    return await execWith(world, options, hooks);
  } finally {
    await world.close();
  }
}

export async function execWith(world: World, options: ExecOptions, hooks: RunHooks): Promise<RunResult> {
  const startedAt = world.clock.now();
  const begun = world.clock.elapsed();
  const run = openRun(world, options, hooks, newRunId(world.clock, world.random), noJournal, {
    verb: 'exec',
  });
  const groups = options.groups.map(groupName);
  try {
    run.bus.emit({
      type: 'run.started',
      run: run.id,
      verb: 'exec',
      environment: options.environment,
      groups,
    });
    const inventory = await run.blips.cloud.outlast(() => world.listHosts());
    const sessions = chosenHosts(inventory, options).map(
      (host) => new HostSession(host, undefined, inventory.layersFor(host), run),
    );
    const { turns, errors } = await runPlaybook(oneCommand(options), () => sessions, run);
    const failures = [...turns.flatMap(({ error }) => error ?? []), ...errors];
    const [outcome, exit] = endingOf(run, false, failures);
    const result: RunResult = {
      run: run.id,
      verb: 'exec',
      environment: run.environment,
      groups,
      outcome,
      exit,
      startedAt,
      duration: world.clock.elapsed() - begun,
      releases: [],
      hosts: sessions.map(({ host }): HostResult => ({
        host: host.id,
        name: host.name,
        ...run.tally.of(host.id),
        status: turns.some(({ session, status }) => session.host.id === host.id && status === 'ok')
          ? 'ok'
          : 'failed',
      })),
      mixed: false,
      oneWay: [],
      named: [],
      errors: failures.map(resultError),
      blips: run.bus.told('blip'),
      warnings: run.tally.warnings,
    };
    run.bus.emit({ type: 'run.ended', result });
    return result;
  } catch (error) {
    throw run.bus.redact(hooks.stop.signal.aborted ? interrupted(hooks.stop.name() ?? 'a signal') : error);
  } finally {
    await run.bus.close();
  }
}

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
                when: [],
                loop: raw([argv]),
                loopVar: 'argv',
                retries: 0,
                delay: 0,
                failedWhen: [],
                changedWhen: [],
                ignoreErrors: false,
                ignoreUnreachable: false,
                runOnce: false,
                oneWay: false,
                noLog: false,
                become,
                environment: [],
                vars: raw({}),
                tags: [],
              },
            ],
          },
        ],
      },
    ],
  };
}
