import { baseNameOf } from './covered.js';

/** What docs/unreached-branches.md says of one branch. */
export interface Row {
  readonly file: string;
  readonly branch: string;
  /** In the first part why nothing takes it; in the second the file of a test that does. */
  readonly says: string;
}

/** docs/unreached-branches.md: the branches that no seed takes. */
export interface UnreachedBranches {
  /** Written by hand: no test takes them either. */
  readonly reasons: readonly Row[];
  /** Written by `npm run coverage:sim -- --write`. */
  readonly tested: readonly Row[];
}

/** The heading of the part that is generated. It ends the file. */
const generated = '## What a test takes';

/** A branch is known by its file's name, its function and its text: it may move within its file, and its file to another folder. */
export const keyOf = (file: string, branch: string): string => `${baseNameOf(file)} ${branch}`;

/** Rows are list items below a heading that names their file. */
export function readUnreached(markdown: string): UnreachedBranches {
  const [byHand = '', rest = ''] = markdown.split(generated);
  return { reasons: rowsIn(byHand), tested: rowsIn(rest) };
}

/** The same document with other rows in its generated part. */
export function withTested(markdown: string, rows: readonly Row[]): string {
  const [byHand = ''] = markdown.split(generated);
  const files = [...Map.groupBy(rows, ({ file }) => file)].map(
    ([file, own]) =>
      `### \`${file}\`\n\n${own.map(({ branch, says }) => `- ${code(branch)}: ${code(says)}\n`).join('')}`,
  );
  return `${byHand}${[generated, ...files].join('\n\n').replaceAll('\n\n\n', '\n\n')}`;
}

function rowsIn(markdown: string): readonly Row[] {
  let file = '';
  return markdown.split('\n').flatMap((line) => {
    file = /^### `(.*)`$/.exec(line)?.[1] ?? file;
    const [, branch, says] = /^- (``? ?.*? ?``?): ([^`].*|`test\/.*`)$/.exec(line) ?? [];
    return branch === undefined || says === undefined
      ? []
      : [{ file, branch: uncoded(branch), says: uncoded(says) }];
  });
}

const code = (text: string): string => (text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``);

const uncoded = (text: string): string => text.replace(/^`+ ?/, '').replace(/ ?`+$/, '');
