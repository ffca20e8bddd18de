import { z } from 'zod';
import { formatDuration } from '../model/duration.js';
import { durationSchema } from '../model/schema/duration.js';
import type { ReadingModule } from './module.js';

const schema = z.strictObject({
  seconds: durationSchema.optional().describe('how long; a bare number is seconds'),
  minutes: z.number().min(0).optional().describe('so many minutes more'),
});

/** Waits, on every host of the turn by itself. */
export const pause: ReadingModule<z.infer<typeof schema>> = {
  name: 'pause',
  docs: {
    summary: 'Waits, on every host of the turn by itself.',
    examples: [`- pause: 30s`, `- pause: { minutes: 2 }`],
  },
  freeform: 'seconds',
  schema,

  async read({ seconds = 0, minutes = 0 }, { clock, signal, checkMode }) {
    const duration = seconds + minutes * 60_000;
    if (checkMode) return { changed: false, message: `would wait ${formatDuration(duration)}`, values: {} };
    await clock.sleep(duration, signal);
    return { changed: false, message: `waited ${formatDuration(duration)}`, values: {} };
  },
};
