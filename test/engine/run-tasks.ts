import type { Event } from '../../src/events/event.js';
import type { RunResult } from '../../src/model/run-result.js';
import type { CommandResult, Outcome } from '../../src/ports/transport.js';
import { FleetStage, type StageOptions } from '../stages/fleet-stage.js';

type TaskEnded = Extract<Event, { type: 'task.ended' }>;

/** A play over the group `api` with these tasks (indented by two), on hosts that are due for v2. */
export class TaskStage extends FleetStage {
  constructor(tasks: string, { hosts = 1, rollout, ...options }: StageOptions = {}, play = '') {
    const keywords = play === '' ? '' : `  ${play}\n`;
    super({
      hosts,
      rollout: { min_healthy: 0, ...rollout },
      ...options,
      playbook: `- hosts: api\n${keywords}  tasks:\n${tasks.replaceAll(/^/gm, '    ')}\n`,
    });
  }

  /** What a command that holds this word does, the first time, the second …; the last one goes on. */
  says(word: string, ...results: readonly Partial<CommandResult>[]): void {
    let times = 0;
    this.transport.when(({ text }) => {
      if (!text.includes(word)) return undefined;
      times += 1;
      return results[Math.min(times, results.length) - 1];
    });
  }

  ends(word: string, outcome: Outcome): void {
    this.says(word, { outcome });
  }

  /** How often hosts were given a command with this word. */
  ran(word: string): number {
    return this.transport.commands.filter(({ text }) => text.includes(word)).length;
  }

  /** How the task of this name ended, host by host. */
  ended(name: string): readonly TaskEnded[] {
    return this.told('task.ended').filter(({ task }) => task.name === name);
  }

  statusOf(name: string): readonly string[] {
    return this.ended(name).map(({ status, excused }) =>
      excused === undefined ? status : `${status}, ${excused}`,
    );
  }

  messageOf(name: string): string {
    const [ended] = this.ended(name);
    return ended?.error?.message ?? ended?.message ?? '';
  }
}

/** Runs these tasks in a deploy, and tells how it went. */
export async function runTasks(
  tasks: string,
  prepare: (stage: TaskStage) => void = () => undefined,
  options: StageOptions = {},
): Promise<{ readonly stage: TaskStage; readonly result: RunResult }> {
  const stage = new TaskStage(tasks, options);
  prepare(stage);
  return { stage, result: await stage.deploy() };
}

export async function checkTasks(
  tasks: string,
  prepare: (stage: TaskStage) => void = () => undefined,
  options: StageOptions = {},
): Promise<{ readonly stage: TaskStage; readonly result: RunResult }> {
  const stage = new TaskStage(tasks, options);
  prepare(stage);
  return { stage, result: await stage.deploy({ check: true }) };
}
