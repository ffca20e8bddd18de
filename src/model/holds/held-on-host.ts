import { z } from 'zod';
import type { EpochMilliseconds } from '../duration.js';
import { hostHoldKinds, type Hold } from '../hold.js';
import type { EnvironmentName, HoldId, RunId } from '../ids.js';
import type { GroupRecord } from '../run-record.js';
import { sha256 } from '../sha256.js';

/** A hold as its host keeps it: with what restoring needs besides it. */
export interface HeldOnHost {
  readonly run: RunId;
  readonly verb: string;
  readonly environment: EnvironmentName;
  readonly owner: { readonly who: string; readonly link?: string };
  readonly at: EpochMilliseconds;
  /** Absent in a run that is not about a group. */
  readonly group?: GroupRecord;
  readonly hold: Hold;
}

/** What a kept hold is called on its host. Ids are too long for it, and have characters that names of volumes and files may not have. */
export const heldName = (run: RunId, hold: HoldId): string =>
  `adfpush-hold-${run}-${sha256(hold).slice(0, 16)}`;

const shape = z.looseObject({
  run: z.string(),
  environment: z.string(),
  hold: z.looseObject({ id: z.string(), host: z.string(), kind: z.enum(hostHoldKinds) }),
});

/** Undefined for what is no hold. Looks at what every hold has; the rest was written from a typed one. */
export function readHeld(text: string): HeldOnHost | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isHeld(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isHeld = (value: unknown): value is HeldOnHost => shape.safeParse(value).success;
