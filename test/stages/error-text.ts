import { errorsOf, type AdfError } from '../../src/errors/adf-error.js';
import { formatPlace } from '../../src/model/source.js';

/** An error as these tests compare it: `f.yml:2:3 message | hint`. */
export const textOf = ({ at, message, hint }: AdfError): string =>
  `${at === undefined ? '-' : formatPlace(at)} ${message}${hint === undefined ? '' : ` | ${hint}`}`;

/** The errors of what a function throws; none when it throws nothing. A bug is not swallowed. */
export function errorsFrom(act: () => unknown): readonly AdfError[] {
  try {
    act();
  } catch (thrown) {
    return errorsOf(thrown);
  }
  return [];
}

/** The same for what a promise rejects with. */
export async function errorsFromAsync(act: () => Promise<unknown>): Promise<readonly AdfError[]> {
  try {
    await act();
  } catch (thrown) {
    return errorsOf(thrown);
  }
  return [];
}
