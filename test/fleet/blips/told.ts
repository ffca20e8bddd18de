import { existsSync, openSync, readdirSync, readSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** One line of the event stream, or one record of the journal. */
export interface Told {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** How often the files are looked at, ms. */
const glance = 5;

/** Follows what a run says while it says it: its events, and the records of its journal. */
export class Telling {
  readonly #files = new Map<string, { at: number; rest: string }>();
  readonly #known: ReadonlySet<string>;
  readonly #following: Promise<void>;
  #ended = false;

  /** From now on: journals that are there already are of other runs. */
  constructor(
    private readonly events: string,
    private readonly journals: string,
    private readonly hear: (told: Told) => void,
  ) {
    this.#known = new Set(journalsIn(journals));
    this.#following = this.#follow();
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#following;
  }

  async #follow(): Promise<void> {
    while (!this.#ended) {
      this.#look();
      await pause(glance);
    }
    this.#look();
  }

  #look(): void {
    const journals = journalsIn(this.journals).filter((file) => !this.#known.has(file));
    for (const file of [this.events, ...journals]) {
      for (const line of this.#newLines(file)) this.hear(JSON.parse(line) as Told);
    }
  }

  #newLines(file: string): readonly string[] {
    if (!existsSync(file)) return [];
    const from = this.#files.get(file) ?? { at: 0, rest: '' };
    const fresh = readFrom(file, from.at);
    const lines = (from.rest + fresh.toString()).split('\n');
    this.#files.set(file, { at: from.at + fresh.length, rest: lines.pop() ?? '' });
    return lines;
  }
}

function journalsIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

function readFrom(file: string, at: number): Buffer {
  const handle = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(1 << 20);
    return bytes.subarray(0, readSync(handle, bytes, 0, bytes.length, at));
  } finally {
    closeSync(handle);
  }
}
