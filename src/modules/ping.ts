import { z } from 'zod';
import { commandFailed } from '../errors/modules.js';
import { succeeded } from '../ports/transport.js';
import type { ReadingModule } from './module.js';

const schema = z.strictObject({
  data: z.string().default('pong').describe('What comes back as `ping`.'),
});

/** A round trip: through the connection, the shell and, with `become`, sudo. */
export const ping: ReadingModule<z.infer<typeof schema>> = {
  name: 'ping',
  freeform: 'data',
  schema,
  docs: {
    summary: 'Makes one round trip to the host, and says as which user commands run there.',
    examples: ['- ping:\n  register: answer\n  become: true'],
  },

  async read({ data }, host) {
    const begun = host.clock.elapsed();
    const result = await host.run({ argv: ['id', '-un'] });
    if (!succeeded(result)) throw commandFailed(host.host, result.outcome, result.stderr);
    const user = result.stdout.trim();
    const duration = host.clock.elapsed() - begun;
    return {
      changed: false,
      message: `${data}, as ${user}`,
      values: { ping: data, user, duration_ms: duration },
    };
  },
};
