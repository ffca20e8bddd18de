import { createLogUpdate } from 'log-update';
import type { EventReader } from '../events/bus.js';
import type { Event } from '../events/event.js';
import type { Clock } from '../ports/clock.js';
import { unicodeGlyphs, type Glyphs } from './glyphs.js';
import { HostLabels } from './host-labels.js';
import { renderFrame } from './live-frame.js';
import { LiveState } from './live-state.js';
import { plainPalette, type Palette } from './palette.js';
import type { LineSink } from './line-sink.js';
import { PlainReader, type PlainOptions } from './plain.js';
import { visible } from '../model/visible.js';

/** A terminal. */
export interface TerminalStream extends NodeJS.WritableStream {
  readonly columns?: number;
  readonly rows?: number;
}

export interface LiveOptions {
  readonly palette?: Palette;
  readonly glyphs?: Glyphs;
  readonly verbosity: number;
  readonly diff: boolean;
  /** What writes the lines that stay; a `PlainReader` for those that are worth it when absent. It says itself which are. */
  readonly lines?: (sink: LineSink, options: PlainOptions) => EventReader;
}

/** Repaints at most this often. In milliseconds. */
const repaintEvery = 100;

/**
 * The view on a terminal: a picture of the run that is repainted in place, and above it the lines that stay. It always leaves the
 * terminal as it found it: `stop` takes the picture away and may be called at any time, more than once.
 */
export class LiveReader implements EventReader {
  readonly #state = new LiveState();
  readonly #labels = new HostLabels();
  readonly #palette: Palette;
  readonly #glyphs: Glyphs;
  readonly #lines: EventReader;
  readonly #update: ReturnType<typeof createLogUpdate>;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Lines that wait for a question to be over. */
  #held: string[] | undefined;
  #broken = false;
  readonly #onResize = (): void => {
    // The terminal has rewrapped the old picture; painting anew from a clean state costs one flicker.
    this.#guard(() => this.#update.clear());
    this.#paint();
  };

  constructor(
    private readonly stream: TerminalStream,
    private readonly clock: Pick<Clock, 'now'>,
    private readonly options: LiveOptions,
  ) {
    this.#palette = options.palette ?? plainPalette;
    this.#glyphs = options.glyphs ?? unicodeGlyphs;
    this.#update = createLogUpdate(stream, { showCursor: true });
    const { verbosity, diff, lines } = options;
    const sink = { write: (text: string) => this.#persist(text) };
    const layout = { verbosity, diff, palette: this.#palette, timestamps: false };
    const all = { ...layout, width: () => this.#columns - 1 };
    this.#lines = lines === undefined ? new PlainReader(sink, all) : lines(sink, all);
    stream.on('error', () => {
      this.#broken = true;
    });
    stream.on('resize', this.#onResize);
  }

  read(told: Event): void {
    const event = visible(told);
    this.#state.apply(event);
    this.#labels.learnFrom(event);
    if (event.type === 'run.ended') this.stop();
    else this.#start();
    if (this.#worthALine(event)) this.#lines.read(event);
  }

  /** Takes the picture away, so that something else can use the terminal; the next event brings it back. */
  pause(): void {
    this.#stopTimer();
    this.#guard(() => {
      this.#update.clear();
      this.#update.done();
    });
  }

  /**
   * Takes the picture away for a question while the run goes on: until the function that this gives is called there is no picture, and
   * lines that are to stay are kept back.
   */
  hold(): () => void {
    this.pause();
    this.#held ??= [];
    return () => this.#release();
  }

  /** Removes the picture and leaves the terminal as it was. */
  stop(): void {
    if (this.#stopped) return;
    this.#release();
    this.pause();
    this.#stopped = true;
    this.stream.removeListener('resize', this.#onResize);
  }

  async close(): Promise<void> {
    this.stop();
    await this.#lines.close?.();
  }

  #start(): void {
    if (this.#stopped || this.#held !== undefined || this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#paint(), repaintEvery);
    // The picture alone must not keep the process alive.
    this.#timer.unref();
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #paint(): void {
    if (this.#timer === undefined) return;
    const lines = renderFrame(this.#state, this.clock.now(), {
      columns: this.#columns,
      rows: this.stream.rows ?? 24,
      palette: this.#palette,
      glyphs: this.#glyphs,
      labels: this.#labels,
    });
    this.#guard(() => this.#update(lines.join('\n')));
  }

  #release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const text of held) this.#persist(text);
  }

  #persist(text: string): void {
    if (this.#held !== undefined) {
      this.#held.push(text);
      return;
    }
    this.#guard(() => {
      if (this.#stopped) this.stream.write(`${text}\n`);
      else this.#update.persist(text);
    });
  }

  /** A terminal that went away must not end a run that has hosts to restore. */
  #guard(paint: () => void): void {
    if (this.#broken) return;
    try {
      paint();
    } catch {
      this.#broken = true;
    }
  }

  get #columns(): number {
    return this.stream.columns ?? 80;
  }

  /** The picture shows what goes on; the lines above keep what happened. With -v they keep everything. */
  #worthALine(event: Event): boolean {
    if (this.options.lines !== undefined) return true;
    if (this.options.verbosity > 0) return event.type !== 'task.progress';
    switch (event.type) {
      case 'phase.started':
      case 'task.progress':
      case 'batch.waiting':
      case 'bake.started':
        return false;
      case 'task.ended':
        return event.status === 'ok' || (event.status === 'changed' && this.#crowded)
          ? event.output !== undefined || event.diff !== undefined
          : true;
      default:
        return true;
    }
  }

  /** Too many hosts to keep a line of each change; the end of each turn still gets one. */
  get #crowded(): boolean {
    return this.#state.hosts.size > 40;
  }
}
