import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { quoteAll } from '../../src/transport/quote.js';
import { CuttingProxy } from './faults/cutting-proxy.js';
import { isRunning } from '../stages/processes.js';
import { describeWithSshd, Sshd, until } from '../stages/sshd.js';

/**
 * What was measured of ssh2 and sshd by themselves, and what the transport is built around. When one of these fails after an update, a
 * workaround may go, or a new one be needed.
 */
describeWithSshd('ssh2 and sshd by themselves', () => {
  let sshd: Sshd;
  const clients: Client[] = [];
  beforeAll(async () => {
    sshd = await Sshd.start({ config: ['MaxStartups 10:30:100'] });
  });
  afterAll(async () => {
    for (const client of clients) client.destroy();
    await sshd.stop();
  });

  const credentials = (): ConnectConfig => ({
    username: sshd.user,
    privateKey: readFileSync(sshd.identityFile),
    readyTimeout: 10_000,
  });

  function open(config: ConnectConfig): Promise<Client> {
    const client = new Client();
    clients.push(client);
    return new Promise((resolve, reject) => {
      client.once('ready', () => resolve(client));
      client.on('error', reject);
      client.connect({ host: '127.0.0.1', port: sshd.port, ...credentials(), ...config });
    });
  }

  /** What each channel's exit said. Listened for in the callback itself: the exit may come in the packet that opens the channel. */
  const exits = new WeakMap<ClientChannel, Promise<readonly unknown[]>>();

  const exec = (client: Client, line: string): Promise<ClientChannel> =>
    new Promise((resolve, reject) => {
      client.exec(line, (error, channel) => {
        if (error !== undefined) {
          reject(error);
          return;
        }
        exits.set(
          channel,
          new Promise((exited) => {
            channel.once('exit', (...how: unknown[]) => exited(how));
          }),
        );
        resolve(channel);
      });
    });

  const exit = (channel: ClientChannel): Promise<readonly unknown[]> =>
    exits.get(channel) ?? Promise.reject(new Error('a channel that exec did not open'));

  function end(channel: ClientChannel): Promise<readonly unknown[]> {
    channel.resume();
    channel.stderr.resume();
    return exit(channel);
  }

  test('success: a killed command ends without a code, so only code 0 is success', async () => {
    const client = await open({});
    expect((await end(await exec(client, 'exit 0')))[0]).toBe(0);
    expect((await end(await exec(client, 'kill -KILL $$'))).slice(0, 2)).toEqual([null, 'SIGKILL']);
  });

  test('success: a connection that ends tells no code and may tell no error', async () => {
    const proxy = await CuttingProxy.start(sshd.port);
    const client = await open({ port: proxy.port });
    const seen: string[] = [];
    client.on('error', () => seen.push('error'));
    const channel = await exec(client, 'sleep 30');
    channel.on('exit', () => seen.push('exit'));
    const closed = new Promise<unknown[]>((resolve) =>
      channel.once('close', (...how: unknown[]) => resolve(how)),
    );
    channel.resume();

    proxy.cutNow('end');

    expect((await closed)[0]).toBeUndefined();
    expect(seen).toEqual([]);
    await proxy.stop();
  });

  test('errors: one that comes to an idle connection of ours ends nothing, and the next command gets a new one', async () => {
    const proxy = await CuttingProxy.start(sshd.port);
    const transport = sshd.transport();
    const host = sshd.host({ port: proxy.port, hostKeyAlias: `[127.0.0.1]:${sshd.port}` });
    const idle = await transport.connect(host);

    proxy.cutNow('reset');
    await until('the loss is noticed', () => !idle.alive);

    const next = await transport.connect(host);
    expect(await next.run({ argv: ['echo', 'here'] })).toMatchObject({ stdout: 'here\n' });
    await transport.close();
    await proxy.stop();
  });

  test('errors: exec on a connection that is gone throws at once', async () => {
    const client = await open({});
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    client.end();
    await closed;

    expect(() => client.exec('true', () => undefined)).toThrow('Not connected');
  });

  test('keepalive: silence is noticed after the interval times the count and one more', async () => {
    const proxy = await CuttingProxy.start(sshd.port);
    const client = new Client();
    clients.push(client);
    const ready = new Promise<void>((resolve) => client.once('ready', () => resolve()));
    const lost = new Promise<Error>((resolve) => client.once('error', resolve));
    client.connect({
      host: '127.0.0.1',
      port: proxy.port,
      ...credentials(),
      keepaliveInterval: 200,
      keepaliveCountMax: 3,
    });
    await ready;
    proxy.fallSilent();
    const started = performance.now();

    expect((await lost).message).toContain('Keepalive timeout');
    // The first one may have been asked for just before.
    expect(performance.now() - started).toBeGreaterThan(3 * 200);
    await proxy.stop();
  });

  test('close: never comes while stdout is not read, though the exit does', async () => {
    const client = await open({});
    const channel = await exec(client, 'echo unread');
    let closed = false;
    channel.once('close', () => (closed = true));

    await exit(channel);
    await exec(client, 'true').then(end);

    expect(closed).toBe(false);
    channel.resume();
    channel.stderr.resume();
    await until('it closes once it is read', () => closed);
  });

  test('closing a channel does not stop the remote process, which is why we kill its group', async () => {
    const client = await open({});
    const channel = await exec(client, 'echo $$; exec sleep 69');
    const pid = await new Promise<string>((resolve) => {
      channel.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
    });
    channel.close();
    channel.resume();
    channel.stderr.resume();
    // The server has heard it by then.
    await exec(client, 'true').then(end);

    expect(isRunning(pid)).toBe(true);
    process.kill(Number(pid), 'SIGKILL');
  });

  test('MaxSessions: the eleventh session is refused with reason 2, and the connection lives on', async () => {
    const client = await open({});
    const ten = await Promise.all(Array.from({ length: 10 }, () => exec(client, 'cat')));

    await expect(exec(client, 'true')).rejects.toMatchObject({ reason: 2 });

    for (const channel of ten) channel.end();
    expect((await end(ten[0]!))[0]).toBe(0);
  });

  test('MaxStartups: 60 at once lose some before the handshake', async () => {
    const bare = await Promise.allSettled(Array.from({ length: 60 }, () => open({})));
    const lost = bare.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
    for (const one of bare) if (one.status === 'fulfilled') one.value.destroy();

    expect(lost.length).toBeGreaterThan(0);
    for (const reason of lost) expect(reason).toMatch(/before handshake|ECONNRESET/);
  });

  test('host keys: without a verifier any key is believed', async () => {
    const stranger = await Sshd.start();
    const client = new Client();
    clients.push(client);
    const ready = new Promise<void>((resolve, reject) =>
      client.once('ready', () => resolve()).once('error', reject),
    );
    client.connect({
      host: '127.0.0.1',
      port: stranger.port,
      username: stranger.user,
      privateKey: readFileSync(stranger.identityFile),
    });
    await ready;
    client.destroy();
    await stranger.stop();
  });

  test('long lines: a command of 131,072 bytes cannot be begun, and one of ours of 300 KB runs', async () => {
    const client = await open({});
    const [code] = await end(await exec(client, `true ${'x'.repeat(131_072)}`));
    expect(code).not.toBe(0);

    const transport = sshd.transport();
    const ours = await transport.connect(sshd.host());
    const result = await ours.run({
      argv: ['true', ...Array.from({ length: 30 }, () => 'x'.repeat(10_000))],
    });
    expect(result.outcome).toEqual({ kind: 'exited', code: 0 });
    await transport.close();
  });

  test('env: variables that are requested vanish without a word, and ours arrive', async () => {
    const client = await open({});
    const heard = await new Promise<string>((resolve, reject) => {
      client.exec('echo "[$TOKEN]"', { env: { TOKEN: 'given' } }, (error, channel) => {
        if (error !== undefined) {
          reject(error);
          return;
        }
        channel.once('data', (chunk: Buffer) => resolve(chunk.toString()));
      });
    });
    const transport = sshd.transport();
    const ours = await transport.connect(sshd.host());
    const result = await ours.run({ argv: ['sh', '-c', 'echo "[$TOKEN]"'] }, { env: { TOKEN: 'given' } });
    await transport.close();

    expect(heard).toBe('[]\n');
    expect(result.stdout).toBe('[given]\n');
  });

  test('quoting: of 10,000 random arguments sh reads back every one', () => {
    const character = fc.oneof(
      fc.constantFrom(...Array.from(`'"\\$\`!*?~#&;|<>(){}[]\n\t =-`)),
      fc.string({ unit: 'binary' }),
    );
    const argument = fc
      .string({ unit: character, maxLength: 12 })
      .filter((text) => !text.includes('\0') && text.isWellFormed());
    const all = fc.sample(argument, 10_000);
    const folder = sshd.folder;
    for (let from = 0; from < all.length; from += 1_000) {
      const some = all.slice(from, from + 1_000);
      const file = join(folder, 'script');
      execFileSync('tee', [file], {
        input: `printf '%s\\0' ${quoteAll(some)}\n`,
        stdio: ['pipe', 'ignore', 'inherit'],
      });
      const read = execFileSync('/bin/sh', [file], { encoding: 'utf8' });
      expect(read).toBe(some.map((word) => `${word}\0`).join(''));
    }
  });
});
