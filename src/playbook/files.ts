import { posix } from 'node:path';
import type { Diagnostics } from '../errors/diagnostics.js';
import type { ErrorPlace } from '../errors/adf-error.js';
import { importCycle, playbookNotFound } from '../errors/playbook.js';
import type { ProjectFiles } from '../ports/project-files.js';
import { PlaybookDocument } from './document.js';

/** Where a file is imported, and by which file, which may be imported itself. */
export interface Import {
  readonly place: ErrorPlace;
  readonly by: OpenFile;
  /** It is included while the playbook runs, so that a way back to where it began may end: its conditions decide. */
  readonly isInclude?: boolean;
}

/** A file of a playbook, with the way that led to it. */
export interface OpenFile {
  readonly document: PlaybookDocument;
  /** Absent for the playbook itself. */
  readonly from?: Import;
}

/** The graph of a playbook's files: each is read and parsed once, however often it is imported. */
export class PlaybookFiles {
  readonly #documents = new Map<string, Promise<PlaybookDocument | undefined>>();

  constructor(
    private readonly files: ProjectFiles,
    private readonly diagnostics: Diagnostics,
  ) {}

  /**
   * A playbook, whose path is relative to the file that imports it. Throws `playbook.not_found`, `playbook.import_cycle` (at the place that
   * closes the cycle), and what is wrong with the file's YAML (`config.*`).
   */
  async open(path: string, from?: Import): Promise<OpenFile> {
    const whole = from === undefined ? path : beside(from.by, path);
    const file = await this.openFirst([whole], from);
    if (file === undefined) throw playbookNotFound(whole, from?.place);
    return file;
  }

  /** The first of these files that is there; undefined when none is. Throws as `open` does. */
  async openFirst(paths: readonly string[], from?: Import): Promise<OpenFile | undefined> {
    for (const path of paths) {
      const document = await this.#read(path);
      if (document === undefined) continue;
      if (from === undefined) return { document };
      refuseCycle(path, from);
      return { document, from };
    }
    return undefined;
  }

  #read(path: string): Promise<PlaybookDocument | undefined> {
    const reading = this.#documents.get(path) ?? this.#parse(path);
    this.#documents.set(path, reading);
    return reading;
  }

  async #parse(path: string): Promise<PlaybookDocument | undefined> {
    const text = await this.files.read(path);
    return text === undefined ? undefined : new PlaybookDocument(path, text, this.diagnostics);
  }
}

/** A path that a file names, which is relative to its folder. */
export const beside = ({ document }: Pick<OpenFile, 'document'>, path: string): string =>
  within(posix.dirname(document.file), path);

/** A path in a folder; one that is absolute stays as it is. */
export const within = (folder: string, path: string): string =>
  path.startsWith('/') ? posix.normalize(path) : posix.join(folder, path);

/** Whether a file is read on the way to this one, or is this one. */
export const isOnWay = ({ document, from }: OpenFile, path: string): boolean =>
  document.file === path || (from !== undefined && isOnWay(from.by, path));

function refuseCycle(path: string, from: Import): void {
  if (from.isInclude === true) return;
  const way = wayTo(from.by);
  if (way.includes(path)) throw importCycle([...way.slice(way.indexOf(path)), path], from.place);
}

/** The files to this one, from the playbook or from the last one that was included. */
const wayTo = ({ document, from }: OpenFile): readonly string[] => [
  ...(from === undefined || from.isInclude === true ? [] : wayTo(from.by)),
  document.file,
];
