import { dockerAt } from './engine/engine.js';
import { PlainHost } from './host/plain-host.js';
import type { Machines } from './machines.js';

/** The hosts `d1`, `d2` and `d3`. */
export function plainHostsOf({ engine, plain }: Machines): readonly PlainHost[] {
  const docker = dockerAt(engine);
  return plain.map(
    ({ container, address }, n) =>
      new PlainHost(`d${String(n + 1)}`, address, docker.getContainer(container)),
  );
}
