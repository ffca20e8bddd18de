import type { EnvironmentName } from './ids.js';

/** What is in a playbook, and for which hosts it is: what `run --list-hosts`, `--list-tasks` and `--list-tags` show. */
export interface PlaybookListing {
  readonly playbook: string;
  readonly environment: EnvironmentName;
  readonly plays: readonly {
    readonly name: string;
    /** The names of its hosts, in the inventory's order. */
    readonly hosts: readonly string[];
    /** Those that the tags select, in the order of the file, without handlers. */
    readonly tasks: readonly { readonly name: string; readonly tags: readonly string[] }[];
  }[];
}
