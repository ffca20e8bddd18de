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

  count(failed: number): void {
    this.#failed += failed;
  }

  get exceeded(): boolean {
    return this.#failed > this.#allowed;
  }

  get spent(): boolean {
    return this.#failed > 0;
  }
}
