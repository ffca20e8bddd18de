import type { Event } from '../events/event.js';
import { formatDuration, type EpochMilliseconds, type Milliseconds } from '../model/duration.js';
import type { HostId } from '../model/ids.js';
import type { Sentence } from './wording.js';

type Progress = Extract<Event, { type: 'task.progress' }>;

interface Ongoing {
  /** When each host that is at it began. */
  readonly since: Map<HostId, EpochMilliseconds>;
  lastLine: EpochMilliseconds;
}

/** One line in this time per task, however many hosts are at it. */
const interval: Milliseconds = 15_000;

/** Keeps a log alive while hosts drain or pull: now and then one line per task, instead of one per host and poll. */
export class Heartbeat {
  readonly #ongoing = new Map<string, Ongoing>();

  started({ at, host, task }: Extract<Event, { type: 'task.started' }>): void {
    const key = keyOf(task);
    const ongoing = this.#ongoing.get(key) ?? { since: new Map(), lastLine: at };
    ongoing.since.set(host.id, at);
    this.#ongoing.set(key, ongoing);
  }

  ended({ host, task }: Extract<Event, { type: 'task.ended' }>): void {
    const ongoing = this.#ongoing.get(keyOf(task));
    ongoing?.since.delete(host.id);
    if (ongoing?.since.size === 0) this.#ongoing.delete(keyOf(task));
  }

  /** What to say of a progress, if it is time to say something of its task. */
  progressed({ at, host, task, message, done, total }: Progress): Sentence | undefined {
    const ongoing = this.#ongoing.get(keyOf(task)) ?? { since: new Map(), lastLine: at };
    this.#ongoing.set(keyOf(task), ongoing);
    if (!ongoing.since.has(host.id)) ongoing.since.set(host.id, at);
    if (at - ongoing.lastLine < interval) return undefined;
    ongoing.lastLine = at;
    const share = done === undefined || total === undefined || total === 0 ? '' : `, ${percent(done, total)}`;
    const longest = formatDuration(Math.round((at - Math.min(...ongoing.since.values())) / 1_000) * 1_000);
    const others = ongoing.since.size - 1;
    return {
      tone: 'quiet',
      host,
      status: 'working',
      text:
        `${task.name}: ${message}${share} (` +
        (others === 0 ? `for ${longest})` : `and ${others} more, the longest for ${longest})`),
      verbosity: 0,
    };
  }
}

const keyOf = ({ play, index }: Progress['task']): string => JSON.stringify([play, index]);

const percent = (done: number, total: number): string => `${Math.floor((done / total) * 100)}%`;
