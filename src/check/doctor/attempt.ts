import { errorsOf, type AdfError } from '../../errors/adf-error.js';

/** Something that was tried, and how it ended. */
export type Attempt<T> = { readonly value: T } | { readonly error: AdfError };

/** What does not work is an answer here; a bug of ours is thrown. */
export async function attempt<T>(act: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await act() };
  } catch (thrown) {
    const [error] = errorsOf(thrown);
    if (error.class === 'bug') throw thrown;
    return { error };
  }
}
