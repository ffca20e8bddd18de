import { keyOf, type Row, type UnreachedBranches } from './document.js';
import { unreached, type Branch } from './branches.js';

/** The branches of one source, and by what each is taken. */
export interface CoveredSource {
  readonly file: string;
  readonly branches: readonly Branch[];
  readonly byASeed: (branch: number) => boolean;
  /** The files of the tests that take it. */
  readonly byTests: (branch: number) => readonly string[];
}

interface FoundBranch {
  readonly file: string;
  readonly line: number;
  readonly branch: string;
  readonly tests: readonly string[];
}

export interface Judged {
  /** Taken by no seed, but by a test. */
  readonly tested: readonly Row[];
  /** Taken by no seed and by no test, and without a reason. */
  readonly untaken: readonly FoundBranch[];
  /** Reasons for what is taken, or is not there any more. */
  readonly needless: readonly Row[];
  /** What the generated part of the document lacks, or says wrongly: how it would be written now. */
  readonly outdated: readonly Row[];
}

/** Compares what was measured with what the document says. */
export function judgeBranches(sources: readonly CoveredSource[], document: UnreachedBranches): Judged {
  const tested = testFor(sources.flatMap(notByASeed), document.tested);
  const holes = sources.flatMap(byNothing);
  const [reasons, said] = [keysOf(document.reasons), keysOf(document.tested)];
  const missing = new Set(holes.map(({ file, branch }) => keyOf(file, branch)));
  const known = new Set(tested.map((row) => `${keyOf(row.file, row.branch)} ${row.says}`));
  return {
    tested,
    untaken: holes.filter(({ file, branch }) => !reasons.has(keyOf(file, branch))),
    needless: document.reasons.filter(({ file, branch }) => !missing.has(keyOf(file, branch))),
    outdated: [
      ...tested.filter(({ file, branch }) => !said.has(keyOf(file, branch))),
      ...document.tested.filter((row) => !known.has(`${keyOf(row.file, row.branch)} ${row.says}`)),
    ],
  };
}

/** Of code that no seed reaches only the outermost branches: what is within is the test's. */
const notByASeed = (source: CoveredSource): readonly FoundBranch[] =>
  unreached(source.branches, source.byASeed)
    .map((branch) => found(source, branch))
    .filter(({ tests }) => tests.length > 0);

const byNothing = (source: CoveredSource): readonly FoundBranch[] =>
  unreached(source.branches, (branch) => source.byASeed(branch) || source.byTests(branch).length > 0).map(
    (branch) => found(source, branch),
  );

const found = ({ file, branches, byTests }: CoveredSource, branch: Branch): FoundBranch => ({
  file,
  line: branch.line,
  branch: branch.name,
  tests: byTests(branches.indexOf(branch)),
});

/** One test for each: the one that is written down, where it is still right; else as few tests as will do. */
function testFor(branches: readonly FoundBranch[], before: readonly Row[]): readonly Row[] {
  const written = new Map(before.map(({ file, branch, says }) => [keyOf(file, branch), says]));
  const chosen = new Map<FoundBranch, string>();
  for (const one of branches) {
    const test = written.get(keyOf(one.file, one.branch));
    if (test !== undefined && one.tests.includes(test)) chosen.set(one, test);
  }
  for (;;) {
    const left = branches.filter((one) => !chosen.has(one));
    const test = mostFrequent(left.flatMap(({ tests }) => tests));
    if (test === undefined) break;
    for (const one of left) if (one.tests.includes(test)) chosen.set(one, test);
  }
  return branches.map((one) => ({ file: one.file, branch: one.branch, says: chosen.get(one) ?? '' }));
}

function mostFrequent(words: readonly string[]): string | undefined {
  const [first] = [...Map.groupBy(words, (word) => word)].toSorted(
    ([a, as], [b, bs]) => bs.length - as.length || (a < b ? -1 : 1),
  );
  return first?.[0];
}

const keysOf = (rows: readonly Row[]): ReadonlySet<string> =>
  new Set(rows.map(({ file, branch }) => keyOf(file, branch)));
