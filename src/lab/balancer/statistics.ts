export interface GroupStatisticsView {
  readonly requests: number;
  /** By target id. */
  readonly byTarget: Readonly<Record<string, number>>;
  /** By status, as clients saw it; 0 for answers that broke off half-way. */
  readonly byStatus: Readonly<Record<string, number>>;
  /** Of these, the 502, 503 and 504 that the balancer itself answered. */
  readonly ownErrors: number;
}

/** Counts for one target group. */
export class GroupStatistics {
  requests = 0;
  readonly #byTarget = new Map<string, number>();
  readonly #byStatus = new Map<string, number>();
  #ownErrors = 0;

  received(target: string | undefined): void {
    this.requests += 1;
    if (target !== undefined) this.#byTarget.set(target, (this.#byTarget.get(target) ?? 0) + 1);
  }

  answered(status: number, own: boolean): void {
    const key = String(status);
    this.#byStatus.set(key, (this.#byStatus.get(key) ?? 0) + 1);
    if (own) this.#ownErrors += 1;
  }

  view(): GroupStatisticsView {
    return {
      requests: this.requests,
      byTarget: Object.fromEntries(this.#byTarget),
      byStatus: Object.fromEntries(this.#byStatus),
      ownErrors: this.#ownErrors,
    };
  }
}
