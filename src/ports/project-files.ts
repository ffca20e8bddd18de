/** Where the output of commands goes that is too much for memory: files on the control side. */
export interface SpillStore {
  /** `name` says whose output it is. Nothing is made before the first byte. */
  open(run: string, name: string): Spill;
}

export interface Spill {
  /** A promise when no more should come until it resolves. Never rejects: a disk that is full must not end a command on a host. */
  write(chunk: Uint8Array): void | Promise<void>;
  /** Undefined when nothing was to be written. */
  end(): Promise<SpilledOutput | undefined>;
}

export interface SpilledOutput {
  readonly path: string;
  /** Why the file does not hold all of it; absent when it does. */
  readonly incomplete?: string;
}

/** The files of a project on the control side. Paths are relative to the project's root, or absolute. */
export interface ProjectFiles {
  /** UTF-8 text; undefined when there is no such file. */
  read(path: string): Promise<string | undefined>;
  /** Names in a folder, sorted; empty when there is no such folder. */
  list(path: string): Promise<readonly string[]>;
  /** What is there, or what a link there leads to; undefined when nothing is. */
  stat(path: string): Promise<ProjectEntry | undefined>;
  /** The content piece by piece, however large. Throws while it is read when there is no such file. */
  stream(path: string): AsyncIterable<Uint8Array>;
  /** Size in bytes and sha256 in hex, taken once for all hosts while the file stays as it is. Throws when there is none. */
  digest(path: string): Promise<FileDigest>;
  /** Begins a file, and makes the folders above it. */
  create(path: string): Promise<NewProjectFile>;
}

export interface ProjectEntry {
  readonly kind: 'file' | 'directory' | 'other';
  /** Bytes. */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
}

export interface FileDigest {
  readonly size: number;
  readonly sha256: string;
}

/** A file that appears under its name only when it is whole. Ends with `commit` or `discard`. */
export interface NewProjectFile {
  write(chunk: Uint8Array): Promise<void>;
  /** Puts it in place of what was there, in one step. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}
