import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { atEnd } from '../stages/at-end.js';
import { isRunning } from '../stages/processes.js';
import { until } from '../stages/until.js';

/** A build step: a shell, and all that it starts. */
export class ProcessTree {
  stdout = '';
  stderr = '';
  readonly #root: ChildProcess;
  readonly #ended: Promise<number | undefined>;

  constructor(script: string, cwd: string, env: Readonly<Record<string, string>>) {
    this.#root = spawn('/bin/sh', ['-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#root.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.#root.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.#ended = new Promise((resolve) => this.#root.once('close', (code) => resolve(code ?? undefined)));
    atEnd(async () => {
      if (this.#root.exitCode === null && this.#root.signalCode === null) await this.abort(0);
    });
  }

  /** The shell's exit code, once all that it started let go of its output. */
  get ended(): Promise<number | undefined> {
    return this.#ended;
  }

  /** All of it that live, children before their parents. */
  members(): readonly number[] {
    const parents = parentsOfAll();
    const members: number[] = [];
    const add = (pid: number): void => {
      for (const [child, parent] of parents) if (parent === pid) add(child);
      members.push(pid);
    };
    if (this.#root.pid !== undefined) add(this.#root.pid);
    return members.filter(isRunning);
  }

  /**
   * As Jenkins ends a build step: SIGTERM to all of the tree, children first, then SIGKILL to what is left. Jenkins kills after about 5
   * seconds; here it is after `patience` milliseconds, or as soon as `enough` says so, so that a busy machine changes nothing. Gives how
   * many had to be killed.
   */
  async abort(patience: number, enough = (): boolean => false): Promise<{ readonly killed: number }> {
    const members = this.members();
    for (const pid of members) signal(pid, 'SIGTERM');
    await until(() => enough() || !members.some(isRunning), patience).catch(() => undefined);
    const left = members.filter(isRunning);
    for (const pid of left) signal(pid, 'SIGKILL');
    await until(() => !members.some(isRunning));
    return { killed: left.length };
  }
}

/** One that has ended meanwhile needs no signal. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function parentsOfAll(): ReadonlyMap<number, number> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return new Map(
    pids.flatMap((pid): readonly (readonly [number, number])[] => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        return [[Number(pid), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])]];
      } catch {
        // It ended meanwhile.
        return [];
      }
    }),
  );
}
