import { formatDuration, type Milliseconds } from '../model/duration.js';
import type { HostId } from '../model/ids.js';
import type { HostResult, RunResult } from '../model/run-result.js';
import { commandEnd, type CommandEnd } from './command-end.js';
import { ExecReader, type TaskEnded, type TaskOutput } from './exec-reader.js';
import { foldHosts } from './host-ranges.js';
import type { LineSink } from './line-sink.js';
import type { PlainOptions } from './plain.js';
import { renderEnding } from './recap.js';
import { StreamedLines } from './streamed-lines.js';
import { onOneLine } from '../model/visible.js';
import { linesOf } from './wording.js';

type TimedEnd = CommandEnd & { readonly took: Milliseconds };

/**
 * Tells a run of `exec` in lines. Hosts whose commands ended alike, with the same output, are told together, when all have ended. Of one host
 * alone each line is told as it comes.
 */
export class ExecLines extends ExecReader {
  readonly #streamed = new StreamedLines((lines) => this.#writeOutput(lines));
  readonly #ends = new Map<HostId, TimedEnd>();
  #isOver = false;

  constructor(
    private readonly sink: LineSink,
    options: PlainOptions,
  ) {
    super(sink, options);
  }

  /** What was learnt is told also of a run that was given up. */
  close(): Promise<void> {
    if (!this.#isOver) this.#tellGroups([]);
    return Promise.resolve();
  }

  protected isWanted(): boolean {
    return true;
  }

  protected printed(event: TaskOutput): void {
    this.#streamed.add(event);
  }

  protected ended(event: TaskEnded): void {
    this.#streamed.end();
    this.#ends.set(event.host.id, { ...commandEnd(event), took: event.duration });
  }

  protected over(result: RunResult): void {
    this.#tellGroups(result.hosts);
    this.sink.write(`\n${renderEnding(this.untold(result), this.palette)}`);
  }

  /** In the order of the hosts, those that ended well first: what went wrong is nearest to the prompt. */
  #tellGroups(hosts: readonly HostResult[]): void {
    this.#isOver = true;
    const order = new Map(hosts.map(({ host }, index) => [host, index]));
    const placeOf = ({ host }: CommandEnd): number => order.get(host.id) ?? 0;
    const ends = [...this.#ends.values()].sort((one, other) => placeOf(one) - placeOf(other));
    const groups = [...Map.groupBy(ends, likeness).values()];
    for (const isWell of [true, false]) {
      for (const group of groups) {
        const [first] = group;
        if (first?.endedWell === isWell) this.#tellGroup(first, group);
      }
    }
    this.#tellUnended(hosts.filter(({ host }) => !this.#ends.has(host)));
  }

  #tellGroup(first: CommandEnd, group: readonly TimedEnd[]): void {
    const { bold, red } = this.palette;
    const labels = group.map(({ host }) => this.labels.label(host));
    this.#header(labels, `${first.how}${tookOf(group)}`, first.endedWell ? bold : red);
    if (first.hint !== undefined) this.sink.write(`  ${onOneLine(first.hint)}`);
    if (!this.#streamed.hasTold(first.host.id)) this.#writeOutput(linesOf(first.output));
  }

  #tellUnended(hosts: readonly HostResult[]): void {
    const told = Map.groupBy(hosts, ({ host }) => (this.hasBegun(host) ? interrupted : 'was not begun'));
    for (const [how, group] of told) {
      const labels = group.map(({ host, name }) => this.labels.label({ id: host, name }));
      this.#header(labels, how, this.palette.red);
    }
  }

  #header(labels: readonly string[], how: string, paint: (text: string) => string): void {
    const count = labels.length > 1 ? ` (${labels.length} hosts)` : '';
    this.sink.write(paint(`${foldHosts(labels, Infinity)}${count}: ${onOneLine(how)}`));
  }

  #writeOutput(lines: readonly string[]): void {
    if (lines.length === 0) return;
    const bar = this.palette.dim('|');
    this.sink.write(lines.map((line) => `  ${bar} ${line}`).join('\n'));
  }
}

const interrupted = 'was interrupted: how far the command came is not known';

/** Only what took long enough to be of interest. */
function tookOf(group: readonly TimedEnd[]): string {
  const longest = Math.max(...group.map(({ took }) => took));
  if (longest < 1_000) return '';
  return ` (${group.length > 1 ? 'at most ' : ''}${formatDuration(longest)})`;
}

/** The same of hosts that are told together. */
const likeness = ({ how, output, hint = '' }: CommandEnd): string => JSON.stringify([how, output, hint]);
