import pLimit from 'p-limit';
import type { Run } from '../engine/index.js';
import { errorsOf, type AdfError } from '../errors/adf-error.js';
import type { ObservedContainer } from '../model/container.js';
import type { Host } from '../model/host.js';

/** The containers of each host that answers, in the order in which they did; and why the others did not. */
export async function containersOn(
  hosts: readonly Host[],
  { ports: { transport, runtime }, forks, stop }: Run,
): Promise<{
  readonly found: readonly (readonly ObservedContainer[])[];
  readonly errors: readonly AdfError[];
}> {
  const limit = pLimit(Math.max(1, forks));
  const found: (readonly ObservedContainer[])[] = [];
  const errors: AdfError[] = [];
  await Promise.all(
    hosts.map((host) =>
      limit(async () => {
        try {
          await transport.connect(host, stop.signal);
          found.push(await runtime.on(host).list());
        } catch (error) {
          errors.push(errorsOf(error)[0]);
        }
      }),
    ),
  );
  stop.signal.throwIfAborted();
  return { found, errors };
}
