import type { EventReader } from '../events/bus.js';
import type { Event } from '../events/event.js';
import { Heartbeat } from './heartbeat.js';
import { HostLabels } from './host-labels.js';
import type { LineSink } from './line-sink.js';
import { clockTime, layOut } from './lines.js';
import { plainPalette, type Palette } from './palette.js';
import { renderPlan } from './plan-view.js';
import { renderRecap } from './recap.js';
import { visible } from '../model/visible.js';
import { describe, describeTask, type Sentence } from './wording.js';

export interface PlainOptions {
  readonly palette?: Palette;
  /** 0 tells what changed, 1 also what was begun, skipped and held, and what commands printed. */
  readonly verbosity: number;
  readonly diff: boolean;
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

  read(told: Event): void {
    const event = visible(told);
    this.#labels.learnFrom(event);
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
      case 'task.output':
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

  #details(): { readonly output: boolean; readonly diff: boolean } {
    const { verbosity, diff } = this.options;
    return { output: verbosity > 0, diff };
  }

  #viewOptions(): { readonly palette: Palette; readonly width?: number } {
    const { width } = this.options;
    return { palette: this.#palette, ...(width === undefined ? {} : { width: width() }) };
  }
}
