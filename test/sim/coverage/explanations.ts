/** Why no seed takes a branch: a row of docs/unreached-branches.md. */
export interface Explanation {
  readonly file: string;
  /** Its name, or `*` for all of the file. A name that ends in `…` stands for all that begin so. */
  readonly branch: string;
  readonly why: string;
}

/** The rows of all tables: file, branch, reason. A `|` within code is written `\|`. */
export const explanationsIn = (markdown: string): readonly Explanation[] =>
  markdown
    .split('\n')
    .filter((line) => line.startsWith('| `src/'))
    .map((line) => {
      const [file = '', branch = '', why = ''] = line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll('\\|', '|'));
      return { file: uncoded(file), branch: uncoded(branch), why };
    });

const uncoded = (cell: string): string => cell.replace(/^`+ ?/, '').replace(/ ?`+$/, '');

/** The reason for one branch; undefined when the tables have none. */
export const reasonFor = (
  file: string,
  branch: string,
  explanations: readonly Explanation[],
): Explanation | undefined =>
  explanations.find((one) => one.file === file && one.branch === branch) ??
  explanations.find(
    (one) =>
      one.file === file &&
      (one.branch === '*' || (one.branch.endsWith('…') && branch.startsWith(one.branch.slice(0, -1)))),
  );
