import type { Host } from '../model/host.js';
import { localHost, localName } from '../model/local-host.js';
import type { HostSession } from './host-session.js';
import { HostKnowledge, HostTarget } from './host-target.js';
import type { Run } from './run.js';

/** The hosts that tasks of a run may be delegated to: all of its environment, and this machine. One that has turns of its own is known once. */
export class Delegates {
  readonly #targets = new Map<Host['id'], HostTarget>();
  #run: Run | undefined;

  constructor(private readonly inventory: { readonly hosts: readonly Host[] }) {}

  /** Once the hosts that have turns of their own are known, and again when others join. */
  open(run: Run, sessions: readonly HostSession[]): void {
    this.#run = run;
    for (const { host, target } of sessions) this.#targets.set(host.id, target);
  }

  /** By its name or its id. Undefined when there is none. */
  readonly targetOf = (name: string): HostTarget | undefined => {
    const run = this.#run;
    if (run === undefined) return undefined;
    const listed = this.inventory.hosts.find((host) => host.name === name || host.id === name);
    const host = listed ?? (name === localName ? localHost(run.environment) : undefined);
    if (host === undefined) return undefined;
    const known = this.#targets.get(host.id) ?? targetIn(run, host);
    this.#targets.set(host.id, known);
    return known;
  };
}

function targetIn(run: Run, host: Host): HostTarget {
  const { id, name } = host;
  const knowledge = new HostKnowledge((message) =>
    run.bus.emit({ type: 'warning', host: { id, name }, message }),
  );
  return new HostTarget(host, undefined, run, knowledge);
}
