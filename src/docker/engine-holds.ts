import { z } from 'zod';
import { heldName, readHeld, type HeldOnHost } from '../model/holds/held-on-host.js';
import type { HoldId, RunId } from '../model/ids.js';
import type { HoldsOfHost } from '../ports/host-holds.js';
import type { EngineClient } from './engine-client.js';

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
    const body = { Name: heldName(held.run, held.hold.id), Labels: { [holdLabel]: JSON.stringify(held) } };
    await this.client.call({ method: 'POST', path: '/volumes/create', body });
  }

  async forget(run: RunId, hold: HoldId): Promise<void> {
    const path = `/volumes/${encodeURIComponent(heldName(run, hold))}`;
    await this.client.call({ method: 'DELETE', path, query: { force: '1' } }, [notFound]);
  }

  async list(): Promise<readonly HeldOnHost[]> {
    const query = { filters: JSON.stringify({ label: [holdLabel] }) };
    const { Volumes } = await this.client.read(volumesAnswer, { method: 'GET', path: '/volumes', query });
    return (Volumes ?? []).flatMap(({ Labels }) => readHeld(Labels?.[holdLabel] ?? '') ?? []);
  }
}

const volumesAnswer = z.object({
  Volumes: z.array(z.object({ Labels: z.record(z.string(), z.string()).nullish() })).nullish(),
});
