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

/** A file that nobody sees under its name before it is whole. Ends with `commit` or `discard`. */
export interface NewProjectFile {
  write(chunk: Uint8Array): Promise<void>;
  /** Puts it in place of what was there, in one step. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}
