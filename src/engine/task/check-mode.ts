import { changesInDryRun } from '../../errors/playbook.js';
import type { RegisteredModule } from '../../modules/module.js';
import type { Task } from '../../playbook/playbook.js';
import type { Run } from '../run.js';

/** Whether this task only looks: in a dry run, unless its `check_mode` says otherwise. */
export const isOnlyChecked = ({ checkMode }: Task, run: Pick<Run, 'checkMode'>): boolean =>
  checkMode ?? run.checkMode;

/**
 * Refuses a task that `check_mode: false` would run for real in a dry run although it changes something: a dry run holds no lease. Commands
 * run, as in Ansible: only their author knows what they do. A job would outlast its task. Throws `playbook.changes_in_dry_run`.
 */
export function refuseRealChange(task: Task, module: RegisteredModule, run: Pick<Run, 'checkMode'>): void {
  if (!run.checkMode || task.checkMode !== false || module.effect === 'reads') return;
  const isCommand = ['command', 'shell', 'script'].includes(module.name);
  if (isCommand && !task.oneWay && !task.asJob) return;
  throw changesInDryRun(module.name, task.at);
}

/** A command of which its author says that it changes nothing. */
export const saysItReads = ({ changedWhen }: Task): boolean =>
  changedWhen.some(({ source }) => source === 'false');
