import { errorsOf, type AdfError } from '../../errors/adf-error.js';
import { keyOf } from '../../errors/diagnostics.js';
import { defined } from '../../model/defined.js';
import type { LintFinding, Severity } from '../../model/lint-report.js';

interface Found {
  readonly error: AdfError;
  readonly file: string;
  readonly severity: Severity;
  /** Where it was found; undefined in what is the same for all environments. */
  readonly environments: Set<string> | undefined;
  /** It was found for hosts that are there, not for those that a group may have. */
  isSure: boolean;
}

/** In which environment something is looked at. */
export interface LintedIn {
  readonly environment: string;
  /** Its hosts are listed in its file. In the cloud, which groups have hosts is not known. */
  readonly isSure: boolean;
}

/** Problems of many files, each told once however often it was met. */
export class LintFindings {
  readonly #found = new Map<string, Found>();

  /** The environments in which a file was looked at. */
  readonly #looked = new Map<string, Set<string>>();

  /** What the check gives; undefined when it threw, which is kept. `file` is where an error stands that has no place. A bug is thrown. */
  collect<T>(file: string, check: () => T, within?: LintedIn): T | undefined {
    try {
      return check();
    } catch (thrown) {
      this.#keep(thrown, file, within);
      return undefined;
    }
  }

  /** The same for a check that takes time. */
  async collectAsync<T>(file: string, check: () => Promise<T>, within?: LintedIn): Promise<T | undefined> {
    try {
      return await check();
    } catch (thrown) {
      this.#keep(thrown, file, within);
      return undefined;
    }
  }

  report(error: AdfError, severity: Severity, file: string, within?: LintedIn): void {
    const key = `${keyOf(error)} ${error.at === undefined ? file : ''}`;
    const found: Found = this.#found.get(key) ?? {
      error,
      file,
      severity,
      environments: within === undefined ? undefined : new Set(),
      isSure: false,
    };
    if (within !== undefined) found.environments?.add(within.environment);
    if (within?.isSure !== false) found.isSure = true;
    this.#found.set(key, found);
  }

  /** Notes that a file was looked at in an environment, whatever was found there. */
  looked(file: string, { environment }: LintedIn): void {
    const environments = this.#looked.get(file) ?? new Set();
    this.#looked.set(file, environments.add(environment));
  }

  /** By file, line and column. */
  all(): readonly LintFinding[] {
    return [...this.#found.values()]
      .map((found) => this.#findingOf(found))
      .toSorted(
        (a, b) =>
          (a.file === b.file ? 0 : a.file < b.file ? -1 : 1) || a.line - b.line || a.column - b.column,
      );
  }

  #findingOf({ error, file, severity, environments, isSure }: Found): LintFinding {
    const { at, code, message, hint, host } = error;
    const looked = this.#looked.get(file)?.size ?? 0;
    const isEverywhere = environments === undefined || environments.size >= looked;
    return {
      file: at?.file ?? file,
      line: at?.line ?? 1,
      column: at?.column ?? 1,
      code,
      // What is missing for a group that may have no hosts in this environment refuses no run there.
      severity: isSure || isEverywhere ? severity : 'warning',
      message,
      ...defined({ hint, hosts: isSure ? host : undefined }),
      ...(isEverywhere ? {} : { environments: [...environments].sort() }),
    };
  }

  #keep(thrown: unknown, file: string, within: LintedIn | undefined): void {
    for (const error of errorsOf(thrown)) {
      if (error.class === 'bug') throw thrown;
      this.report(error, 'error', file, within);
    }
  }
}
