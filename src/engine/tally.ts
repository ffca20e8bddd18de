import type { TaskStatus } from '../events/event.js';
import type { HostId } from '../model/ids.js';

/** What a failure comes to that does not fail its turn. */
type Excused = 'rescued' | 'ignored';

export type TaskCounts = Readonly<Record<TaskStatus | Excused, number>>;

const none: TaskCounts = {
  ok: 0,
  changed: 0,
  skipped: 0,
  failed: 0,
  unreachable: 0,
  restored: 0,
  rescued: 0,
  ignored: 0,
};

/** Counts task statuses per host, and the one-way tasks that ran: what the recap tells. */
export class Tally {
  readonly #counts = new Map<HostId, TaskCounts>();
  readonly #oneWay = new Set<string>();
  readonly #warnings = new Map<string, Set<string>>();

  /** As Ansible counts: a task that changed something is one of those that are ok. */
  count(host: HostId, status: keyof TaskCounts): void {
    const counts = this.of(host);
    const counted = { ...counts, [status]: counts[status] + 1 };
    this.#counts.set(host, status === 'changed' ? { ...counted, ok: counted.ok + 1 } : counted);
  }

  of(host: HostId): TaskCounts {
    return this.#counts.get(host) ?? none;
  }

  ranOneWay(task: string): void {
    this.#oneWay.add(task);
  }

  /** Something that a person should know at the end too; of a host, where it is about one. */
  warn(message: string, host?: string): void {
    const hosts = this.#warnings.get(message) ?? new Set();
    this.#warnings.set(message, host === undefined ? hosts : hosts.add(host));
  }

  /** What was warned of, each once, with its hosts. */
  get warnings(): readonly string[] {
    return [...this.#warnings].map(([message, hosts]) =>
      hosts.size === 0 ? message : `${someOf([...hosts])}: ${message}`,
    );
  }

  get oneWay(): readonly string[] {
    return [...this.#oneWay];
  }
}

const someOf = (hosts: readonly string[]): string =>
  hosts.length > 4 ? `${hosts.slice(0, 3).join(', ')} and ${hosts.length - 3} more` : hosts.join(', ');
