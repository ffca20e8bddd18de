/** Where a value of a variable stands. */
export interface VariableSource {
  /** The layer, in the words of the precedence table: `inventory/group_vars/api`, `facts`. */
  readonly layer: string;
  /** Absent for layers that come from no file. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** As it is written there, not rendered; `(secret)` for a secret. */
  readonly written: unknown;
}

/** One variable of a host. */
export interface VariableReport {
  readonly name: string;
  /** Rendered; absent when that needs a run. `(secret)` for a secret. */
  readonly value?: unknown;
  /** Why there is no value. */
  readonly unknown?: string;
  readonly from: VariableSource;
  /** The same name in lower layers, the next lower one first. */
  readonly hides: readonly VariableSource[];
}

/** All variables of a host, as `inventory vars --json` prints them. A promise. */
export interface VariablesReport {
  readonly host: string;
  readonly name: string;
  /** The group that the host is seen in, where one was asked for. */
  readonly group?: string;
  /** By name. */
  readonly variables: readonly VariableReport[];
}
