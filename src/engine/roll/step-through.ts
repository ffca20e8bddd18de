import { identityOf, type Include, type Task } from '../../playbook/playbook.js';

/** What a person says of a task before it runs. */
export type StepAnswer = 'run' | 'pass_over' | 'run_all';

/** Asks a person before each task of a playbook, once for all hosts: `--step`. */
export class StepThrough {
  readonly #answers = new Map<string, Promise<StepAnswer>>();
  #before: Promise<StepAnswer> = Promise.resolve('run');

  constructor(private readonly ask: (name: string) => Promise<StepAnswer>) {}

  /** Whether the task runs. Tasks of other hosts wait until the question before is answered. */
  async mayRun(task: Task | Include, name: string): Promise<boolean> {
    const key = identityOf(task);
    const known = this.#answers.get(key) ?? this.#askNext(name);
    this.#answers.set(key, known);
    return (await known) !== 'pass_over';
  }

  #askNext(name: string): Promise<StepAnswer> {
    this.#before = this.#before.then((answer) => (answer === 'run_all' ? answer : this.ask(name)));
    return this.#before;
  }
}
