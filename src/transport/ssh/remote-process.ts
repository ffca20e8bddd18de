import type { Exit, RunningProcess } from '../running-process.js';
import type { SshChannel } from './ssh-client.js';

/**
 * A command in its session on a host. Made in the very callback that brings the channel: the exit of a quick command is in the
 * same packet, and would be missed one turn later.
 */
export class RemoteProcess implements RunningProcess {
  readonly stdin;
  readonly stdout;
  readonly stderr;
  readonly exited: Promise<Exit>;
  /** Resolves after all output was read, and when the connection is lost. */
  readonly closed: Promise<void>;

  constructor(private readonly channel: SshChannel) {
    this.stdin = channel;
    this.stdout = channel;
    this.stderr = channel.stderr;
    this.exited = new Promise((resolve) => {
      channel.once('exit', (code: number | null, signal?: string) => {
        resolve(
          code === null ? { kind: 'signalled', signal: signal ?? 'unknown' } : { kind: 'exited', code },
        );
      });
    });
    this.closed = new Promise((resolve) => channel.once('close', () => resolve()));
    // Writing to a session that has ended is no error of ours: how it ended tells more.
    channel.on('error', () => undefined);
  }

  /** By sshd, which ends the process group; one that serves root refuses to (OpenSSH's session.c). */
  signal(name: 'TERM' | 'KILL'): void {
    this.channel.signal(name);
  }

  close(): void {
    this.channel.end();
    this.channel.close();
    // Unread output would keep the channel from closing.
    this.channel.resume();
    this.channel.stderr.resume();
  }
}
