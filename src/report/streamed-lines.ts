import type { Event } from '../events/event.js';
import type { HostId } from '../model/ids.js';

/** More than this is told without waiting for its line to end. In UTF-16 code units. */
const longestLine = 64 * 1024;

/** Makes lines of the pieces of output that are told while a command runs. */
export class StreamedLines {
  readonly #rest = { stdout: '', stderr: '' };
  readonly #hosts = new Set<HostId>();

  /** `write` is given whole lines, without their ends. */
  constructor(private readonly write: (lines: readonly string[]) => void) {}

  /** Whether something of this host was told already. */
  hasTold(host: HostId): boolean {
    return this.#hosts.has(host);
  }

  add({ host, stream, text }: Extract<Event, { type: 'task.output' }>): void {
    this.#hosts.add(host.id);
    const lines = `${this.#rest[stream]}${text}`.split('\n');
    const rest = lines.pop() ?? '';
    const isLong = rest.length > longestLine;
    this.#rest[stream] = isLong ? '' : rest;
    this.#tell(isLong ? [...lines, rest] : lines);
  }

  /** Nothing more comes: a last line may have no end. */
  end(): void {
    const { stdout, stderr } = this.#rest;
    this.#rest.stdout = '';
    this.#rest.stderr = '';
    this.#tell([stdout, stderr].filter((line) => line !== ''));
  }

  #tell(lines: readonly string[]): void {
    if (lines.length > 0) this.write(lines.map((line) => line.replace(/\r$/, '')));
  }
}
