import { Diagnostics } from '../errors/diagnostics.js';
import type { ProjectFiles } from '../ports/project-files.js';
import { PlaybookFiles } from './files.js';
import type { ModulesByName } from '../modules/module.js';
import type { Handler, Position } from './playbook.js';

/** Counts the tasks of a play, or of what is included. */
export class Numbering {
  #next = 0;

  constructor(private readonly above: Position) {}

  next(): { readonly index: number; readonly position: Position } {
    const index = this.#next++;
    return { index, position: [...this.above, index] };
  }
}

/** The handlers of the roles that are met. */
export class RoleHandlers {
  readonly #roles = new Set<string>();
  #handlers: Handler[] = [];

  /** Roles that count as the same, by their key, bring theirs once. */
  async add(role: string, read: () => Promise<readonly Handler[]>): Promise<void> {
    if (this.#roles.has(role)) return;
    this.#roles.add(role);
    this.#handlers.push(...(await read()));
  }

  /** Those that were met since the last time. */
  take(): readonly Handler[] {
    return this.#handlers.splice(0);
  }
}

/** What all files of a playbook are read with. */
export interface PlaybookReading {
  readonly files: ProjectFiles;
  readonly modules: ModulesByName;
  /** All that is wrong. */
  readonly diagnostics: Diagnostics;
  readonly graph: PlaybookFiles;
}

/** What the files of one play are read with. */
export interface Reading extends PlaybookReading {
  /** The file that the play stands in. */
  readonly playbook: string;
  readonly numbering: Numbering;
  readonly handlers: RoleHandlers;
}

/** For what an include brings in: its tasks are numbered by themselves. */
export const withinInclude = (reading: Reading): Reading => ({ ...reading, numbering: new Numbering([]) });

/** The same while the playbook runs: with mistakes of its own, and with handlers that the play does not know. */
export function whileRunning(reading: Reading): Reading {
  const diagnostics = new Diagnostics();
  const graph = new PlaybookFiles(reading.files, diagnostics);
  return { ...withinInclude(reading), diagnostics, graph, handlers: new RoleHandlers() };
}
