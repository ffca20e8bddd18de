import { earlier } from '../../model/log-time.js';
import type { LogLine, LogTime } from '../../ports/container-logs.js';

/** How far the times of two lines may be in the wrong order within one container: its stdout and stderr are stamped side by side. */
const disorder = 1_000;
/** Lines that are remembered, at most. */
const remembered = 4_096;

interface Seen {
  readonly at: LogTime;
  readonly key: string;
}

/**
 * How far the log of a container was read, so that it can be read on after the connection was lost: from a second before the last line, and
 * without the lines of that second that were read before.
 */
export class LogProgress {
  /** Up to this time all lines were read. */
  #floor: LogTime | undefined;
  /** Of the last second, in the order in which they came. */
  #recent: Seen[] = [];
  #newest: LogTime | undefined;
  /** Those of them that come again, how often. While there are any, so does what the floor is above. */
  #again = new Map<string, number>();

  /** From when on it has to be read; undefined while nothing was read. */
  get since(): LogTime | undefined {
    if (this.#newest === undefined) return undefined;
    const wanted = earlier(this.#newest, disorder);
    return this.#floor === undefined || this.#floor < wanted ? wanted : this.#floor;
  }

  /** It is read from `since` on: what was read before comes again. */
  begins(): void {
    this.#again = new Map();
    for (const { key } of this.#recent) this.#again.set(key, (this.#again.get(key) ?? 0) + 1);
  }

  /** Whether this line was not read before; from now on it was. */
  take(line: LogLine): boolean {
    if (this.#again.size > 0 && this.#floor !== undefined && line.at <= this.#floor) return false;
    const key = `${line.at} ${line.stream} ${line.text.length} ${line.text.slice(0, 64)}`;
    const left = this.#again.get(key) ?? 0;
    if (left > 0) {
      if (left === 1) this.#again.delete(key);
      else this.#again.set(key, left - 1);
      return false;
    }
    this.#recent.push({ at: line.at, key });
    if (this.#newest === undefined || line.at > this.#newest) this.#newest = line.at;
    if (this.#recent.length > 2 * remembered) this.#forget();
    return true;
  }

  /** Forgets all but the newest; the floor rises above what is forgotten. */
  #forget(): void {
    const byTime = this.#recent.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    const floor = byTime[byTime.length - remembered]?.at;
    if (floor === undefined) return;
    this.#floor = floor;
    this.#recent = this.#recent.filter(({ at }) => at > floor);
  }
}
