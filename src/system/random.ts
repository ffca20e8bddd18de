import { randomInt } from 'node:crypto';
import type { Random } from '../ports/random.js';

const steps = 2 ** 47;

/** The machine's randomness. */
export const systemRandom: Random = { next: () => randomInt(steps) / steps };
