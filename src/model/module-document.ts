/** An argument of a module, as `adfpush module NAME --json` tells of it. */
export interface ArgumentDocument {
  readonly name: string;
  /** In words: `duration`, `list of ports`. */
  readonly type: string;
  /** As one would write it; absent when there is none. */
  readonly default?: string;
  readonly required: boolean;
  /** The texts that may be written, where it is a choice; else empty. */
  readonly choices: readonly string[];
  readonly description: string;
}

/** A module, as `adfpush module NAME --json` tells of it. */
export interface ModuleDocument {
  readonly name: string;
  readonly summary: string;
  /** What it may do to a host. */
  readonly effect: string;
  /** The same in a sentence. */
  readonly changes: string;
  /** What a dry run (`--check`) does with it. */
  readonly checkMode: string;
  /** The argument that a bare value stands for; absent when arguments must be a mapping. */
  readonly bareValue?: string;
  /** It takes names of the user's own as arguments. */
  readonly anyArguments: boolean;
  readonly arguments: readonly ArgumentDocument[];
  /** Tasks in YAML. */
  readonly examples: readonly string[];
}
