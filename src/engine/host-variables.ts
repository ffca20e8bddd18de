import type { Layer } from '../expression/scope.js';
import type { ContainerTemplate } from '../model/container.js';

/** What the project says of one host, and the variables that it is rendered with. */
export interface SettingsOfHost {
  readonly containers: readonly ContainerTemplate[];
  readonly layers: readonly Layer[];
}

/** What one host's templates and conditions are rendered with, outside any play. */
export class HostVariables {
  #facts: Layer = { name: 'set_fact and register', values: {}, literal: true };

  constructor(
    /** Everything below the play's own variables, the lowest first. */
    readonly layers: readonly Layer[],
  ) {}

  /** What `register` and `set_fact` kept. */
  get facts(): Layer {
    return this.#facts;
  }

  remember(values: Readonly<Record<string, unknown>>): void {
    this.#facts = { ...this.#facts, values: { ...this.#facts.values, ...values } };
  }
}
