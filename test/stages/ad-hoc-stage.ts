import { runPlaybook, type PlaybookResult } from '../../src/engine/roll/run-playbook.js';
import { Delegates } from '../../src/engine/delegates.js';
import { HostSession } from '../../src/engine/host-session.js';
import type { Run } from '../../src/engine/run.js';
import type { Host } from '../../src/model/host.js';
import { runId } from '../../src/model/ids.js';
import { loadPlaybook } from '../../src/playbook/load.js';
import type { Journal } from '../../src/ports/journal.js';
import { MemoryFiles } from '../fakes/memory-files.js';
import type { CommandResult } from '../../src/ports/transport.js';
import { modules } from '../../src/modules/catalogue.js';
import { openRun, type RunChoices } from '../../src/run/open-run.js';
import { FleetStage, type StageOptions } from './fleet-stage.js';

export interface AdHocOptions extends Partial<RunChoices> {
  readonly hosts?: NonNullable<StageOptions['hosts']>;
  readonly extraVars?: Readonly<Record<string, unknown>>;
  readonly forks?: number;
  /** Of the project, beside the playbook that is played. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Hosts `i-1`, `i-2` … in no group that is deployed, and playbooks run on all of them: what an ad-hoc playbook meets. */
export class AdHocStage {
  readonly fleet: FleetStage;
  /** One for all its runs, which have one name. */
  #journal: Journal | undefined;
  readonly #options: AdHocOptions;
  /** What came of the playbook that was played last. */
  last: PlaybookResult | undefined;

  constructor(options: AdHocOptions = {}) {
    this.#options = options;
    this.fleet = new FleetStage({ hosts: options.hosts ?? 1, files: options.files ?? {} });
  }

  /** Tasks of a play, indented as in `- shell: date`. */
  tasks(text: string, keywords = ''): Promise<PlaybookResult> {
    const indented = text.trim().replaceAll('\n', '\n    ');
    return this.play(`- hosts: all\n${keywords === '' ? '' : `  ${keywords}\n`}  tasks:\n    ${indented}\n`);
  }

  /** Called with each run before it plays. */
  prepare: (run: Run) => void = () => undefined;

  async play(text: string): Promise<PlaybookResult> {
    const { fleet } = this;
    const delegates = new Delegates({ hosts: [...fleet.world.hosts.values()].map(({ host }) => host) });
    const run = { ...(await this.#openRun()), targetOf: delegates.targetOf };
    const sessions = fleet.hosts.map(({ host }) => sessionOf(host, run));
    delegates.open(run, sessions);
    this.prepare(run);
    const files = new MemoryFiles({ ...this.#options.files, 'playbook.yml': text });
    const playbook = await loadPlaybook(files, 'playbook.yml', modules);
    this.last = await fleet.world.clock.run(runPlaybook(playbook, () => sessions, run));
    return this.last;
  }

  /** The hosts in a run that no playbook is played in. */
  async sessions(): Promise<readonly HostSession[]> {
    const run = await this.#openRun();
    return this.fleet.hosts.map(({ host }) => sessionOf(host, run));
  }

  async #openRun(): Promise<Run> {
    const { fleet } = this;
    const { hosts: _, files: _files, extraVars = {}, forks, ...choices } = this.#options;
    const world = await fleet.ports();
    const options = {
      project: '/project',
      environment: 'test',
      extraVars: [{ name: 'extra vars', values: extraVars }],
      ...(forks === undefined ? {} : { forks }),
    };
    // Each is a run of its own, in which no step has been begun.
    fleet.transport.records.clear();
    const id = runId('a-run');
    this.#journal ??= await world.journals.create(id);
    return openRun(world, options, fleet.hooks, id, this.#journal, { verb: 'run', ...choices });
  }

  /** What commands do, by what they say; all others succeed with no output. */
  command(says: string | RegExp, ...results: readonly Partial<CommandResult>[]): void {
    let call = 0;
    this.fleet.transport.when(({ text }) => {
      if (typeof says === 'string' ? text.trim() !== says : !says.test(text)) return undefined;
      const result = results[Math.min(call, results.length - 1)];
      call += 1;
      return result;
    });
  }

  /** `i-1 date`: the commands as they were run. */
  get commands(): readonly string[] {
    return this.fleet.transport.commands.map(({ host, text }) => `${host.id} ${text.trim()}`);
  }

  /** `i-1 date: changed`: how the tasks ended. */
  get endings(): readonly string[] {
    return this.fleet
      .told('task.ended')
      .map(
        ({ host, task, status, excused }) =>
          `${host.id} ${task.name}: ${status}${excused === undefined ? '' : `, ${excused}`}`,
      );
  }

  /** The messages of tasks of this name. */
  said(task: string): readonly (string | undefined)[] {
    return this.fleet
      .told('task.ended')
      .filter((event) => event.task.name === task)
      .map(({ message }) => message);
  }
}

const sessionOf = (host: Host, run: Run): HostSession =>
  new HostSession(
    host,
    undefined,
    [{ name: 'inventory', values: { name: host.name, colour: 'blue', names: ['a', 'b'] } }],
    run,
  );

export const exited = (code: number, stdout = '', stderr = ''): Partial<CommandResult> => ({
  outcome: { kind: 'exited', code },
  stdout,
  stderr,
});
