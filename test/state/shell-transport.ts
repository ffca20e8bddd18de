import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unreachable } from '../../src/errors/ssh.js';
import type { Host } from '../../src/model/host.js';
import type { CommandResult, Connection, Transport } from '../../src/ports/transport.js';

/** A folder that looks like a host's /proc, so that a test can let its time pass and restart it. */
export class FakeProc {
  constructor(readonly folder: string) {
    mkdirSync(join(folder, 'sys/kernel/random'), { recursive: true });
    this.set(1_000, 'first-boot');
  }

  set(uptimeSeconds: number, boot = 'first-boot'): void {
    writeFileSync(join(this.folder, 'uptime'), `${uptimeSeconds.toFixed(2)} 0.00\n`);
    writeFileSync(join(this.folder, 'sys/kernel/random/boot_id'), `${boot}\n`);
  }
}

export interface ShellHost {
  readonly directory: string;
  readonly proc: FakeProc;
  reachable: boolean;
}

/** "Hosts" that are folders of this machine; their scripts run in a real shell. */
export class ShellTransport implements Transport {
  constructor(
    private readonly hosts: ReadonlyMap<string, ShellHost>,
    private readonly shell: readonly [string, ...string[]] = ['/bin/sh'],
    /** The login user, where the test may choose one; and the folder that is in memory, beside the other one unless it is said. */
    private readonly given: { readonly uid?: number; readonly gid?: number; readonly memory?: string } = {},
  ) {}

  connect(host: Host): Promise<Connection> {
    const known = this.hosts.get(host.id);
    const { memory, ...as } = this.given;
    if (known?.reachable !== true) return Promise.reject(unreachable(host, 'tcp', 'connect ECONNREFUSED'));
    return Promise.resolve({
      host,
      alive: true,
      run: (command, options) => {
        const script = 'script' in command ? command.script : '';
        const env = {
          PATH: process.env['PATH'],
          HOME: dirname(known.directory),
          ...options?.env,
          ADFPUSH_LOCK_DIRECTORY: known.directory,
          ADFPUSH_LOCK_MEMORY: memory ?? `${known.directory}-memory`,
          ADFPUSH_LOCK_PROC: known.proc.folder,
        };
        return runInShell(this.shell, script, { ...as, env });
      },
      recordOf: () => Promise.reject(new Error('not used by the lock')),
      endStep: () => Promise.reject(new Error('not used by the lock')),
      stream: () => Promise.reject(new Error('not used by the lock')),
      forward: () => Promise.reject(new Error('not used by the lock')),
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function runInShell(
  [program, ...args]: readonly [string, ...string[]],
  script: string,
  options: { readonly uid?: number; readonly gid?: number; readonly env: NodeJS.ProcessEnv },
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, '-s'], { ...options, stdio: 'pipe' });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({
        outcome: { kind: 'exited', code: code ?? 255 },
        stdout,
        stderr,
        duration: 0,
        truncated: false,
      }),
    );
    child.stdin.end(script);
  });
}
