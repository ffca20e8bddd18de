import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { adfpush, type Running } from './adfpush.js';
import type { PlainHost } from './host/plain-host.js';
import type { Machines } from './machines.js';

const reports = ['events.ndjson', 'junit.xml'] as const;
const [events, junit] = reports;

/** One host of the inventory, in the words of `source: static`. */
export interface Entry {
  readonly groups: readonly string[];
  readonly vars?: Readonly<Record<string, unknown>>;
}

/** A project of its own for the plain hosts: a copy of the files of a folder, if any, and what says how hosts are reached. */
export class PlainProject {
  readonly folder = mkdtempSync(join(tmpdir(), 'adfpush-project-'));

  constructor(
    private readonly machines: Machines,
    files?: string,
  ) {
    if (files !== undefined) cpSync(files, this.folder, { recursive: true });
    const { user, keyFile, knownHostsFile } = machines;
    this.write('adfpush.yml', {
      name: 'plain',
      ssh: { config_file: 'none', user, identity_file: keyFile, known_hosts_file: knownHostsFile },
    });
  }

  /** Writes the environment `test`: its hosts, and variables of all of them. */
  inventory(hosts: ReadonlyMap<PlainHost, Entry>, vars: Readonly<Record<string, unknown>> = {}): void {
    const entries = [...hosts].map(([{ name, address }, entry]) => [name, { address, ...entry }] as const);
    this.write('inventory/test.yml', { source: 'static', hosts: Object.fromEntries(entries), vars });
  }

  /** A file of the project. YAML holds all of JSON, so that is what it is written as. */
  write(file: string, content: unknown): void {
    const path = join(this.folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`);
  }

  /** The text of a file of the project; empty when there is none. */
  read(file: string): string {
    const path = join(this.folder, file);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  /** What the runs wrote to their reports. */
  reports(): readonly string[] {
    return reports.map((file) => this.read(file));
  }

  /** Starts `adfpush run PLAYBOOK` for the environment `test`. */
  run(playbook: string, ...args: readonly string[]): Running {
    // One compile cache for all projects, as a user has one.
    const cache = join(dirname(this.machines.keyFile), 'cache');
    return adfpush(
      this.folder,
      { XDG_CACHE_HOME: cache },
      ...['run', playbook, '--env', 'test', '--json'],
      ...['--events', events, '--junit', junit],
      ...args,
    );
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
