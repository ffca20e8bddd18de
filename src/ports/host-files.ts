import type { Host } from '../model/host.js';

/** Reaches the files of hosts. */
export interface FilesOfHosts {
  on(host: Host, access: FileAccess): HostFiles;
}

/** The user that reads and writes, and the time limit. */
export interface FileAccess {
  /** Through sudo. */
  readonly become: boolean;
  /** Whom `become` makes it; root when absent. */
  readonly becomeUser?: string;
  readonly signal?: AbortSignal;
  /** For the programs that fill a file: where a proxy is. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * The files of one host. Paths are absolute on the host, relative to the login user's home, or begin with `~/`, which is the home of
 * the user of the access. All methods throw `file.*`, and what the transport throws.
 */
export interface HostFiles {
  readonly host: Host;
  /** What is at these places, in their order, together. */
  look(places: readonly FilePlace[]): Promise<readonly FileLook[]>;
  /** The whole content, of what a link leads to as well. Undefined when it is more than `limit` bytes. Throws `file.not_found`. */
  read(path: string, limit: number): Promise<Uint8Array | undefined>;
  /**
   * Hands on the content piece by piece and tells its sha256, in hex; throws `file.changed_meanwhile` when the host's own sum, taken
   * after it, is another.
   */
  fetch(path: string, take: (chunk: Uint8Array) => Promise<void>): Promise<string>;
  /**
   * Puts a whole file in place of what was there, in one step: readers see the old content or the new, also after a crash. The
   * content goes to a temporary in the target's own folder, is compared with its sha256 there, gets its mode and owner, and is
   * synced; then it is renamed. What an interrupted write left beside the target is removed. Replaces a link, not what it leads to,
   * unless `follow` says so; hard links to the old file keep the old content.
   */
  write(path: string, content: FileContent | HostContent, options?: WriteOptions): Promise<WriteResult>;
  /**
   * Makes what is there as wanted. Links are put in place in one step. Throws `file.protected` for removing what holds somebody's home
   * or has something mounted in it, and `file.other_kind` where something of another kind is there and `force` does not say to replace it.
   */
  shape(path: string, wanted: FileShape, attributes?: FileAttributes): Promise<void>;
  /** Removes what interrupted writes to this path left behind; what a living one is at work on stays. */
  sweep(path: string): Promise<void>;
}

export interface FilePlace {
  readonly path: string;
  /** When the path ends in `/` or is a folder, the place is this name in it. */
  readonly into?: string;
  /** What a link leads to, instead of the link itself. */
  readonly follow?: boolean;
  /** Everything below a folder is looked at too. */
  readonly recurse?: boolean;
}

export interface FileLook {
  /** The place that was looked at, in the words of the question. */
  readonly path: string;
  /** Undefined when nothing is there. */
  readonly stat?: FileStat;
  /** Whether the folder that it is in is there. */
  readonly inFolder: boolean;
  /** Something of an interrupted write is beside it: `sweep` would remove it. */
  readonly litter: boolean;
  /** With `recurse`, all that is in the folder, itself left out. Links are not followed. */
  readonly below?: readonly Pick<FileStat, 'kind' | 'mode' | 'owner' | 'group' | 'uid' | 'gid'>[];
}

export interface FileStat {
  readonly kind: FileKind;
  /** Bytes. */
  readonly size: number;
  /** Permission bits with setuid, setgid and sticky: `0o4755`. */
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
  readonly uid: number;
  readonly gid: number;
  /** Of files that may be read, in hex. */
  readonly sha256?: string;
  /** Of links; bytes that are no UTF-8 read as U+FFFD. */
  readonly target?: string;
}

export type FileKind = 'file' | 'directory' | 'link' | 'other';

export interface FileContent {
  /** Begins anew with each call. */
  open(): Uint8Array | AsyncIterable<Uint8Array>;
  /** Bytes. */
  readonly size: number;
  /** In hex. */
  readonly sha256: string;
}

/** Content that a script of the host prints, and that never comes to the control side. Throws `file.content` when it fails. */
export interface HostContent {
  readonly script: string;
  /** The values that the script gives to programs as arguments. */
  readonly exposes: readonly string[];
}

/** Absent attributes stay as they are; what is new has those of the umask and the user. */
export interface FileAttributes {
  /** `0o644`, or in chmod's words: `u=rwX,g=rX,o=`. */
  readonly mode?: number | string;
  /** A name or a number. */
  readonly owner?: string;
  readonly group?: string;
  /** For all that is in a folder, too. */
  readonly recurse?: boolean;
}

export interface WriteOptions extends Omit<FileAttributes, 'recurse'> {
  readonly follow?: boolean;
  /** Keeps the old file beside the new, under a name with the time. */
  readonly backup?: boolean;
  /** A command that must succeed before the file is put in place; `%s` in its words is the temporary. Throws `file.not_valid`. */
  readonly validate?: readonly string[];
  /** The sha256 of what may be replaced, or `absent`: throws `file.overtaken` when something else is there. */
  readonly expected?: string;
  /** Bytes sent so far, now and then. */
  readonly onProgress?: (sent: number) => void;
}

export interface WriteResult {
  /** Where the old file is kept. */
  readonly backup?: string;
}

export type FileShape =
  /** With the folders above it. */
  | { readonly kind: 'directory' }
  /** An empty one where there is none; what is there keeps its content, and its times unless touched. */
  | { readonly kind: 'file'; readonly touch?: boolean }
  | { readonly kind: 'link'; readonly target: string; readonly force?: boolean }
  | { readonly kind: 'absent' }
  /** Whatever it is, only its attributes change. */
  | { readonly kind: 'present' };
