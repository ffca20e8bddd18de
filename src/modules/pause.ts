import { z } from 'zod';
import { formatDuration } from '../model/duration.js';
import { durationSchema } from '../model/schema/duration.js';
import type { ReadingModule } from './module.js';

const schema = z.strictObject({
  /** A duration; a bare number is seconds. */
  seconds: durationSchema.optional(),
  minutes: z.number().min(0).optional(),
});

/** Waits, on every host of the turn by itself. */
export const pause: ReadingModule<z.infer<typeof schema>> = {
  name: 'pause',
  freeform: 'seconds',
  schema,

  async read({ seconds = 0, minutes = 0 }, { clock, signal, checkMode }) {
    const duration = seconds + minutes * 60_000;
    if (checkMode) return { changed: false, message: `would wait ${formatDuration(duration)}`, values: {} };
    await clock.sleep(duration, signal);
    return { changed: false, message: `waited ${formatDuration(duration)}`, values: {} };
  },
};
