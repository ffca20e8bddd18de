import { z } from 'zod';
import type { Ran } from './adfpush.js';

const resultSchema = z.object({ hosts: z.array(z.object({ name: z.string(), changed: z.int() })) });

/** How many tasks changed each host, as the result document of a run says. */
export const changedOn = ({ stdout }: Ran): Readonly<Record<string, number>> =>
  Object.fromEntries(
    resultSchema.parse(JSON.parse(stdout)).hosts.map(({ name, changed }) => [name, changed]),
  );
