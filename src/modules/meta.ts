import { z } from 'zod';
import type { ReadingModule } from './module.js';

const actions = z.enum(['flush_handlers', 'end_host', 'end_batch', 'end_play', 'noop']);

/** What a turn can be asked to do. */
export type MetaAction = z.infer<typeof actions>;

const schema = z.strictObject({
  /** `flush_handlers` runs what was notified; `end_host`, `end_batch` and `end_play` end the play for the host, `end_play` with no further batch. */
  action: actions,
});

/** Steers the turn that it stands in; the engine does it. As in Ansible it is no task that is counted. */
export const meta: ReadingModule<z.infer<typeof schema>> = {
  name: 'meta',
  freeform: 'action',
  schema,
  read: async ({ action }) => Promise.resolve({ changed: false, values: { action } }),
};

/** What a task of this module asked of its turn, by what it registered. */
export const metaAction = (registered: unknown): MetaAction | undefined =>
  z.object({ action: actions }).safeParse(registered).data?.action;
