import { formatPlace } from '../model/source.js';
import type { VariableReport, VariableSource, VariablesReport } from '../model/variables-report.js';
import { plainPalette, type Palette } from './palette.js';
import { visibleJson, visibleText } from '../model/visible.js';

export interface VariablesViewOptions {
  readonly palette?: Palette;
  /** With where each value comes from, and what it hides. */
  readonly explain?: boolean;
}

/** The variables of a host, one a line as YAML would have it; with `explain`, each with its sources. */
export function renderVariables(
  { variables }: VariablesReport,
  { palette = plainPalette, explain = false }: VariablesViewOptions = {},
): string {
  return variables
    .map((variable) => {
      const line = `${palette.bold(visibleText(variable.name))}: ${shownValue(variable, palette)}`;
      return explain ? [line, ...explained(variable, palette)].join('\n') : line;
    })
    .join('\n');
}

const shownValue = ({ value, unknown }: VariableReport, palette: Palette): string =>
  unknown === undefined ? shown(value) : palette.dim(`(not known without a run: ${visibleText(unknown)})`);

const shown = (value: unknown): string => {
  if (typeof value !== 'string') return visibleJson(value);
  // Text that YAML would read as something else, or that is no single line.
  const isOther = value === '' || /^[\d.+-]|^(true|false|null)$|[\n\r\t]/.test(value);
  return isOther ? visibleJson(value) : visibleText(value);
};

const explained = ({ from, hides }: VariableReport, palette: Palette): readonly string[] => [
  `    ${palette.dim('from')} ${placeOf(from)}${isTemplate(from.written) ? `, ${palette.dim('written')} ${shown(from.written)}` : ''}`,
  ...hides.map(
    (source) =>
      `    ${palette.dim('hides')} ${shown(source.written)} ${palette.dim('from')} ${placeOf(source)}`,
  ),
];

const isTemplate = (written: unknown): boolean => JSON.stringify(written ?? null).includes('{{');

const placeOf = ({ layer, file, line, column }: VariableSource): string =>
  visibleText(
    file === undefined || line === undefined || column === undefined
      ? layer
      : formatPlace({ file, line, column }),
  );
