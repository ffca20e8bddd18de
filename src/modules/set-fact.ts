import type { z } from 'zod';
import { variablesSchema as schema } from '../model/schema/variables.js';
import type { ReadingModule } from './module.js';

/** Sets variables of the host for the rest of the run. */
export const setFact: ReadingModule<z.infer<typeof schema>> = {
  name: 'set_fact',
  docs: {
    summary:
      'Sets variables of the host for the rest of the run. Each argument is the name of a variable and its value.',
    examples: [
      `- set_fact:
    app_home: /srv/{{ inventory_hostname }}
    is_canary: true`,
    ],
  },
  setsFacts: true,
  schema,
  read: async (facts) =>
    Promise.resolve({ changed: false, message: Object.keys(facts).join(', '), values: facts, facts }),
};
