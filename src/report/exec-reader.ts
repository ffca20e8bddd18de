import type { EventReader } from '../events/bus.js';
import type { Event } from '../events/event.js';
import type { HostId } from '../model/ids.js';
import type { ResultError, RunResult } from '../model/run-result.js';
import { Heartbeat } from './heartbeat.js';
import { HostLabels } from './host-labels.js';
import type { LineSink } from './line-sink.js';
import { clockTime, layOut } from './lines.js';
import { plainPalette, type Palette } from './palette.js';
import type { PlainOptions } from './plain.js';
import { visible } from '../model/visible.js';
import { describe, type Sentence } from './wording.js';

export type TaskEnded = Extract<Event, { type: 'task.ended' }>;
export type TaskOutput = Extract<Event, { type: 'task.output' }>;

/** Of interest with `-v` alone: the play that runs one command is not the user's. */
const ofThePlay: ReadonlySet<Event['type']> = new Set([
  'play.started',
  'play.ended',
  'batch.started',
  'batch.ended',
  'turn.started',
  'turn.ended',
]);

/** What the readers of a run of `exec` have in common: all but what they say of each host. */
export abstract class ExecReader implements EventReader {
  protected readonly labels = new HostLabels();
  protected readonly palette: Palette;
  readonly #heartbeat = new Heartbeat();
  readonly #begun = new Set<HostId>();
  readonly #told = new Set<string>();

  /** `aside` is for all that is not the result of a host. */
  constructor(
    private readonly aside: LineSink,
    protected readonly options: PlainOptions,
  ) {
    this.palette = options.palette ?? plainPalette;
  }

  /** The command ended on a host. */
  protected abstract ended(event: TaskEnded): void;

  /** The command printed something. */
  protected abstract printed(event: TaskOutput): void;

  /** The run is over. */
  protected abstract over(result: RunResult): void;

  /** Whether a sentence about the run is told at all. */
  protected abstract isWanted(sentence: Sentence): boolean;

  read(told: Event): void {
    const event = visible(told);
    this.labels.learnFrom(event);
    switch (event.type) {
      case 'plan.made':
        return;
      case 'task.started':
        this.#begun.add(event.host.id);
        this.#heartbeat.started(event);
        break;
      case 'task.output':
        this.printed(event);
        return;
      case 'task.progress':
        this.#tell(event, this.#heartbeat.progressed(event));
        return;
      case 'task.ended':
        this.#heartbeat.ended(event);
        if (event.error !== undefined) this.#told.add(keyOf(event.error));
        this.ended(event);
        return;
      case 'run.ended':
        this.over(event.result);
        return;
      default:
        if (ofThePlay.has(event.type) && this.options.verbosity === 0) return;
    }
    this.#tell(event, describe(event));
  }

  abstract close(): Promise<void>;

  protected hasBegun(host: HostId): boolean {
    return this.#begun.has(host);
  }

  /** The result without the errors that were told with their hosts. */
  protected untold(result: RunResult): RunResult {
    return { ...result, errors: result.errors.filter((error) => !this.#told.has(keyOf(error))) };
  }

  #tell({ at }: Event, sentence: Sentence | undefined): void {
    if (sentence === undefined || sentence.verbosity > this.options.verbosity) return;
    if (!this.isWanted(sentence)) return;
    const time = this.options.timestamps ? `${this.palette.dim(clockTime(at))} ` : '';
    for (const line of layOut(sentence, this.labels, this.palette)) this.aside.write(time + line);
  }
}

const keyOf = ({
  code,
  host = '',
  message,
}: Pick<ResultError, 'code' | 'message'> & { readonly host?: string | undefined }): string =>
  JSON.stringify([code, host, message]);
