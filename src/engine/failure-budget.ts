/**
 * How many hosts of a play may fail before it stops. Failed and unreachable count alike, over the whole play and the last host
 * included. The allowance rounds down: 25% of 3 hosts is none.
 */
export class FailureBudget {
  readonly #allowed: number;
  #failed = 0;

  constructor(maxFailPercentage: number, hosts: number) {
    this.#allowed = Math.floor((maxFailPercentage * hosts) / 100);
  }

  /** One more host failed. Counted as it happens, so that a batch takes no further host out of service. */
  fail(): void {
    this.#failed += 1;
  }

  get exceeded(): boolean {
    return this.#failed > this.#allowed;
  }
}
