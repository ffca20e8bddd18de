import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { Client } from 'ssh2';
import type { AdfError } from '../../../src/errors/adf-error.js';
import type { HostKeys } from '../../../src/transport/ssh/host-keys.js';
import { environmentName, hostId } from '../../../src/model/ids.js';
import type { Host } from '../../../src/model/host.js';
import type { Destination } from '../../../src/transport/ssh/settings.js';
import { temporaryFolder } from '../../stages/temporary-folder.js';

/** What came of a host key: whether the user was to log in next, or why not. */
export type KeyVerdict = 'known' | 'unknown' | 'changed' | 'revoked' | 'unreadable';

export const keyTypes = ['ed25519', 'ecdsa', 'rsa'] as const;
export type KeyType = (typeof keyTypes)[number];

/** Where a connection is said to go, and what is to be believed. Nothing of it is resolved: the server is at the other end of a pipe. */
export interface Asked {
  readonly address: string;
  readonly port: number;
  readonly alias?: string;
  readonly userFiles: readonly string[];
  readonly globalFiles: readonly string[];
  readonly checking?: 'yes' | 'accept-new';
  readonly hash?: boolean;
  readonly revokedFile?: string;
  /** An EC2 instance's id. */
  readonly permanentName?: string;
}

/**
 * A real sshd with several host keys, started once for each connection on a pair of pipes (`sshd -i`), so that a host may have any
 * name and any port, 22 too, and no limit of connections is met.
 */
export class PipedSshd {
  readonly folder = temporaryFolder('keys');

  constructor(
    readonly types: readonly KeyType[] = keyTypes,
    /** Further lines of sshd_config. */
    more: readonly string[] = [],
  ) {
    for (const type of types) this.makeKey(`host_${type}`, type);
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
    const config = [
      ...more,
      ...types.map((type) => `HostKey ${this.folder}/host_${type}`),
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'StrictModes no',
      'UsePAM no',
      'UseDNS no',
      'PidFile none',
      'LogLevel DEBUG1',
    ];
    writeFileSync(this.#config, `${config.join('\n')}\n`);
  }

  get #config(): string {
    return join(this.folder, 'sshd_config');
  }

  makeKey(name: string, type: string, ...options: readonly string[]): string {
    const size = type === 'rsa' && options.length === 0 ? ['-b', '2048'] : [];
    const flags = ['-q', '-N', '', '-t', type, ...size, ...options];
    execFileSync('ssh-keygen', [...flags, '-f', join(this.folder, name)]);
    return this.key(name);
  }

  /** `type base64`. */
  key(name: string): string {
    return readFileSync(join(this.folder, `${name}.pub`), 'latin1')
      .split(' ')
      .slice(0, 2)
      .join(' ')
      .trim();
  }

