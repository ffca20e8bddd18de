import type { EventReader } from '../events/bus.js';
import type { Event } from '../events/event.js';
import { formatDuration, type EpochMilliseconds, type Milliseconds } from '../model/duration.js';
import type { HostId } from '../model/ids.js';
import { HostLabels } from './host-labels.js';
import type { LineSink } from './line-sink.js';
import { clockTime, layOut } from './lines.js';
import { plainPalette, type Palette } from './palette.js';
import { renderPlan } from './plan-view.js';
import { renderRecap } from './recap.js';
import { describe, describeTask, type Sentence } from './wording.js';

type Progress = Extract<Event, { type: 'task.progress' }>;

interface Ongoing {
  /** When each host that is at it began. */
  readonly since: Map<HostId, EpochMilliseconds>;
  lastLine: EpochMilliseconds;
}

/** One line in this time per task, however many hosts are at it. */
const interval: Milliseconds = 15_000;

/** Keeps a log alive while hosts drain or pull: now and then one line per task, instead of one per host and poll. */
class Heartbeat {
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

export interface PlainOptions {
  readonly palette?: Palette;
  /** 0 tells what changed, 1 also what was begun, skipped and held, and what commands printed. */
  readonly verbosity: number;
  readonly diff: boolean;
  /** What commands printed, whatever the verbosity: for `exec`. */
  readonly output?: boolean;
  /** Begin each line with the time of day. */
  readonly timestamps: boolean;
  /** Columns of the terminal at this moment, for tables; unlimited when absent. */
  readonly width?: () => number;
}

/** Tells a run in lines, for logs: each line is written as it happens and carries its host and task. */
export class PlainReader implements EventReader {
  readonly #labels = new HostLabels();
  readonly #heartbeat = new Heartbeat();
  readonly #palette: Palette;
  /** A reason to wait is told once, not with every look. */
  #lastWaiting = '';

  constructor(
    private readonly sink: LineSink,
    private readonly options: PlainOptions,
  ) {
    this.#palette = options.palette ?? plainPalette;
  }

  read(event: Event): void {
    this.#learn(event);
    switch (event.type) {
      case 'plan.made':
        this.sink.write(`\n${renderPlan(event.plan, this.#viewOptions())}\n`);
        return;
      case 'run.ended':
        this.sink.write(`\n${renderRecap(event.result, this.#palette)}`);
        return;
      case 'task.ended':
        this.#heartbeat.ended(event);
        this.#tell(event, describeTask(event, this.#details()));
        return;
      case 'task.progress':
        this.#tell(event, this.#heartbeat.progressed(event));
        return;
      case 'batch.waiting':
        if (event.reason === this.#lastWaiting) return;
        this.#lastWaiting = event.reason;
        break;
      case 'task.started':
        this.#heartbeat.started(event);
        break;
      default:
    }
    this.#tell(event, describe(event));
  }

  #tell({ at }: Event, sentence: Sentence | undefined): void {
    if (sentence === undefined || sentence.verbosity > this.options.verbosity) return;
    const time = this.options.timestamps ? `${this.#palette.dim(clockTime(at))} ` : '';
    for (const line of layOut(sentence, this.#labels, this.#palette)) this.sink.write(time + line);
  }

  #learn(event: Event): void {
    if (event.type === 'plan.made') {
      this.#labels.learn(event.plan.hosts.map(({ host, name }) => ({ id: host, name })));
    } else if ('hosts' in event) this.#labels.learn(event.hosts);
    else if ('host' in event) this.#labels.learn([event.host]);
  }

  #details(): { readonly output: boolean; readonly diff: boolean } {
    const { verbosity, output = false, diff } = this.options;
    return { output: output || verbosity > 0, diff };
  }

  #viewOptions(): { readonly palette: Palette; readonly width?: number } {
    const { width } = this.options;
    return { palette: this.#palette, ...(width === undefined ? {} : { width: width() }) };
  }
}
