import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { endedWithTest } from '../../stages/processes.js';
import { until } from '../../stages/sshd.js';

export interface RunningAgent {
  readonly socket: string;
  /** Adds a key file that needs no passphrase; a certificate beside it goes along. */
  add(...files: readonly string[]): void;
}

/** OpenSSH's own agent, until the test or the file has ended. */
export async function startAgent(socket: string): Promise<RunningAgent> {
  endedWithTest(spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' }));
  await until('the agent listens', () => existsSync(socket));
  return {
    socket,
    add: (...files) => {
      for (const file of files)
        execFileSync('ssh-add', ['-q', file], {
          env: { ...process.env, SSH_AUTH_SOCK: socket },
          stdio: 'ignore',
        });
    },
  };
}
