import type { LintFinding, LintReport } from '../model/lint-report.js';
import { excerpt, type SourceLines } from './error-view.js';
import { plainPalette, type Palette } from './palette.js';
import { continued, visible } from '../model/visible.js';

/** Problems for people, each with its line and a caret, and how many there are. */
export function renderLint(
  { findings, files, errors, warnings }: LintReport,
  source: SourceLines,
  palette: Palette = plainPalette,
): string {
  const blocks = findings.map((finding) => renderFinding(finding, source, palette));
  const looked = counted(files.length, 'file');
  const summary =
    findings.length === 0
      ? `${looked}: nothing found.`
      : `${looked}: ${counted(errors, 'error')}, ${counted(warnings, 'warning')}.`;
  return [...blocks, palette.bold(summary)].join('\n\n');
}

function renderFinding(finding: LintFinding, source: SourceLines, palette: Palette): string {
  const { file, line, column, code, severity, message, hint, environments, hosts } = visible(finding);
  const word = severity === 'error' ? palette.alarm('Error') : palette.yellow('Warning');
  const where = [
    ...(hosts === undefined ? [] : [`for ${hosts}`]),
    ...(environments === undefined ? [] : [`in the environment ${environments.join(', ')}`]),
  ].join(' ');
  return [
    `${word} ${palette.dim(`[${code}]`)} ${continued(message)}${where === '' ? '' : ` (${where})`}`,
    ...excerpt({ file, line, column }, source(finding.file, line), palette),
    ...(hint === undefined ? [] : hint.split('\n').map((text) => `  ${text}`)),
  ].join('\n');
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
