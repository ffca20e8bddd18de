/** What a playbook must know of the modules to be read: their names, and what they may be given. */
export interface ModuleDirectory {
  readonly names: readonly string[];
  get(name: string): ModuleWords | undefined;
}

export interface ModuleWords {
  /** The argument that a bare value stands for: `shell: echo hi`. Without it, arguments must be a mapping. */
  readonly freeform?: string;
  /** The names of its arguments; empty when it takes any. */
  readonly arguments: readonly string[];
}
