import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';
import stringWidth from 'string-width';
import { errorsOf, type AdfError } from '../errors/adf-error.js';
import { formatPlace, type Place } from '../model/source.js';
import { plainPalette, type Palette } from './palette.js';
import { continued, onOneLine, visible, visibleLines } from '../model/visible.js';

/**
 * Says where in the sources a line of a stack is, when the file that it names has a source map beside it; else gives the line as it is. The
 * maps are read only here, for a bug: Node's own support for them would read all of them at every start.
 */
const inSources = (line: string): string =>
  line.replace(
    /(file:\/\/[^\s()]+):(\d+):(\d+)/,
    (place: string, url: string, row: string, column: string) => {
      const origin = mapOf(url)?.findOrigin(Number(row), Number(column));
      if (origin === undefined || !('fileName' in origin)) return place;
      const file = origin.fileName.replace(/^.*(?=node_modules\/)|^(\.\.\/)+/, '');
      return `${file}:${origin.lineNumber}:${origin.columnNumber}`;
    },
  );

function mapOf(url: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(url)}.map`, 'utf8')) as SourceMapPayload);
  } catch {
    return undefined;
  }
}

/** Gives a line of a user's file, for the caret; lines count from 1. */
export type SourceLines = (file: string, line: number) => string | undefined;

/** Everything that was thrown, for people: what happened, where, the line with a caret, what to do next. */
export function renderErrors(
  thrown: unknown,
  source: SourceLines = () => undefined,
  palette: Palette = plainPalette,
): string {
  const errors = errorsOf(thrown);
  const blocks = errors.map((error) => renderError(error, source, palette));
  const summary = errors.length > 1 ? [palette.bold(`${errors.length} errors`)] : [];
  return [...blocks, ...summary].join('\n\n');
}

function renderError(error: AdfError, source: SourceLines, palette: Palette): string {
  const { host, at, message, hint, code } = visible(error);
  const line = error.at && (error.sourceLine ?? source(error.at.file, error.at.line));
  const where = host === undefined || message.includes(host) ? '' : `${palette.bold(host)}: `;
  return [
    `${palette.alarm('Error')} ${palette.dim(`[${code}]`)} ${where}${continued(message)}`,
    ...(at === undefined ? [] : excerpt(at, line, palette)),
    ...(hint === undefined ? [] : hint.split('\n').map((line) => `  ${line}`)),
    ...(error.class === 'bug' ? stackOf(error).map((line) => palette.dim(inSources(line))) : []),
  ].join('\n');
}

/** Columns of a source line that are shown; a longer one is shown around its caret. */
const widestExcerpt = 100;

/** A place in a user's file, and its line with a caret. */
export function excerpt(at: Place, line: string | undefined, palette: Palette): string[] {
  const place = `  ${palette.cyan(formatPlace(at))}`;
  if (line === undefined) return [place];
  const before = shownPart(line.slice(0, at.column - 1));
  const whole = before + shownPart(line.slice(at.column - 1));
  const cut = stringWidth(before) > widestExcerpt ? before.length - widestExcerpt / 2 : 0;
  const shown = (cut > 0 ? '…' : '') + whole.slice(cut, cut + widestExcerpt);
  // Tabs stay tabs, so that the caret stands under its character whatever a tab is wide.
  const prefix = (cut > 0 ? '…' : '') + before.slice(cut);
  const padding = prefix.replace(/[^\t]+/g, (text) => ' '.repeat(stringWidth(text)));
  const number = String(at.line);
  return [
    place,
    `  ${palette.dim(`${number} |`)} ${shown}`.trimEnd(),
    `  ${palette.dim(`${' '.repeat(number.length)} |`)} ${padding}${palette.red('^')}`,
  ];
}

const shownPart = (text: string): string => onOneLine(visibleLines(text));

/** The stack of what really went wrong, which for a bug is the cause. */
function stackOf(error: AdfError): string[] {
  const origin = error.cause instanceof Error ? error.cause : error;
  return (origin.stack ?? '')
    .split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
    .map(visibleLines);
}
