import type { HostId } from '../model/ids.js';
import type { RunResult } from '../model/run-result.js';
import { commandEnd } from './command-end.js';
import { ExecReader, type TaskEnded } from './exec-reader.js';
import type { LineSink } from './line-sink.js';
import type { PlainOptions } from './plain.js';
import { renderEnding } from './recap.js';
import type { Sentence } from './wording.js';

/**
 * Tells a run of `exec` for other programs: one line for each host, `api-1 | 0 | output`, as soon as its command ended. Line breaks of the
 * output are written `\n`. All else goes to `aside`, and a run that ended well says nothing there.
 */
export class OneLineReader extends ExecReader {
  readonly #ended = new Set<HostId>();

  constructor(
    private readonly sink: LineSink,
    private readonly notes: LineSink,
    options: PlainOptions,
  ) {
    super(notes, options);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  protected isWanted({ tone, status }: Sentence): boolean {
    const isWarning = tone === 'warning' || tone === 'bad' || tone === 'alarm';
    return isWarning || status === 'working' || this.options.verbosity > 0;
  }

  protected printed(): void {
    // Its line tells all of it.
  }

  protected ended(event: TaskEnded): void {
    this.#ended.add(event.host.id);
    const { word, how, output } = commandEnd(event);
    const said = event.rc === undefined ? [how] : [];
    const text = [...said, output.trimEnd()].filter((part) => part !== '').join('\n');
    this.#line(this.labels.label(event.host), word, text);
  }

  protected over(result: RunResult): void {
    for (const { host, name } of result.hosts) {
      if (this.#ended.has(host)) continue;
      this.#line(
        this.labels.label({ id: host, name }),
        this.hasBegun(host) ? 'interrupted' : 'not begun',
        '',
      );
    }
    const isWorthTelling = result.exit !== 0 || this.options.verbosity > 0;
    if (isWorthTelling) this.notes.write(renderEnding(this.untold(result), this.palette));
  }

  #line(host: string, word: string, text: string): void {
    this.sink.write(`${host} | ${word} | ${text.replaceAll('\n', '\\n')}`);
  }
}
