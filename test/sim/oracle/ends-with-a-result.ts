import type { Statement } from './story.js';

const promise = 0;

/** Whatever goes wrong, a run ends with a result that says so; it never throws and never hangs. */
export const endsWithAResult: Statement = ({ exit, ended }) =>
  exit === undefined ? [{ statement: promise, at: ended.at, what: 'the run ended without a result' }] : [];
