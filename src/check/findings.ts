import type { HostSession } from '../engine/index.js';
import { type AdfError, errorsOf } from '../errors/adf-error.js';
import { keyOf, throwAll } from '../errors/diagnostics.js';
import { foundFor } from '../errors/usecases.js';

interface Finding {
  readonly error: AdfError;
  readonly hosts: Set<HostSession>;
  readonly among: readonly HostSession[];
}

/** Mistakes found for hosts, each told once: with its hosts where not all of them have it. */
export class Findings {
  readonly #findings = new Map<string, Finding>();
  #among: readonly HostSession[] = [];

  /** All hosts that the next mistakes could be found for. */
  among(hosts: readonly HostSession[]): void {
    this.#among = hosts;
  }

  /** What `read` gives; undefined when it throws, which is kept. */
  collectFor<T>(sessions: readonly HostSession[], read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.keep(sessions, error);
      return undefined;
    }
  }

  /** For what is read once for all hosts, with the variables of one; or for some. */
  async collectAsync<T>(read: () => Promise<T>, sessions = this.#among): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      this.keep(sessions, error);
      return undefined;
    }
  }

  /** Throws all that was found. */
  refuse(): void {
    const errors = [...this.#findings.values()].map(({ error, hosts, among }) =>
      hosts.size === among.length
        ? error
        : foundFor(
            error,
            [...hosts].map(({ host }) => host),
          ),
    );
    throwAll(errors);
  }

  /** Keeps what was thrown for these hosts. Throws it where it is a bug. */
  keep(sessions: readonly HostSession[], thrown: unknown): void {
    for (const error of errorsOf(thrown)) {
      if (error.class === 'bug') throw thrown;
      const key = keyOf(error);
      const finding = this.#findings.get(key) ?? { error, hosts: new Set(), among: this.#among };
      for (const session of sessions) finding.hosts.add(session);
      this.#findings.set(key, finding);
    }
  }
}
