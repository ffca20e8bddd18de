import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Exit, RunningProcess } from './running-process.js';

/** A shell command on this machine, leader of its own process group. */
export class LocalProcess implements RunningProcess {
  readonly stdin;
  readonly stdout;
  readonly stderr;
  readonly exited: Promise<Exit>;
  readonly closed: Promise<void>;
  readonly #child: ChildProcessWithoutNullStreams;

  constructor(line: string) {
    const child = spawn('/bin/sh', ['-c', line], { detached: true });
    this.#child = child;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    this.stderr = child.stderr;
    this.exited = new Promise((resolve) => {
      // Without /bin/sh there is no shell: what a shell says of a command that is not there.
      child.once('error', () => resolve({ kind: 'exited', code: 127 }));
      child.once('exit', (code, signal) => {
        resolve(
          code === null ? { kind: 'signalled', signal: signal ?? 'unknown' } : { kind: 'exited', code },
        );
      });
    });
    this.closed = new Promise((resolve) => child.once('close', () => resolve()));
    // It may end without reading all of its input, which is its own affair.
    child.stdin.on('error', () => undefined);
  }

  /** Signals it and its children. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, name);
    } catch {
      // The whole group is gone already.
    }
  }

  close(): void {
    this.stdin.destroy();
    this.stdout.destroy();
    this.stderr.destroy();
  }
}
