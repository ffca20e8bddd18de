import { spawn } from 'node:child_process';
import pLimit from 'p-limit';
import { openSshConfigRefused, openSshConfigSlow, openSshNotStarted } from '../../../errors/ssh-config.js';
import type { Milliseconds } from '../../../model/duration.js';
import { within, type Clock } from '../../../ports/clock.js';
import { beyond, parseDump, type Dump } from './dump.js';
import type { Question } from './settings.js';

/** A Match exec may be in it, or a name server (CanonicalizeHostname). */
const patience: Milliseconds = 15_000;

/** How long its output may come after its end. */
const lastWords: Milliseconds = 500;

/** More at a time would only wait for processors. */
const atATime = 4;

/** What `ssh -G` said: the answer, and which files it read for it. */
export interface Answer {
  /** What differs from what this ssh does by itself. */
  readonly said: Dump;
  readonly files: readonly string[];
}

/** The system's ssh, asked what it would do. */
export class SshBinary {
  readonly #limit = pLimit(atATime);

  private constructor(
    private readonly program: string,
    private readonly clock: Clock,
    private readonly defaults: Dump,
  ) {}

  /** Undefined where there is no OpenSSH that could be asked: no program, one of another maker, no passwd entry for this user. */
  static async find(clock: Clock, program = 'ssh'): Promise<SshBinary | undefined> {
    const probe = await run(clock, program, ['-TG', '-F', 'none', '--', 'adfpush.invalid']);
    if (probe.kind === 'missing' || probe.code !== 0) return undefined;
    const defaults = parseDump(probe.stdout);
    return defaults.has('userknownhostsfile') ? new SshBinary(program, clock, defaults) : undefined;
  }

  /** Throws `ssh.config` in ssh's own words, which name file and line. */
  async ask({ name, user, port, configFile }: Question): Promise<Answer> {
    // Verbose, since it then names the files it reads.
    const args = [
      '-vTG',
      ...(configFile === undefined ? [] : ['-F', configFile]),
      ...(user === undefined ? [] : ['-l', user]),
      ...(port === undefined ? [] : ['-p', String(port)]),
      '--',
      name,
    ];
    const result = await this.#limit(() => run(this.clock, this.program, args, name));
    if (result.kind === 'missing') throw openSshNotStarted(`${this.program} is gone`, undefined);
    const told = result.stderr.split('\n').filter((line) => line !== '');
    if (result.code !== 0) throw openSshConfigRefused(name, ownWords(told));
    const dump = new Map(beyond(this.defaults, parseDump(result.stdout)));
    // Printed even when it is only the name that was asked about.
    if (dump.get('hostname')?.[0]?.toLowerCase() === name.toLowerCase()) dump.delete('hostname');
    return { said: dump, files: told.flatMap((line) => reading.exec(line)?.[1] ?? []) };
  }
}

const reading = /^debug1: Reading configuration data (.*?)\r?$/;

function ownWords(lines: readonly string[]): string {
  const words = lines.filter((line) => !/^(debug\d|OpenSSH_)/.test(line)).map((line) => line.trim());
  return words.length === 0 ? 'it said nothing about why' : words.join('; ');
}

type Ended =
  | { readonly kind: 'missing' }
  | {
      readonly kind: 'ended';
      readonly code: number | null;
      readonly stdout: string;
      readonly stderr: string;
    };

async function run(clock: Clock, program: string, args: readonly string[], name = 'a host'): Promise<Ended> {
  // Leader of its own group, so that what a Match exec started ends with it.
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'EACCES') resolve({ kind: 'missing' });
      else reject(openSshNotStarted(error.message, error));
    });
    child.once('exit', (code) => {
      // What a Match exec leaves running may hold the pipe open; ssh does not wait for it either.
      void within(clock, lastWords, closed, () => 'late')
        .catch(() => undefined)
        .then(() => resolve({ kind: 'ended', code, stdout, stderr }));
    });
  });
  try {
    return await within(clock, patience, ended, () => openSshConfigSlow(name, patience / 1_000));
  } catch (error) {
    endGroup(child.pid);
    throw error;
  } finally {
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself, with all it had started.
  }
}
