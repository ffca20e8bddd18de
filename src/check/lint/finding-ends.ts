import { Lines } from '../../config/lines.js';
import type { LintFinding } from '../../model/lint-report.js';
import type { ProjectFiles } from '../../ports/project-files.js';

/** A template, a text in quotes, or a word: what a place in a file most often is the beginning of. */
const things = [
  /^\{\{.*?\}\}+/,
  /^\{[%#].*?[%#]\}/,
  /^'(?:[^']|'')*'/,
  /^"(?:[^"\\]|\\.)*"/,
  /^[\p{L}\p{N}_$@](?:[\p{L}\p{N}_$@./-]*[\p{L}\p{N}_$@/-])?/u,
];

/**
 * The column behind what begins at a column of this line; both count from 1, in UTF-16 code units. Undefined where its end is not on this
 * line, or nothing tells what it is.
 */
function endColumnOf(line: string, column: number): number | undefined {
  const rest = line.slice(column - 1);
  const found = things.map((thing) => thing.exec(rest)?.[0]).find((text) => text !== undefined);
  return found === undefined ? undefined : column + found.length;
}

/** The same findings, with where each ends where its line tells. */
export async function withEnds(
  findings: readonly LintFinding[],
  files: ProjectFiles,
): Promise<readonly LintFinding[]> {
  const names = [...new Set(findings.map(({ file }) => file))];
  // What cannot be read, or is a folder, is told of in a finding already.
  const read = names.map(
    async (file) => [file, new Lines(file, (await files.read(file).catch(() => undefined)) ?? '')] as const,
  );
  const lines = new Map(await Promise.all(read));
  return findings.map((finding) => {
    const { file, line: endLine, column } = finding;
    const endColumn = endColumnOf(lines.get(file)?.line(endLine) ?? '', column);
    return endColumn === undefined ? finding : { ...finding, endLine, endColumn };
  });
}
