import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { programFile } from '../../program-files.js';
import type { Address } from '../listen.js';
import type { LogStream } from './log-buffer.js';

/** How a process ended, as Docker counts: 128 and the signal's number when a signal ended it. */
export type OnExit = (exitCode: number) => void;

const appFile = programFile('lab/app');

/** What runs in a container of the lab: the lab's app, as a process of its own. */
export class AppProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when it runs. Nothing of the lab's own environment is handed on. */
  static start(
    environment: Readonly<Record<string, string>>,
    listenOn: readonly Address[],
    onOutput: (stream: LogStream, text: string) => void,
    onExit: OnExit,
  ): Promise<AppProcess> {
    // A group of its own, so that Ctrl-C on the terminal is not for it; it ends when its stdin does, with the lab.
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', appFile], {
      env: { ...environment, LAB_LISTEN: JSON.stringify(listenOn) },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    child.stdin.on('error', () => undefined);
    child.stdout.setEncoding('utf8').on('data', (text: string) => onOutput('stdout', text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => onOutput('stderr', text));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => {
        child.once('close', (code, signal) => {
          onExit(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
        });
        resolve(new AppProcess(child));
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}
