import { z } from 'zod';
import type { Engine } from './engine.js';
import { EngineFault } from './fault.js';
import { bodyOf, flag, route, type Route } from './router.js';

/** A volume: the lab's apps keep no data, so that it is its name and labels. */
export interface Volume {
  readonly Name: string;
  readonly Driver: string;
  readonly Mountpoint: string;
  readonly CreatedAt: string;
  readonly Scope: string;
  readonly Options: null;
  readonly Labels: Readonly<Record<string, string>>;
}

const created = z.object({
  Name: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/),
  Labels: z.record(z.string(), z.string()).nullish(),
});
const filters = z.object({ label: z.array(z.string()).default([]) });

/** What the Engine API does with volumes. Creating one that is there gives that one, with the labels it has. */
export function volumeRoutes({ volumes }: Engine): readonly Route[] {
  return [
    route('GET', '/volumes', ({ query }) => {
      const { label } = filters.parse(JSON.parse(query.get('filters') ?? '{}'));
      const listed = [...volumes.values()].filter(({ Labels }) => label.every((name) => name in Labels));
      return { status: 200, body: { Volumes: listed, Warnings: null } };
    }),
    route('POST', '/volumes/create', async (call) => {
      const wanted = created.safeParse(await bodyOf(call));
      if (!wanted.success) throw new EngineFault(400, z.prettifyError(wanted.error));
      const { Name, Labels } = wanted.data;
      const volume = volumes.get(Name) ?? {
        Name,
        Driver: 'local',
        Mountpoint: `/var/lib/docker/volumes/${Name}/_data`,
        CreatedAt: new Date().toISOString(),
        Scope: 'local',
        Options: null,
        Labels: Labels ?? {},
      };
      volumes.set(Name, volume);
      return { status: 201, body: volume };
    }),
    route('DELETE', '/volumes/{name}', ({ parameters, query }) => {
      const name = parameters['name'] ?? '';
      if (!volumes.delete(name) && !flag(query, 'force')) {
        throw new EngineFault(404, `get ${name}: no such volume`);
      }
      return { status: 204 };
    }),
  ];
}
