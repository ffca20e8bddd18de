import stringWidth from 'string-width';
import type { GroupLogLine } from '../model/group-log.js';
import { plainPalette, type Palette } from './palette.js';
import { onOneLine, visible, visibleLines } from '../model/visible.js';

export interface LogLinesOptions {
  readonly palette?: Palette;
  /** Begin each line with its time. */
  readonly timestamps: boolean;
}

// eslint-disable-next-line no-control-regex -- exactly the sequences that colour text.
const colours = /\u001b\[[\d;:]*m/g;

/** Lines of logs for people: host, release and, where there are several, container in front. */
export class LogLines {
  readonly #palette: Palette;
  readonly #paint = new Map<string, (text: string) => string>();
  readonly #containers = new Set<string>();
  #hostWidth = 0;
  #sourceWidth = 0;

  constructor(private readonly options: LogLinesOptions) {
    this.#palette = options.palette ?? plainPalette;
  }

  /** The names of all hosts, so that the first line is laid out as the last. */
  hosts(names: readonly string[]): void {
    const { cyan, green, yellow, magenta, blue } = this.#palette;
    const paints = [cyan, green, yellow, magenta, blue];
    for (const [index, name] of names.entries()) {
      this.#paint.set(name, paints[index % paints.length] ?? cyan);
      this.#hostWidth = Math.max(this.#hostWidth, stringWidth(name));
    }
  }

  render(line: GroupLogLine): string {
    const text = line.text.replaceAll(colours, '');
    const { at, name, container, release, stream, cut } = visible(line);
    this.#containers.add(container);
    const parts = [...(this.#containers.size > 1 ? [container] : []), release ?? '-'];
    const source = parts.join(' ');
    this.#sourceWidth = Math.max(this.#sourceWidth, stringWidth(source));
    const paint = this.#paint.get(name) ?? ((label: string) => label);
    const label = `${padded(name, this.#hostWidth)} ${padded(source, this.#sourceWidth)}`;
    const time = this.options.timestamps ? `${this.#palette.dim(at.slice(0, 23) + 'Z')} ` : '';
    const bar = stream === 'stderr' ? this.#palette.red('!') : this.#palette.dim('|');
    const shown = onOneLine(visibleLines(text));
    const less = cut === undefined ? '' : this.#palette.dim(` … (${cut} bytes more)`);
    return `${time}${paint(label)} ${bar} ${shown}${less}`;
  }
}

const padded = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - stringWidth(text)));
