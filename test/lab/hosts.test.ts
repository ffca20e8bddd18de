import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Duplex } from 'node:stream';
import ssh2, { type Client, type ClientChannel } from 'ssh2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateKey } from '../../src/lab/hosts/keys.js';
import { startLab, type Lab } from '../../src/lab/lab.js';
import { streamLine } from '../../src/transport/command-line.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { isRunning } from '../stages/processes.js';
import { until } from '../stages/until.js';

let directory: string;
let lab: Lab;

beforeAll(async () => {
  directory = temporaryFolder('lab-hosts');
  lab = await startLab({ directory, hosts: 2 });
});

afterAll(() => lab.stop());

/** The processes that this one, in which the lab runs, has started and that still run. */
const childrenOfThisProcess = (): readonly string[] =>
  readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');

const identity = () => readFileSync(join(lab.directory, 'id_ed25519'), 'utf8');

/** Logs in; `at` is where the client believes that the host is. */
function login(
  at: { address: string; port: number },
  privateKey: string | Buffer = identity(),
): Promise<Client> {
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    client.once('ready', () => resolve(client));
    client.on('error', reject);
    client.connect({ host: at.address, port: at.port, username: 'lab', privateKey });
  });
}

interface Ended {
  readonly code: number | null;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

type Exit = Pick<Ended, 'code' | 'signal'>;
const exits = new WeakMap<ClientChannel, Promise<Exit>>();

/** The exit of a quick command comes in the same packet as the channel: it is listened for in the very callback. */
const open = (client: Client, command: string) =>
  new Promise<ClientChannel>((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) {
        reject(error);
        return;
      }
      const exit = new Promise<Exit>((ended) => {
        channel.on('exit', (code: number | null, signal?: string) => ended({ code, signal }));
      });
      exits.set(channel, exit);
      resolve(channel);
    });
  });

const run = async (client: Client, command: string, stdin = ''): Promise<Ended> =>
  endOf(await open(client, command), stdin);

async function endOf(channel: ClientChannel, stdin = ''): Promise<Ended> {
  channel.end(stdin);
  const [stdout, stderr] = await Promise.all([text(channel), text(channel.stderr)]);
  return { code: null, signal: undefined, ...(await exits.get(channel)), stdout, stderr };
}

