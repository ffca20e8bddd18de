import { describe, expect, it } from 'vitest';
import { errorsOf } from '../../src/errors/adf-error.js';
import { renderEnvFile } from '../../src/expression/env-file.js';
import { Variables } from '../../src/expression/variables.js';

const read = (text: string) => renderEnvFile({ file: 'app.env', text }, Variables.of([]));
/** `line code`. */
const refusal = (text: string): string => {
  try {
    read(text);
    return 'taken';
  } catch (error) {
    const [{ at, code }] = errorsOf(error);
    return `${at?.line ?? '?'} ${code}`;
  }
};

describe('an env_file', () => {
  it('keeps each value as it is, but for what ends its line', () => {
    const text = '\uFEFFA=1\n# B=2\n\n  C= x \r\n\tD="q"\nE=\nF=a=b\n';
    expect(read(text)).toEqual({ A: '1', C: ' x ', D: '"q"', E: '', F: 'a=b' });
  });

  // As the Docker CLI refuses them.
  it.each([
    ['export A=1', '1 container.env_file_name'],
    ['A=1\nexport\tB=2', '2 container.env_file_name'],
    ['A =1', '1 container.env_file_name'],
    ['A\tB=1', '1 container.env_file_name'],
    ['ConnectionStrings__Default = Server=db', '1 container.env_file_name'],
    ['=1', '1 container.env_file_line'],
    ['A', '1 container.env_file_line'],
    ['A=1\nB=2\nA=3', '3 container.env_file_name_twice'],
    ['A=1\n# A=2\nB=3', 'taken'],
  ])('%j: %s', (text, expected) => {
    expect(refusal(text)).toBe(expected);
  });
});
