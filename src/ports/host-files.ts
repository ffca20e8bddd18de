import type { Host } from '../model/host.js';

/** The files of one host. Paths are absolute on the host, or relative to the login user's home. */
export interface HostFiles {
  readonly host: Host;
  /** What is there, links not followed; undefined when nothing is. Throws `file.*` and the transport's errors. */
  stat(path: string): Promise<FileStat | undefined>;
  /** The whole content. Throws `file.too_large` beyond `limit` bytes, `file.not_found`. */
  read(path: string, limit: number): Promise<Uint8Array>;
  /** Hands on the content piece by piece, and checks its sha256 at the end. */
  fetch(path: string, take: (chunk: Uint8Array) => Promise<void>): Promise<void>;
  /**
   * Puts a whole file in place of what was there, in one step: whoever looks sees the old content or the new. The temporary is in the
   * target's own folder; what an interrupted write left there is cleaned by the next. Throws `file.*`.
   */
  write(path: string, content: FileContent, attributes: FileAttributes): Promise<void>;
  /** Makes a folder, a link or an empty file, or removes what is there, so that it is as wanted. */
  shape(path: string, wanted: FileShape, attributes: FileAttributes): Promise<void>;
}

export interface FileContent {
  readonly bytes: Uint8Array | AsyncIterable<Uint8Array>;
  readonly size: number;
  /** In hex. */
  readonly sha256: string;
}

/** Absent attributes stay as they are, or are the umask's and the user's for what is new. */
export interface FileAttributes {
  /** Permission bits, `0o644`. */
  readonly mode?: number;
  readonly owner?: string;
  readonly group?: string;
}

export type FileShape =
  | { readonly kind: 'directory' }
  | { readonly kind: 'file' }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'absent' };

export interface FileStat {
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  /** Bytes. */
  readonly size: number;
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
  /** Of files, in hex. */
  readonly sha256?: string;
  /** Of links. */
  readonly target?: string;
}
