import type { EventHost } from '../events/event.js';
import type { Layer } from '../expression/scope.js';
import type { Host } from '../model/host.js';
import type { Place } from '../model/source.js';
import { HostKnowledge, HostTarget, type HostGroup } from './host-target.js';
import { HostVariables } from './host-variables.js';
import type { Run } from './run.js';

export type { HostGroup } from './host-target.js';
export type { SettingsOfHost } from './host-variables.js';

/**
 * One host's part in a run: the target that is acted on, and the variables that its tasks are rendered with. These are apart, since a task
 * may act on another target with this host's variables.
 */
export class HostSession {
  readonly variables: HostVariables;
  /** Tasks that run before the containers are replaced, and what each may put on the host. */
  readonly makers: Maker[] = [];
  #target: HostTarget;

  constructor(host: Host, group: HostGroup | undefined, layers: readonly Layer[], run: Run) {
    this.variables = new HostVariables(layers);
    if (layers.length > 0) run.hostVariables.set(host.id, this.variables);
    const known = new HostKnowledge((message) =>
      run.bus.emit({ type: 'warning', host: { id: host.id, name: host.name }, message }),
    );
    this.#target = new HostTarget(host, group, run, known);
  }

  /** The host while nothing is done on it; `during` gives it for an activity. */
  get target(): HostTarget {
    return this.#target;
  }

  /** From the next play on the host is seen as one of this group. */
  seeIn(group: HostGroup): void {
    const { host, run, known } = this.#target;
    this.#target = new HostTarget(host, group, run, known);
  }

  get host(): Host {
    return this.target.host;
  }

  get group(): HostGroup | undefined {
    return this.target.group;
  }

  get run(): Run {
    return this.target.run;
  }

  get known(): HostKnowledge {
    return this.target.known;
  }

  get eventHost(): EventHost {
    return this.target.eventHost;
  }
}

/** A task that may put something on a host. */
export interface Maker {
  readonly task: string;
  readonly at: Place;
  readonly mayMake: (path: string) => boolean;
}
