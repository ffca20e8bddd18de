import { stripVTControlCharacters } from 'node:util';

/** As much of vitest's JSON report as is read here. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** The longest line that is printed of an error. */
const widest = 300;
/** How many lines of the output of a project are told that failed beside its tests. */
const mostLines = 12;

/**
 * Why a project of tests failed, in few lines: each test or file that failed with the first line of its error; and where none did, as
 * when the fleet could not start, what its output says of errors, or its last words.
 */
export function failuresOf(
  project: string,
  report: string | undefined,
  output: readonly string[],
): readonly string[] {
  const failed = report === undefined ? [] : failedIn(JSON.parse(report) as Report);
  if (failed.length > 0) return failed.map((failure) => `FAILED: ${project}: ${failure}`);
  const said = output.map((line) => stripVTControlCharacters(line).trimEnd()).filter((line) => line !== '');
  const errors = said.filter(
    (line) => /\berror\b|\w+Error\b|unhandled|cannot/i.test(line) && !/^\s*[✓✔]/.test(line),
  );
  const told = errors.length > 0 ? errors.slice(0, mostLines) : said.slice(-mostLines);
  return [
    `FAILED: ${project}: it ended with an error, and no test of it failed`,
    ...told.map((line) => `    ${line.slice(0, widest)}`),
  ];
}

function failedIn({ testResults }: Report): readonly string[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const tests = assertionResults.filter((test) => test.status === 'failed');
    if (tests.length === 0 && status !== 'failed') return [];
    const file = name.replace(/^.*\/(?=test\/)/, '');
    return tests.length === 0
      ? [told(file, message)]
      : tests.map(({ fullName, failureMessages: [first = ''] }) => told(`${file}: ${fullName}`, first));
  });
}

const told = (where: string, error: string): string =>
  `${where}: ${stripVTControlCharacters(error).split('\n')[0] ?? ''}`.slice(0, widest);
