import type { Plan } from '../model/plan.js';

export interface Question {
  /** Takes the live view away while the question stands. */
  readonly pause: () => void;
  /** Called when Ctrl-C answers. */
  readonly interrupt: () => void;
  /** Ends the question when a signal comes. */
  readonly signal: AbortSignal;
  readonly output: NodeJS.WritableStream;
}

/** Asks on the terminal whether to go ahead with plans that were shown. Anything but yes is no. */
export async function confirmOnTerminal(plans: readonly Plan[], question: Question): Promise<boolean> {
  const hosts = plans.flatMap(({ batches }) => batches.flat());
  // There is nothing to be afraid of when nothing would be rolled.
  if (hosts.length === 0) return true;
  question.pause();
  const { default: confirm } = await import('@inquirer/confirm');
  try {
    return await confirm(
      { message: wordingOf(plans, hosts.length), default: false },
      { output: question.output, signal: question.signal },
    );
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

function wordingOf(plans: readonly Plan[], hosts: number): string {
  const [first] = plans;
  const releases = plans.map(({ group, release }) => `${group} ${release.version}`).join(', ');
  return `Roll ${releases} over ${hosts === 1 ? '1 host' : `${hosts} hosts`} in ${first?.environment ?? ''}?`;
}
