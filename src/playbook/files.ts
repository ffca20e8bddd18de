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
   * Throws `playbook.not_found`, `playbook.import_cycle` (at the place that closes the cycle), and what is wrong with the file's YAML
   * (`config.*`).
   */
  async open(path: string, from?: Import): Promise<OpenFile> {
    if (from === undefined) return { document: await this.#read(path) };
    const whole = posix.join(posix.dirname(from.by.document.file), path);
    const way = wayTo(from.by);
    if (way.includes(whole)) throw importCycle([...way.slice(way.indexOf(whole)), whole], from.place);
    return { document: await this.#read(whole, from.place), from };
  }

  async #read(path: string, place?: ErrorPlace): Promise<PlaybookDocument> {
    const reading = this.#documents.get(path) ?? this.#parse(path);
    this.#documents.set(path, reading);
    const document = await reading;
    if (document === undefined) throw playbookNotFound(path, place);
    return document;
  }

  async #parse(path: string): Promise<PlaybookDocument | undefined> {
    const text = await this.files.read(path);
    return text === undefined ? undefined : new PlaybookDocument(path, text, this.diagnostics);
  }
}

/** The files from the playbook to this one. */
const wayTo = ({ document, from }: OpenFile): readonly string[] => [
  ...(from === undefined ? [] : wayTo(from.by)),
  document.file,
];
