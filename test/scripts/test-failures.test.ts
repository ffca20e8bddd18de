import { expect, it } from 'vitest';
import { failuresOf } from '../../scripts/test-failures.js';

interface File {
  readonly name: string;
  readonly status: 'passed' | 'failed';
  readonly message?: string;
  readonly tests: readonly { readonly name: string; readonly error?: string }[];
}

/** As vitest writes it. */
const reportOf = (...files: readonly File[]): string =>
  JSON.stringify({
    testResults: files.map(({ name, status, message = '', tests }) => ({
      name: `/somewhere/test/${name}`,
      status,
      message,
      assertionResults: tests.map(({ name: fullName, error }) => ({
        fullName,
        status: error === undefined ? 'passed' : 'failed',
        failureMessages: error === undefined ? [] : [error],
      })),
    })),
  });

it('what failed is told in a line each: its file, its name, and how its error begins', () => {
  const report = reportOf({
    name: 'plan/floor.test.ts',
    status: 'failed',
    tests: [
      {
        name: 'a floor holds',
        error: '\u001B[31mAssertionError: expected 1 to be 2\u001B[39m\n    at floor.test.ts:3',
      },
      { name: 'another one' },
    ],
  });

  expect(failuresOf('pure', report, [])).toEqual([
    'FAILED: pure: test/plan/floor.test.ts: a floor holds: AssertionError: expected 1 to be 2',
  ]);
});

it('so is a file that could not be loaded', () => {
  const report = reportOf({
    name: 'a.test.ts',
    status: 'failed',
    message: 'Cannot find module x\nmore',
    tests: [],
  });

  expect(failuresOf('real', report, [])).toEqual(['FAILED: real: test/a.test.ts: Cannot find module x']);
});

it.each([
  ['wrote no report', undefined],
  [
    'has only tests that passed',
    reportOf({ name: 'a.test.ts', status: 'passed', tests: [{ name: 'a test' }] }),
  ],
])('of a project that failed and %s the errors in its output are told', (_, report) => {
  const output = [
    ' ✓ refuses an error',
    '',
    '⎯⎯ Unhandled Error ⎯⎯',
    'Error: the fleet cannot start: dockerd ended',
    ' ❯ setup',
  ];

  expect(failuresOf('fleet', report, output)).toEqual([
    'FAILED: fleet: it ended with an error, and no test of it failed',
    '    ⎯⎯ Unhandled Error ⎯⎯',
    '    Error: the fleet cannot start: dockerd ended',
  ]);
  expect(failuresOf('fleet', report, ['Killed', ' '])).toEqual([
    'FAILED: fleet: it ended with an error, and no test of it failed',
    '    Killed',
  ]);
});
