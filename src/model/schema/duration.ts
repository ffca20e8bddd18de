import { formatDuration, parseDuration, type Milliseconds } from '../duration.js';
import { shown } from './number.js';
import { parsed } from './parsed.js';

const read = (value: unknown): Milliseconds | undefined =>
  typeof value === 'string' || typeof value === 'number' ? parseDuration(value) : undefined;

const example = 'Write it like 90s, 5m, 1h30m or 250ms; a bare number is seconds.';

/** A length of time, `90s` or `1h30m`, in milliseconds. A bare number is seconds. */
export const durationSchema = parsed((value, refuse): Milliseconds => {
  const duration = read(value);
  if (duration === undefined) refuse(`must be a duration, not ${shown(value)}`, example);
  return duration ?? 0;
}).meta({ type: 'duration' });

/** A duration that is not zero. */
export const positiveDurationSchema = parsed((value, refuse): Milliseconds => {
  const duration = read(value);
  if (duration === undefined) refuse(`must be a duration, not ${shown(value)}`, example);
  else if (duration <= 0) refuse('must be longer than zero', example);
  return duration ?? 0;
}).meta({ type: 'duration' });

/** A duration of at least so much. */
export const durationAtLeast = (least: Milliseconds) =>
  parsed((value, refuse): Milliseconds => {
    const duration = read(value);
    if (duration === undefined) refuse(`must be a duration, not ${shown(value)}`, example);
    else if (duration < least) refuse(`must be at least ${formatDuration(least)}`, example);
    return duration ?? 0;
  }).meta({ type: 'duration' });
