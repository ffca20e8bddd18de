import { ofEach } from './story.js';

const promise = 0;

/** Whatever goes wrong, a run says what: it never ends with exit 1, which is a bug or a run that hangs. */
export const endsWithAResult = ofEach(({ actor, exit, ended }) =>
  exit === 1 ? [{ statement: promise, at: ended.at, what: `${actor} ended with exit 1, a bug` }] : [],
);
