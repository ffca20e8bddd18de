import { sha256 } from '../model/sha256.js';
import { z } from 'zod';
import { hostHoldKinds } from '../model/hold.js';
import type { HoldId, RunId } from '../model/ids.js';
import type { HeldOnHost, HoldsOfHost } from '../ports/host-holds.js';
import type { EngineClient } from './engine-client.js';
import { parseJson } from './json.js';

/** The label whose value is the hold, as JSON. */
const holdLabel = 'adfpush.hold';

const notFound = 404;

/**
 * The holds on a host as empty volumes of its Docker Engine, in their labels: the Engine syncs them to its disk, they survive a reboot, and
 * only who may command the Engine, and so could do anything else there, can write them.
 */
export class EngineHolds implements HoldsOfHost {
  constructor(private readonly client: EngineClient) {}

  async keep(held: HeldOnHost): Promise<void> {
    const body = { Name: volumeOf(held.run, held.hold.id), Labels: { [holdLabel]: JSON.stringify(held) } };
    await this.client.call({ method: 'POST', path: '/volumes/create', body });
  }

  async forget(run: RunId, hold: HoldId): Promise<void> {
    const path = `/volumes/${encodeURIComponent(volumeOf(run, hold))}`;
    await this.client.call({ method: 'DELETE', path, query: { force: '1' } }, [notFound]);
  }

  async list(): Promise<readonly HeldOnHost[]> {
    const query = { filters: JSON.stringify({ label: [holdLabel] }) };
    const { Volumes } = await this.client.read(volumesAnswer, { method: 'GET', path: '/volumes', query });
    return (Volumes ?? []).flatMap(({ Labels }) => {
      const held = parseJson(Labels?.[holdLabel] ?? '');
      return isHeld(held) ? [held] : [];
    });
  }
}

/** Volume names are short, and of few characters: an id, of a group, a host and a number, is neither. */
const volumeOf = (run: RunId, hold: HoldId): string => `adfpush-hold-${run}-${sha256(hold).slice(0, 16)}`;

const volumesAnswer = z.object({
  Volumes: z.array(z.object({ Labels: z.record(z.string(), z.string()).nullish() })).nullish(),
});

const shape = z.looseObject({
  run: z.string(),
  environment: z.string(),
  hold: z.looseObject({ id: z.string(), host: z.string(), kind: z.enum(hostHoldKinds) }),
});

/** Looks at what every hold has; the rest was written by `keep` from a typed one. */
const isHeld = (value: unknown): value is HeldOnHost => shape.safeParse(value).success;
