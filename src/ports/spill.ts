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
