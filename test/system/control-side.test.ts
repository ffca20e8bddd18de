import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Redaction } from '../../src/events/redaction.js';
import { Secret } from '../../src/model/secret.js';
import { systemClock } from '../../src/system/clock.js';
import { SystemControlSide } from '../../src/system/control-side.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder('control');
});
afterEach(() => vi.unstubAllEnvs());

const control = (redaction = new Redaction()): SystemControlSide =>
  new SystemControlSide(folder, systemClock, redaction);

describe('a program on the control machine', () => {
  it('gets its very arguments, its input and its environment, in the folder of the project', async () => {
    writeFileSync(join(folder, 'here'), '');
    const script = 'printf "%s|" "$@"; cat; echo "$KEY"; ls';
    const result = await control().run(['sh', '-c', script, 'sh', 'a b', '$HOME'], {
      stdin: 'in\n',
      env: { KEY: 'v' },
    });
    expect(result).toMatchObject({ outcome: { kind: 'exited', code: 0 }, stdout: 'a b|$HOME|in\nv\nhere\n' });
    expect(await control().exists('here')).toBe(true);
    expect(await control().exists('gone')).toBe(false);
  });

  it.each([
    [['sh', '-c', 'echo why >&2; exit 3'], { kind: 'exited', code: 3 }, 'why\n'],
    [['sh', '-c', 'kill -9 $$'], { kind: 'signalled', signal: 'SIGKILL' }, ''],
    [['/no/such/program'], { kind: 'exited', code: 127 }, 'spawn /no/such/program ENOENT\n'],
  ])('%j ends as %j', async (argv, outcome, stderr) => {
    expect(await control().run(argv)).toMatchObject({ outcome, stderr });
  });

  it('is ended with its children when its time is over, and when it is not wanted any more', async () => {
    const argv = ['sh', '-c', 'sleep 100 & echo begun; wait'];
    expect((await control().run(argv, { timeout: 200 })).outcome).toEqual({ kind: 'timed_out' });
    const stop = new AbortController();
    const running = control().run(argv, { signal: stop.signal });
    stop.abort();
    expect((await running).outcome).toEqual({ kind: 'cancelled' });
  });

  it('is not started with a secret among its arguments', async () => {
    const redaction = new Redaction();
    redaction.add(new Secret('hunter2-hunter2'), 'password');
    await expect(control(redaction).run(['echo', 'hunter2-hunter2'])).rejects.toMatchObject({
      code: 'secret.in_argument',
    });
  });
});

describe('a request from the control machine', () => {
  async function serving(
    handle: (request: IncomingMessage, body: string) => { status: number; body: string } | undefined,
  ): Promise<{ readonly origin: string; readonly stop: () => void; readonly seen: string[] }> {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
        const said = handle(request, body);
        if (said === undefined) request.socket.destroy();
        else response.writeHead(said.status, { 'x-own': 'yes' }).end(said.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
      origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      seen,
      stop: () => {
        server.closeAllConnections();
        server.close();
      },
    };
  }
  const post = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'hé', timeout: 5_000 };

  it('brings its body, and any answer back', async () => {
    const server = await serving((request, body) => ({
      status: 418,
      body: `${request.headers['content-type'] ?? ''} ${body}`,
    }));
    expect(await control().request({ ...post, url: `${server.origin}/a?b` })).toMatchObject({
      kind: 'answer',
      status: 418,
      body: 'text/plain hé',
      headers: { 'x-own': 'yes' },
    });
    server.stop();
  });

  it('to a port on which nothing listens was not sent, and one without an answer may have been taken', async () => {
    const server = await serving(() => undefined);
    expect(await control().request({ ...post, url: server.origin })).toMatchObject({ kind: 'unknown' });
    server.stop();
    expect(await control().request({ ...post, url: server.origin })).toMatchObject({ kind: 'not_sent' });
    expect(await control().request({ ...post, url: 'http://no-such-host.invalid/' })).toMatchObject({
      kind: 'not_sent',
    });
  });

  it('goes by the proxy that the environment names, but for what NO_PROXY leaves out', async () => {
    const proxy = await serving(() => ({ status: 200, body: 'proxied' }));
    vi.stubEnv('http_proxy', proxy.origin);
    vi.stubEnv('HTTP_PROXY', proxy.origin);
    expect(await control().request({ ...post, url: 'http://chat.invalid/hook' })).toMatchObject({
      body: 'proxied',
    });
    expect(proxy.seen).toEqual(['POST http://chat.invalid/hook']);
    vi.stubEnv('no_proxy', 'chat.invalid');
    vi.stubEnv('NO_PROXY', 'chat.invalid');
    expect(await control().request({ ...post, url: 'http://chat.invalid/hook' })).toMatchObject({
      kind: 'not_sent',
    });
    proxy.stop();
  });
});
