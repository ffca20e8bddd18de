import { z } from 'zod';
import type { ReadingModule } from './module.js';

const actions = z.enum(['flush_handlers', 'end_host', 'end_batch', 'end_play', 'clear_host_errors', 'noop']);

/** What a turn can be asked to do. */
export type MetaAction = z.infer<typeof actions>;

const schema = z.strictObject({
  action: actions.describe(
    '`flush_handlers` runs what was notified; `end_host`, `end_batch` and `end_play` end the play for the host, `end_play` with no further batch; `clear_host_errors` has hosts that failed before it take part in the next plays again; `noop` does nothing',
  ),
});

/** Steers the turn that it stands in; the engine does it. As in Ansible it is no task that is counted. */
export const meta: ReadingModule<z.infer<typeof schema>> = {
  name: 'meta',
  docs: {
    summary: 'Steers the turn of the host that it stands in. It is not counted as a task.',
    examples: [
      `- name: run the handlers now
  meta: flush_handlers`,
      `- meta: end_host
  when: inventory_hostname == "api-1"`,
      `- name: try lost hosts again in the next play
  meta: clear_host_errors`,
    ],
  },
  freeform: 'action',
  schema,
  read: async ({ action }) => Promise.resolve({ changed: false, values: { action } }),
};

/** What a task of this module asked of its turn, by what it registered. */
export const metaAction = (registered: unknown): MetaAction | undefined =>
  z.object({ action: actions }).safeParse(registered).data?.action;
