import type { Milliseconds } from '../model/duration.js';
import type { Clock } from '../ports/clock.js';

/** Answers that many ask for at about the same time. Failures are not kept. */
export class RecentAnswers<T> {
  readonly #answers = new Map<string, { readonly at: Milliseconds; readonly answer: Promise<T> }>();

  constructor(
    private readonly clock: Clock,
    private readonly lifetime: Milliseconds,
  ) {}

  /** The answer given within the lifetime, or the one that is under way, or a new one. */
  ask(question: string, find: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(question);
    if (known !== undefined && this.clock.elapsed() - known.at < this.lifetime) return known.answer;
    const answer = find();
    const entry = { at: this.clock.elapsed(), answer };
    this.#answers.set(question, entry);
    answer.catch(() => {
      if (this.#answers.get(question) === entry) this.#answers.delete(question);
    });
    return answer;
  }
}
