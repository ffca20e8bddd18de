import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModuleResult } from '../../src/modules/module.js';
import { systemClock } from '../stages/system-clock.js';
import { hostShells, realHost } from './real-host.js';

type Args = Readonly<Record<string, unknown>>;

describe.each(hostShells.filter(([name]) => name !== 'bash'))('wait_for with %s', (_, shell) => {
  const real = realHost(shell);
  let scripts: number;
  /** What happens on the host after each script. */
  let meanwhile: (() => void)[];
  beforeEach(() => {
    scripts = 0;
    meanwhile = [];
    const run = real.host.run.bind(real.host);
    Object.defineProperty(real.host, 'clock', { value: systemClock });
    real.host.run = async (...given) => {
      scripts += 1;
      const result = await run(...given);
      meanwhile.shift()?.();
      return result;
    };
  });
  const waitFor = (args: Args): Promise<ModuleResult> =>
    real.run('wait_for', { sleep: '100ms', timeout: 30, ...args });
  /** Once, and not in time. */
  const inVain = async (args: Args): Promise<ModuleResult> => waitFor({ ...args, timeout: '1ms' });

  let server: Server | undefined;
  afterEach(async () => {
    if (server !== undefined) await new Promise((resolve) => server?.close(resolve));
    server = undefined;
  });
  const listen = async (hello = ''): Promise<number> => {
    const made = createServer((socket) => socket.on('error', () => undefined).end(hello));
    server = made;
    await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
    return (made.address() as AddressInfo).port;
  };

  it('waits for a port to open and to close, and says what it saw', async () => {
    const port = await listen();
    expect(await waitFor({ port })).toMatchObject({
      changed: false,
      values: { port, state: 'started', elapsed: expect.any(Number) as number },
    });
    const { failure } = await inVain({ port, state: 'stopped' });
    expect(failure).toMatchObject({
      code: 'wait_for.timeout',
      message: expect.stringContaining(
        `port ${port} of 127.0.0.1 to be closed: the last look said: it is open`,
      ) as string,
    });
    await new Promise((resolve) => server?.close(resolve));
    server = undefined;
    expect((await waitFor({ port, state: 'stopped' })).failure).toBeUndefined();
    expect((await inVain({ port })).failure?.message).toMatch(/refused|no connection/);
    expect((await inVain({ port, msg: 'The application is down.' })).failure?.message).toMatch(
      /^The application is down: /,
    );
  });

  it('waits for what a port says', async () => {
    const port = await listen('SSH-2.0-OpenSSH_9.2\r\n');
    const { values } = await waitFor({ port, search_regex: 'SSH-(?P<version>[0-9.]+)-(\\w+?)_' });
    expect(values).toMatchObject({ match_groups: ['2.0', 'OpenSSH'], match_groupdict: { version: '2.0' } });
    expect((await inVain({ port, search_regex: 'FTP' })).failure?.message).toContain(
      'it says "SSH-2.0-OpenSSH_9.2"',
    );
  });

  it('waits for a file to come and to go, in one script', async () => {
    const path = real.path("it's\na file");
    const coming = waitFor({ path });
    writeFileSync(path, '');
    expect((await coming).failure).toBeUndefined();
    const going = waitFor({ path, state: 'absent' });
    rmSync(path);
    expect((await going).failure).toBeUndefined();
    expect(scripts).toBe(2);
    expect((await inVain({ path })).failure?.message).toContain('no such file or directory');
    expect((await inVain({ path: real.folder, state: 'absent' })).failure?.message).toContain('it is there');
  });

  it('waits for a line, also in a file that grows, is emptied or is replaced', async () => {
    const path = real.path('-app.log');
    writeFileSync(path, 'starting\nnot yet rea');
    meanwhile = [
      () => appendFileSync(path, 'dy\n'),
      () => writeFileSync(path, 'x\n'),
      () => {
        writeFileSync(real.path('new'), `${'long line\n'.repeat(100)}re`);
        renameSync(real.path('new'), path);
      },
      () => appendFileSync(path, 'ady in 42 ms\n'),
    ];
    const { values, failure } = await waitFor({ path, search_regex: '^ready in (\\d+) ms$' });
    expect(failure).toBeUndefined();
    expect(values).toMatchObject({ match_groups: ['42'], path });
  });

  it('says what the last line is', async () => {
    const path = real.path('log');
    writeFileSync(path, 'a\nstill starting\n');
    expect((await inVain({ path, search_regex: 'ready' })).failure?.message).toContain(
      'its last line is "still starting"',
    );
    mkdirSync(real.path('folder'));
    expect((await inVain({ path: real.path('folder'), search_regex: 'x' })).failure?.message).toContain(
      'it is no ordinary file',
    );
    expect((await inVain({ path: real.path('none'), search_regex: 'x' })).failure?.message).toContain(
      'no such file',
    );
  });
});

describe('what is asked of wait_for', () => {
  const real = realHost();

  it('waits for a time alone, and in a dry run not at all', async () => {
    const sleeps: number[] = [];
    const clock = { elapsed: () => 0, now: () => 0, sleep: async (ms: number) => void sleeps.push(ms) };
    Object.defineProperty(real.host, 'clock', { value: clock });
    await real.run('wait_for', { timeout: 10, delay: 2 });
    expect(sleeps).toEqual([2_000, 10_000]);
    real.host.checkMode = true;
    const { message } = await real.run('wait_for', { port: 80 });
    expect([message, sleeps.length]).toEqual(['would wait for port 80 of 127.0.0.1 to be open', 2]);
  });

  it.each<[Args, string]>([
    [{ port: 1, path: '/x' }, 'write port or path'],
    [{ search_regex: 'x' }, 'goes with path or port'],
    [{ path: '/x', search_regex: 'x', state: 'absent' }, 'goes with state'],
    [{ path: '/x', search_regex: '(' }, 'cannot be read'],
    [{ port: 1, host: '-x' }, 'must be a name or an address'],
    [{ port: 1, timout: 3 }, 'timout'],
  ])('%j is refused', async (args, message) => {
    await expect(real.host.check('wait_for', args)).rejects.toThrow(message);
  });
});
