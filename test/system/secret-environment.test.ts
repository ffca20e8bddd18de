import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { takeSecret } from '../../src/system/secret-environment.js';

it('a secret of the environment is known to every caller, and to no child process', () => {
  process.env['ADFPUSH_TEST_SECRET'] = 'open sesame';
  const environmentOfChild = (): string => execFileSync('env', { encoding: 'utf8' });
  expect(environmentOfChild()).toContain('open sesame');

  expect(takeSecret('ADFPUSH_TEST_SECRET')?.reveal()).toBe('open sesame');

  expect(environmentOfChild()).not.toContain('ADFPUSH_TEST_SECRET');
  expect(takeSecret('ADFPUSH_TEST_SECRET')?.reveal()).toBe('open sesame');
});

it('a variable that is not set, or empty, is no secret', () => {
  expect(takeSecret('ADFPUSH_TEST_ABSENT', {})).toBeUndefined();
  expect(takeSecret('ADFPUSH_TEST_EMPTY', { ADFPUSH_TEST_EMPTY: '' })).toBeUndefined();
});
