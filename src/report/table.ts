import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';

export interface TableOptions {
  readonly header?: readonly string[];
  /** Columns of the terminal; lines are as long as they need to be when absent. */
  readonly width?: number;
  readonly indent?: string;
  /** Between columns; two spaces unless given. */
  readonly gap?: string;
  readonly styleHeader?: (text: string) => string;
}

/** Rows as aligned lines. What does not fit in the width is cut from the widest columns first, never below 6. */
export function renderTable(rows: readonly (readonly string[])[], options: TableOptions = {}): string[] {
  const { header, width = Infinity, indent = '', gap = '  ', styleHeader = (text: string) => text } = options;
  const all = header === undefined ? rows : [header, ...rows];
  const natural = columnWidths(all);
  const spare = width - stringWidth(indent) - gap.length * Math.max(0, natural.length - 1);
  const widths = shrink(natural, spare);
  const lines = all.map((row) => indent + alignRow(row, widths, gap));
  return lines.map((line, index) => (header !== undefined && index === 0 ? styleHeader(line) : line));
}

function columnWidths(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, stringWidth(cell));
    }
  }
  return widths;
}

const narrowest = 6;

function shrink(natural: readonly number[], spare: number): readonly number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) - spare;
  while (excess > 0) {
    const widest = Math.max(...widths);
    if (widest <= narrowest) break;
    widths[widths.indexOf(widest)] = widest - 1;
    excess -= 1;
  }
  return widths;
}

const alignRow = (row: readonly string[], widths: readonly number[], gap: string): string =>
  row
    .map((cell, column) => padTo(cell, widths[column] ?? 0))
    .join(gap)
    .trimEnd();

/** Exactly `width` columns wide: cut or filled up. Knows wide characters and escape sequences. */
export function padTo(text: string, width: number): string {
  const fitting = stringWidth(text) > width ? cliTruncate(text, width) : text;
  return fitting + ' '.repeat(Math.max(0, width - stringWidth(fitting)));
}
