import type { MaintenanceReport } from '../model/maintenance.js';
import type { PlanReport } from '../model/plan.js';
import type { InterruptedStatus } from '../model/status-report.js';
import { visible, visibleText } from '../model/visible.js';
import { special } from '../report/plan-view.js';
import type { StepAnswer } from '../world/context.js';
import type { PromptOptions } from './terminal-prompt.js';

export interface Question {
  /** Takes the live view away while the question stands. */
  readonly pause: () => void;
  /** Called when Ctrl-C answers. */
  readonly interrupt: () => void;
  /** Ends the question when a signal comes. */
  readonly signal: AbortSignal;
  readonly output: NodeJS.WritableStream;
}

/** Asks on the terminal whether to go ahead with plans that were shown. */
export async function confirmPlans(plans: readonly PlanReport[], question: Question): Promise<boolean> {
  const hosts = plans.flatMap(({ batches }) => batches.flat());
  // There is nothing to be afraid of when nothing would be rolled.
  return hosts.length === 0 || ask(rollQuestion(visible(plans), hosts.length), question);
}

/** Asks on the terminal whether to restore what interrupted runs hold. */
export const confirmRecovery = (runs: readonly InterruptedStatus[], question: Question): Promise<boolean> =>
  ask(
    `${visible(runs).map(heldBy).join('\n')}\nRestore what ${runs.length === 1 ? 'it holds' : 'they hold'} first?`,
    question,
  );

/** Asks on the terminal whether clients get a page instead of the application, or the application again. */
export function confirmMaintenance(report: MaintenanceReport, question: Question): Promise<boolean> {
  const { state, environment, groups } = visible(report);
  const names = groups.map(({ group }) => group).join(', ');
  const targetGroups = [...new Set(groups.flatMap((one) => one.targetGroups))].join(', ');
  return ask(
    state === 'on'
      ? `Answer 503 to all clients of ${names} (${targetGroups}) in ${environment}?`
      : `Let the clients of ${names} (${targetGroups}) in ${environment} through again?`,
    question,
  );
}

/**
 * Asks on the terminal whether a task runs: `y`, anything else passes it over; `c` runs it and all that follow. A key that ends the program
 * passes it over, and stops the run.
 */
export async function confirmTask(
  name: string,
  { hold, interrupt, signal, output }: PromptOptions,
): Promise<StepAnswer> {
  const { createInterface } = await import('node:readline/promises');
  const release = hold();
  const lines = createInterface({ input: process.stdin, output });
  lines.on('SIGINT', interrupt);
  try {
    const answer = await lines.question(
      `Task "${visibleText(name)}": run it? (y)es, (N)o, (c)ontinue with all: `,
      {
        signal,
      },
    );
    const word = answer.trim().toLowerCase();
    if (word === 'c' || word === 'continue') return 'run_all';
    return word === 'y' || word === 'yes' ? 'run' : 'pass_over';
  } catch (error) {
    if (signal.aborted) return 'pass_over';
    throw error;
  } finally {
    lines.close();
    release();
  }
}

/** Hosts named in a question; the others are counted. */
const namedHosts = 5;

function heldBy({ run, verb, who, held }: InterruptedStatus): string {
  const lines = held.slice(0, namedHosts).map(({ name, what }) => `  ${name}: ${what.join(', ')}`);
  const more = held.length > namedHosts ? [`  and ${held.length - namedHosts} more hosts`] : [];
  const title = `Run ${run} (${verb}, started by ${who}) was interrupted, and still holds`;
  return [held.length === 0 ? `${title} Auto Scaling groups` : `${title}:`, ...lines, ...more].join('\n');
}

/** Anything but yes is no. */
async function ask(message: string, question: Question): Promise<boolean> {
  question.pause();
  const { default: confirm } = await import('@inquirer/confirm');
  try {
    return await confirm({ message, default: false }, { output: question.output, signal: question.signal });
  } catch (error) {
    if (question.signal.aborted) return false;
    // Ctrl-C at the question is a key, not a signal.
    if (error instanceof Error && error.name === 'ExitPromptError') {
      question.interrupt();
      return false;
    }
    throw error;
  }
}

/** What is asked: the tasks that are one-way or run once come first. `hosts` is how many are rolled. */
export function rollQuestion(plans: readonly PlanReport[], hosts: number): string {
  const [first] = plans;
  const releases = plans.map(({ group, release }) => `${group} ${release.version}`).join(', ');
  const tasks = plans.flatMap(({ plays = [] }) => plays.flatMap((play) => play.tasks));
  const marked = tasks.filter((task) => special(task) !== '');
  const lines = [...new Set(marked.map((task) => `  ${task.name}: ${special(task)}  (${task.at})\n`))];
  const head = lines.length === 0 ? '' : `It runs these tasks:\n${lines.join('')}`;
  return `${head}Roll ${releases} over ${hosts === 1 ? '1 host' : `${hosts} hosts`} in ${first?.environment ?? ''}?`;
}