describe('a host of the lab', () => {
  it('runs commands as processes in its own folder, with their real exit codes and signals', async () => {
    const client = await login(lab.hosts[0]!.sshAddress);

    expect(await run(client, 'echo out; echo err >&2; exit 7')).toEqual({
      code: 7,
      signal: undefined,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    expect(await run(client, '/bin/sh -s', 'pwd; echo "$HOME"')).toMatchObject({
      code: 0,
      stdout: `${lab.hosts[0]!.root}\n${lab.hosts[0]!.root}\n`,
    });
    expect(await run(client, 'kill -9 $$')).toMatchObject({ code: null, signal: 'SIGKILL' });
    expect(await run(client, 'sudo -n -- /bin/sh -s', 'echo again')).toMatchObject({
      code: 0,
    });
    expect((await run(client, 'wc -c', 'x'.repeat(500_000))).stdout.trim()).toBe('500000');
    client.end();
  });

  it('passes signals to a command and all that it started', async () => {
    const client = await login(lab.hosts[0]!.sshAddress);
    const channel = await open(client, 'sleep 60 & echo $!; wait');
    const output = new Promise<string>((resolve) =>
      channel.once('data', (data: Buffer) => resolve(data.toString())),
    );
    const pid = Number(await output);

    channel.signal('TERM');
    const ended = await endOf(channel);

    expect(ended).toMatchObject({ code: null, signal: 'SIGTERM' });
    await until(() => !isRunning(pid));
    client.end();
  });

  it('lets a command live on when the connection is lost', async () => {
    const host = lab.hosts[0]!;
    const client = await login(host.sshAddress);
    client.on('error', () => undefined);
    const channel = await open(client, 'echo $$; sleep 0.3; echo done > survived');
    await new Promise((resolve) => channel.once('data', resolve));

    host.dropConnections();

    const file = join(host.root, 'survived');
    await until(() => existsSync(file) && readFileSync(file, 'utf8') === 'done\n');
  });

  it('has a disk that fills up', async () => {
    const host = lab.hosts[0]!;
    const client = await login(host.sshAddress);
    const freeKilobytes = async () => {
      const { stdout } = await run(client, 'df -Pk /var/lib/docker');
      return Number(stdout.trim().split('\n')[1]!.trim().split(/\s+/)[3]);
    };

    const before = await freeKilobytes();
    host.fillDisk();
    const full = await freeKilobytes();
    host.emptyDisk();

    expect([before > 0, full]).toEqual([true, 0]);
    client.end();
  });

  it('connects to its Docker Engine by dial-stdio, with and without sudo, as a command and through the socket', async () => {
    const client = await login(lab.hosts[1]!.sshAddress);
    const dials: (() => Promise<Duplex>)[] = [
      () => open(client, 'docker system dial-stdio'),
      () => open(client, 'sudo -n docker system dial-stdio'),
      () => open(client, 'true && docker system dial-stdio'),
      () =>
        new Promise((resolve, reject) => {
          client.openssh_forwardOutStreamLocal('/var/run/docker.sock', (error, channel) =>
            error ? reject(error) : resolve(channel),
          );
        }),
    ];

    for (const dial of dials) {
      const stream = await dial();
      stream.write('GET /info HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n');
      expect(await text(stream)).toContain('"Name":"api-2"');
    }
    expect((await run(client, 'docker ps -a')).stdout).toContain('CONTAINER ID');
    client.end();
  });

  it.each(['', 'sudo -n '])(
    'connects the program to its Docker Engine, called with "%s", without a process for each call',
    async (sudo) => {
      const client = await login(lab.hosts[1]!.sshAddress);
      const { line } = streamLine(
        ['docker', '-H', 'unix:///var/run/docker.sock', 'system', 'dial-stdio'],
        sudo,
      );
      const before = childrenOfThisProcess();
      const stream = await open(client, line);
      stream.write('GET /info HTTP/1.1\r\nHost: docker\r\n\r\n');
      await once(stream, 'readable');

      expect(childrenOfThisProcess()).toEqual(before);
      expect(String(stream.read())).toMatch(/^adfpush-program-begins\n/);
      client.end();
    },
  );

  it('forwards to what listens on it, its loopback being its own, and refuses where nothing does', async () => {
    const [first, second] = lab.hosts;
    const server = createServer((_request, response) => response.end('hello'));
    await new Promise<void>((resolve) => server.listen(7_070, first!.address, resolve));
    const through = async (client: Client) => {
      const channel = await new Promise<Duplex>((resolve, reject) => {
        client.forwardOut('127.0.0.1', 0, '127.0.0.1', 7_070, (error, stream) =>
          error ? reject(error) : resolve(stream),
        );
      });
      return ask(channel);
    };
    const clients = [await login(first!.sshAddress), await login(second!.sshAddress)];

    expect(await through(clients[0]!)).toBe('hello');
    await expect(through(clients[1]!)).rejects.toMatchObject({ reason: 2 });

    for (const client of clients) client.end();
    server.close();
  });

  it('refuses another key, and offers the key that known_hosts promises', async () => {
    await expect(login(lab.hosts[0]!.sshAddress, generateKey('stranger').privateKey)).rejects.toThrow(
      'All configured authentication methods failed',
    );

    const known = readFileSync(join(lab.directory, 'known_hosts'), 'utf8');
    for (const { address } of lab.hosts) expect(known).toContain(`[${address}]:2222 ssh-ed25519 `);
  });

  it('has no more than ten sessions on a connection', async () => {
    const client = await login(lab.hosts[0]!.sshAddress);
    const channels = await Promise.all(Array.from({ length: 10 }, () => open(client, 'cat')));

    await expect(open(client, 'cat')).rejects.toMatchObject({ reason: 2 });
    channels[0]!.end();
    await new Promise((resolve) => channels[0]!.resume().once('close', resolve));

    expect(await run(client, 'echo again')).toMatchObject({ stdout: 'again\n' });
    client.end();
  });

  it('is gone while its sshd is dead, and back when it is started again', async () => {
    const host = lab.hosts[0]!;
    const client = await login(host.sshAddress);
    const lost = new Promise<void>((resolve) => {
      client.on('error', () => undefined);
      client.once('close', () => resolve());
    });

    await host.stopSshd();
    await lost;
    await expect(login(host.sshAddress)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await host.startSshd();

    (await login(host.sshAddress)).end();
  });
});

describe('a lab where only 127.0.0.1 may be listened on', () => {
  it('has hosts behind a bastion, each with ports of its own', async () => {
    const folder = temporaryFolder('lab-names');
    const narrow = await startLab({ directory: folder, hosts: 2, onlyNames: true });
    const inventory = readFileSync(join(narrow.project, 'inventory/lab.yml'), 'utf8');
    const bastionPort = Number(/proxy_jump: lab@127\.0\.0\.1:(\d+)/.exec(inventory)?.[1]);
    const key = readFileSync(join(folder, 'id_ed25519'), 'utf8');
    const names: string[] = [];

    const bastion = await login({ address: '127.0.0.1', port: bastionPort }, key);
    for (const { address } of narrow.hosts) {
      const sock = await new Promise<ClientChannel>((resolve, reject) => {
        bastion.forwardOut('127.0.0.1', 0, address, 2222, (error, channel) =>
          error ? reject(error) : resolve(channel),
        );
      });
      const client = new ssh2.Client();
      await new Promise((resolve, reject) => {
        client.on('error', reject);
        client.once('ready', () => resolve(undefined));
        client.connect({ sock, username: 'lab', privateKey: key });
      });
      names.push((await run(client, 'echo $HOSTNAME')).stdout.trim());
      client.end();
    }
    bastion.end();
    await narrow.stop();

    expect(names).toEqual(['api-1', 'api-2']);
  });
});

describe('keys', () => {
  it('always sign and can always be read, though ssh2 makes a malformed one now and then', () => {
    for (let made = 0; made < 300; made += 1) {
      const { privateKey, publicKey } = generateKey('test');
      const [secret, shown] = [ssh2.utils.parseKey(privateKey), ssh2.utils.parseKey(publicKey)];
      if (secret instanceof Error || shown instanceof Error) throw new Error(privateKey);
      expect(shown.verify('proof', secret.sign('proof'))).toBe(true);
    }
  });
});

function ask(stream: Duplex): Promise<string> {
  return new Promise((resolve, reject) => {
    const agent = new Agent();
    agent.createConnection = () => stream;
    get({ agent, path: '/' })
      .on('response', (response) => resolve(text(response)))
      .on('error', reject);
  });
}
