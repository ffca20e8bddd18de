import { expect, test } from 'vitest';
import { AdfError, AdfErrors, errorsOf, type ErrorClass } from '../../src/errors/adf-error.js';
import { Diagnostics, throwAll } from '../../src/errors/diagnostics.js';
import { thrownBy } from './thrown-by.js';

const wrong = (message: string, file?: string, line = 1, column = 1): AdfError =>
  new AdfError({
    code: 'config.invalid_value',
    class: 'invalid',
    message,
    ...(file === undefined ? {} : { at: { file, line, column } }),
  });
const fail = (error: Error) => (): string => {
  throw error;
};

test('a check that throws is reported, and the next one still runs', () => {
  const diagnostics = new Diagnostics();

  expect(diagnostics.collect(fail(wrong('one')))).toBeUndefined();
  expect(diagnostics.collect(() => 2)).toBe(2);

  expect(thrownBy(() => diagnostics.refuse())).toMatchObject({ message: 'one' });
});

test('all is told at once: file after file as they were met, each from top to bottom', () => {
  const diagnostics = new Diagnostics();
  diagnostics.report(wrong('b3', 'b.yml', 3, 20_000));
  diagnostics.report(wrong('a9', 'a.yml', 9));
  diagnostics.report(wrong('b4', 'b.yml', 4));
  diagnostics.collect(fail(new AdfErrors([wrong('a1', 'a.yml', 1, 2), wrong('everywhere')])));

  const told = errorsOf(thrownBy(() => diagnostics.refuse())).map(({ message }) => message);

  expect(told).toEqual(['everywhere', 'b3', 'b4', 'a1', 'a9']);
});

test('a bug is thrown at once, with nothing around it', async () => {
  const bug = new TypeError('of our own');

  expect(thrownBy(() => new Diagnostics().collect(fail(bug)))).toBe(bug);
  await expect(new Diagnostics().collectAsync(() => Promise.reject(bug))).rejects.toBe(bug);
});

test('one error is thrown as it is, several together, and none not at all', () => {
  const [one, other] = [wrong('one'), wrong('other')];
  const classOf = (thrown: unknown): ErrorClass | undefined =>
    thrown instanceof AdfErrors ? thrown.class : undefined;

  expect(() => throwAll([])).not.toThrow();
  expect(thrownBy(() => throwAll([one]))).toBe(one);
  expect(errorsOf(thrownBy(() => throwAll([one, other])))).toEqual([one, other]);
  expect(classOf(thrownBy(() => throwAll([one, other])))).toBe('invalid');
  expect(classOf(thrownBy(() => throwAll([one], 'refused')))).toBe('refused');
});
