/**
 * How many hosts may fail before a play stops. Failed and unreachable count alike, over the whole run and the last host included:
 * those of earlier plays are among them. The allowance rounds down: 25% of 3 hosts is none.
 */
export class FailureBudget {
  readonly #allowed: number;
  #failed: number;

  /** `hosts` are those of the play and those that failed before it. */
  constructor(maxFailPercentage: number, hosts: number, failedBefore: number) {
    this.#allowed = Math.floor((maxFailPercentage * hosts) / 100);
    this.#failed = failedBefore;
  }

  /** One more host failed. Counted as it happens, so that a batch takes no further host out of service. */
  fail(): void {
    this.#failed += 1;
  }

  get exceeded(): boolean {
    return this.#failed > this.#allowed;
  }
}
