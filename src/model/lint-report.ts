/** `error`: a run would be refused. `warning`: it would not, and there is a better way. */
export type Severity = 'error' | 'warning';

/** One problem in a file of a project. A promise, as `adfpush lint --json` prints it. */
export interface LintFinding {
  /** Relative to the project's folder. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units, as editors count. */
  readonly column: number;
  /** The line on which it ends; absent, as `endColumn` is, where the end is not known. */
  readonly endLine?: number;
  /** The column behind its last character. */
  readonly endColumn?: number;
  /** A name from the catalogue of errors, `playbook.unknown_module`; those of `lint` alone begin with `lint.`. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** What to do. */
  readonly hint?: string;
  /** The environments in which it was found, where it was not found in all of them. */
  readonly environments?: readonly string[];
  /** The hosts that it was found for, where it was not found for all of them. */
  readonly hosts?: string;
}

/** What `adfpush lint` found. A promise, as `--json` prints it. */
export interface LintReport {
  /** The files that were looked at, sorted. */
  readonly files: readonly string[];
  readonly errors: number;
  readonly warnings: number;
  /** By file, line and column. */
  readonly findings: readonly LintFinding[];
}
