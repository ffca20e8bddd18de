import { formatDuration, type Milliseconds } from '../model/duration.js';
import { AdfError } from './adf-error.js';

export const patternTooSlow = (source: string, patience: Milliseconds): AdfError =>
  new AdfError({
    code: 'pattern.too_slow',
    class: 'failed',
    message: `The pattern ${source} found no end within ${formatDuration(patience)}.`,
    hint: 'Write it without (?=…), (?!…), (?<…) and backreferences: then it is matched in linear time.',
  });
