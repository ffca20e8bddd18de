import type { ArgumentDocument, ModuleDocument } from '../model/module-document.js';
import { plainPalette, type Palette } from './palette.js';
import { renderTable } from './table.js';
import { visible, visibleLines } from '../model/visible.js';

export interface ModuleViewOptions {
  readonly palette?: Palette;
  /** Columns of the terminal; 100 when absent. */
  readonly width?: number;
}

/** The names of modules, each with what it does. */
export function renderModuleList(
  modules: readonly ModuleDocument[],
  { palette = plainPalette, width }: ModuleViewOptions = {},
): string {
  const rows = visible(modules).map(({ name, summary }) => [name, summary.replace(/[.;:] .*$|\.$/, '')]);
  const table = renderTable(rows, { ...(width === undefined ? {} : { width }) });
  return [...table, '', palette.dim('adfpush module NAME tells of one.')].join('\n');
}

/** One module: what it does, its arguments, and tasks that use it. */
export function renderModule(
  module: ModuleDocument,
  { palette = plainPalette, width = 100 }: ModuleViewOptions = {},
): string {
  const { name, summary, changes, checkMode, bareValue, anyArguments } = visible(module);
  const examples = module.examples.map(visibleLines);
  const paragraph = (text: string, indent: string): string => wrapped(plain(text), width, indent);
  return [
    palette.bold(name),
    paragraph(summary, '  '),
    '',
    palette.bold('Changes'),
    paragraph(changes, '  '),
    '',
    palette.bold('With --check'),
    paragraph(checkMode, '  '),
    '',
    palette.bold('Arguments'),
    ...(anyArguments ? [paragraph('Any name, with any value.', '  ')] : []),
    ...visible(module.arguments).flatMap((argument) => [
      `  ${palette.cyan(argument.name)}  ${palette.dim(traitsOf(argument))}`,
      paragraph(argument.description, '      '),
    ]),
    ...(bareValue === undefined
      ? []
      : ['', paragraph(`A bare value, \`${name}: …\`, is ${bareValue}.`, '  ')]),
    '',
    palette.bold(examples.length === 1 ? 'Example' : 'Examples'),
    examples.map((example) => example.replace(/^/gm, '  ')).join('\n\n'),
  ].join('\n');
}

const traitsOf = ({ type, default: byDefault, required }: ArgumentDocument): string =>
  [
    plain(type),
    ...(required ? ['must be given'] : []),
    ...(byDefault === undefined ? [] : [`default ${byDefault === '' ? 'empty' : byDefault}`]),
  ].join(', ');

/** Backticks are for the pages. */
const plain = (text: string): string => text.replaceAll('`', '');

function wrapped(text: string, width: number, indent: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 1 <= Math.max(width, 40)) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(indent + word);
  }
  return lines.join('\n');
}
