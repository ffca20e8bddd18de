import { Ansis } from 'ansis';

/** The colours of all readers. */
export interface Palette {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
  readonly blue: (text: string) => string;
  readonly magenta: (text: string) => string;
  /** For what must not be overlooked. */
  readonly alarm: (text: string) => string;
}

const asIs = (text: string): string => text;

/** Text without escape sequences. */
export const plainPalette: Palette = {
  bold: asIs,
  dim: asIs,
  red: asIs,
  green: asIs,
  yellow: asIs,
  cyan: asIs,
  blue: asIs,
  magenta: asIs,
  alarm: asIs,
};

function colourPalette(): Palette {
  const colour = new Ansis(1);
  return {
    bold: (text) => colour.bold(text),
    dim: (text) => colour.dim(text),
    red: (text) => colour.red(text),
    green: (text) => colour.green(text),
    yellow: (text) => colour.yellow(text),
    cyan: (text) => colour.cyan(text),
    blue: (text) => colour.blue(text),
    magenta: (text) => colour.magenta(text),
    alarm: (text) => colour.bold.red(text),
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Colours on a terminal, none elsewhere; `NO_COLOR` and `FORCE_COLOR` overrule that, `NO_COLOR` first.
 * Sources: no-color.org (any value that is not empty), force-color.org.
 */
export function choosePalette(terminal: boolean, environment: Environment): Palette {
  const { NO_COLOR: no, FORCE_COLOR: force, TERM: term } = environment;
  if (no !== undefined && no !== '') return plainPalette;
  if (force !== undefined) return ['0', 'false'].includes(force) ? plainPalette : colourPalette();
  return terminal && term !== 'dumb' ? colourPalette() : plainPalette;
}
