import type { Layer } from '../expression/scope.js';
import type { ContainerTemplate } from '../model/container.js';
import type { UnknownValue } from '../model/unknown.js';

/** What the project says of one host, and the variables that it is rendered with. */
export interface SettingsOfHost {
  readonly containers: readonly ContainerTemplate[];
  readonly layers: readonly Layer[];
}

/** What one host's templates and conditions are rendered with, outside any play. */
export class HostVariables {
  #facts: readonly Layer[] = [];

  /** While a playbook is checked: what its tasks would have kept by then, not known yet. Other hosts see it in `hostvars`. */
  foreseen: readonly Layer[] | undefined;

  constructor(
    /** Everything below the play's own variables, the lowest first. Replaced when a task adds to what is known of the host. */
    public layers: readonly Layer[],
  ) {}

  /** What `register`, `set_fact` and `include_vars` kept, in the order in which they ran. */
  get facts(): readonly Layer[] {
    return this.#facts;
  }

  /** From now on any name may have been set: by what would have been included, had it been known what that is. */
  mayHaveSet(otherwise: UnknownValue): void {
    this.#facts = [{ name: 'what was not known', values: {}, otherwise }, ...this.#facts];
  }

  remember(values: Readonly<Record<string, unknown>>): void {
    const last = this.#facts.at(-1);
    const own = last?.literal === true ? last : undefined;
    const below = own === undefined ? this.#facts : this.#facts.slice(0, -1);
    const name = 'set_fact and register';
    this.#facts = [...below, { name, values: { ...own?.values, ...values }, literal: true }];
  }

  /** Variables of a file, over all that was kept before. Kept anew, they take the place of the same file's. */
  include(layer: Layer): void {
    this.#facts = [
      ...this.#facts.filter(({ name, literal }) => literal === true || name !== layer.name),
      layer,
    ];
  }
}
