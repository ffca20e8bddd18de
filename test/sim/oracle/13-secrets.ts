import { canaries } from '../canaries.js';
import type { Statement } from './story.js';

/** 13. A secret is never in argv, log, event, journal, diff or error; nor in what a run writes down on a host. */
export const keepsSecrets: Statement = ({ words, final }) =>
  words.flatMap(({ where, text }) => {
    const found = canaries.find((canary) => text.includes(canary));
    return found === undefined ? [] : [{ statement: 13, at: final.at, what: `${found} is in ${where}` }];
  });
