import { spawn } from 'node:child_process';
import { sshProgramMissing } from '../../errors/openssh.js';
import { unreachable } from '../../errors/ssh.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Host } from '../../model/host.js';
import { unlessAborted, within, type Clock } from '../../ports/clock.js';
import { MasterTalk, type MasterFailure } from './master-talk.js';

export interface MasterCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

/** A master that has gone to the background, or why there is none. */
export type MasterStart = { readonly kind: 'ready'; readonly talk: MasterTalk } | MasterFailure;

/**
 * Starts an ssh that connects and authenticates. It goes to the background when that is done, and is then reached by its socket only.
 * Throws `ssh.program`, and `ssh.unreachable` when it took longer than `timeout`, and the reason of `closing`.
 */
export async function startMaster(
  host: Host,
  user: string,
  { program, args, environment }: MasterCommand,
  timeout: Milliseconds,
  clock: Clock,
  closing: AbortSignal,
): Promise<MasterStart> {
  const talk = new MasterTalk();
  // In a session of its own: it has no terminal to ask at, and hears no Ctrl-C.
  const child = spawn(program, args, {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  // For its whole life, and that of a ProxyCommand: a full pipe would hold them up.
  child.stderr.on('data', (chunk: Buffer) => talk.hear(chunk));
  const heard = new Promise<void>((resolve) => child.stderr.once('close', () => resolve()));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => reject(sshProgramMissing(host, program, error)));
    child.once('exit', (code) => resolve(code));
  });
  try {
    const inTime = within(clock, timeout, ended, () =>
      unreachable(
        host,
        talk.phase,
        `${talk.lastWords === undefined ? '' : `${talk.lastWords}; `}no answer within ${timeout / 1_000} s`,
      ),
    );
    const code = await unlessAborted(inTime, closing);
    if (code === 0) return { kind: 'ready', talk };
  } catch (error) {
    end(child.pid);
    throw error;
  }
  // Its last words may still be under way. A ProxyCommand that lives on keeps the pipe open; once that is ended, only a busy machine is late.
  await within(clock, 500, heard, () => 'late').catch(() => undefined);
  end(child.pid);
  await within(clock, 2_000, heard, () => 'late').catch(() => undefined);
  return talk.failure(host, user);
}

/** Ends it together with what it started on the way, its ProxyCommand. */
function end(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // All of it is gone already.
  }
}