  file(name: string, content: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, content, 'latin1');
    return path;
  }

  /** What the real ssh says, without logging in. */
  async ssh(asked: Asked): Promise<{ readonly verdict: KeyVerdict; readonly stderr: string }> {
    const options = {
      BatchMode: 'yes',
      // `none` alone would be a file of that name to OpenSSH 9.2.
      UserKnownHostsFile: asked.userFiles.join(' ') || '/dev/null',
      GlobalKnownHostsFile: asked.globalFiles.join(' ') || '/dev/null',
      StrictHostKeyChecking: asked.checking ?? 'yes',
      HashKnownHosts: asked.hash === true ? 'yes' : 'no',
      UpdateHostKeys: 'no',
      CheckHostIP: 'no',
      PreferredAuthentications: 'none',
      // A tenth of the default's work.
      KexAlgorithms: 'curve25519-sha256',
      ...(asked.alias === undefined ? {} : { HostKeyAlias: asked.alias }),
      ...(asked.revokedFile === undefined ? {} : { RevokedHostKeys: asked.revokedFile }),
      ProxyCommand: `/usr/sbin/sshd -i -f ${this.#config}`,
    };
    const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    const argv = ['-F', 'none', ...flags, '-p', String(asked.port), '-l', 'root', asked.address, 'true'];
    const stderr = await new Promise<string>((resolve) =>
      execFile('ssh', argv, { encoding: 'latin1' }, (_error, _stdout, text) => resolve(text)),
    );
    return { verdict: spokenBySsh(stderr), stderr };
  }

  /** What `ssh-keygen -F` finds: line, marker and fingerprint of each entry. */
  async find(name: string, file: string): Promise<readonly string[]> {
    const argv = ['-l', '-F', name, '-f', file];
    const output = await new Promise<string>((resolve) =>
      execFile('ssh-keygen', argv, { encoding: 'latin1' }, (_error, stdout) => resolve(stdout)),
    );
    const entry = /^# Host .* found: line (\d+) ?(CA|REVOKED)?\s*\n.*?(SHA256:\S+)/gm;
    const markers: Readonly<Record<string, string>> = { CA: 'cert-authority', REVOKED: 'revoked' };
    return [...output.matchAll(entry)].map(
      ([, line = '', marker = '', print = '']) => `${line} ${markers[marker] ?? 'plain'} ${print}`,
    );
  }

  /** What we say, over ssh2, without logging in. */
  async ours(
    asked: Asked,
    hostKeys: HostKeys,
  ): Promise<{ readonly verdict: KeyVerdict; readonly error?: AdfError }> {
    const host = hostOf(asked);
    try {
      const policy = await hostKeys.policyFor(host, destinationOf(asked));
      const { socket, child } = this.#connect();
      const client = new Client();
      let rejected: AdfError | undefined;
      let judged = false;
      const ended = new Promise<void>((resolve, reject) => {
        client.once('error', (error) => (judged ? resolve() : reject(error)));
        client.once('close', () => resolve());
      });
      client.connect({
        sock: socket,
        username: 'root',
        algorithms: { serverHostKey: [...policy.algorithms] },
        hostVerifier: (key: Buffer): boolean => {
          judged = true;
          rejected = policy.judge(key);
          return rejected === undefined;
        },
        authHandler: (_methods, _partial, next) => {
          policy.confirm().then(
            () => next(false as never),
            (error: unknown) => client.emit('error', (rejected = error as AdfError)),
          );
        },
      });
      await ended.finally(() => {
        client.destroy();
        child.kill();
      });
      return rejected === undefined ? { verdict: 'known' } : { verdict: kindOf(rejected), error: rejected };
    } catch (error) {
      const rejected = error as AdfError;
      return { verdict: kindOf(rejected), error: rejected };
    }
  }

  #connect(): { readonly socket: Duplex; readonly child: ChildProcess } {
    const child = spawn('/usr/sbin/sshd', ['-i', '-f', this.#config], { stdio: ['pipe', 'pipe', 'ignore'] });
    for (const stream of [child.stdin, child.stdout]) stream.on('error', () => undefined);
    return { socket: Duplex.from({ readable: child.stdout, writable: child.stdin }), child };
  }
}

/** A login that was refused comes after the key was believed. */
function spokenBySsh(stderr: string): KeyVerdict {
  if (/REVOKED HOST KEY DETECTED|revoked by file/.test(stderr)) return 'revoked';
  if (/Error checking host key .* in revoked keys file/.test(stderr)) return 'unreadable';
  if (stderr.includes('REMOTE HOST IDENTIFICATION HAS CHANGED')) return 'changed';
  if (/No \S+ host key is known for/.test(stderr)) return 'unknown';
  if (stderr.includes('Permission denied')) return 'known';
  throw new Error(`ssh said neither yes nor no: ${stderr}`);
}

function kindOf(error: AdfError): KeyVerdict {
  const { message } = error;
  if (error.code !== 'ssh.host_key') throw error;
  if (message.includes('marks as revoked')) return 'revoked';
  if (message.includes('has changed')) return 'changed';
  if (message.includes('cannot be read')) return 'unreadable';
  if (message.includes('is not in')) return 'unknown';
  throw error;
}

const hostOf = ({ address, port, permanentName }: Asked): Host => ({
  id: hostId('api-1'),
  name: 'api-1',
  environment: environmentName('test'),
  groups: [],
  address,
  targetIds: [],
  ssh: { port, ...(permanentName === undefined ? {} : { hostKeyName: permanentName }) },
  docker: {},
  facts: {},
});

export const destinationOf = ({ address, port, alias, ...asked }: Asked): Destination => ({
  user: 'root',
  originalName: address,
  address,
  port,
  route: { kind: 'direct' },
  identityFiles: [],
  certificateFiles: [],
  identitiesOnly: true,
  userKnownHostsFiles: asked.userFiles,
  globalKnownHostsFiles: asked.globalFiles,
  ...(alias === undefined ? {} : { hostKeyAlias: alias }),
  hostKeyChecking: asked.checking ?? 'yes',
  hashKnownHosts: asked.hash ?? false,
  ...(asked.revokedFile === undefined ? {} : { revokedHostKeysFile: asked.revokedFile }),
  connectTimeout: 30_000,
  serverAliveInterval: 5_000,
  serverAliveCountMax: 3,
});
