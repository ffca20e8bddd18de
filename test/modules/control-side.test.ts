import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/model/secret.js';
import type { ModuleResult } from '../../src/modules/module.js';
import type { ControlAnswer } from '../../src/ports/control-side.js';
import { World } from '../fakes/world/world.js';
import { FakeModuleHost } from './fake-module-host.js';

function stage() {
  const world = new World();
  const host = new FakeModuleHost(world, world.addHost('h1'));
  const run = async (module: string, args: object): Promise<ModuleResult> => {
    const checked = await host.check(module, args);
    const ended = checked.changes ? checked.apply() : Promise.resolve(checked.result);
    return world.clock.run(ended);
  };
  return { host, control: host.control, run };
}

const answer = (
  status: number,
  body = '',
  headers: Readonly<Record<string, string>> = {},
): ControlAnswer => ({
  kind: 'answer',
  status,
  headers,
  body,
});

describe('local_command', () => {
  it('runs one program here, never on the host and never by a shell', async () => {
    const { host, control, run } = stage();
    control.result = { stdout: 'built\n' };
    const result = await run('local_command', {
      argv: 'make "all $of" it',
      chdir: 'app',
      env: { KEY: new Secret('s3cret') },
    });
    expect(control.commands).toMatchObject([
      { argv: ['make', 'all $of', 'it'], options: { cwd: 'app', env: { KEY: 's3cret' } } },
    ]);
    expect(host.transport.commands).toEqual([]);
    expect(result).toMatchObject({
      changed: true,
      values: { rc: 0, stdout: 'built', stdout_lines: ['built'] },
    });
  });

  it.each([
    [{ creates: 'app.js' }, true],
    [{ removes: 'other.js' }, true],
    [{ creates: 'other.js' }, false],
    [{ removes: 'app.js' }, false],
  ])('with %j is skipped: %s', async (condition, skips) => {
    const { control, run } = stage();
    control.paths.add('app.js');
    expect(await run('local_command', { argv: 'make', ...condition })).toMatchObject({ changed: !skips });
    expect(control.commands).toHaveLength(skips ? 0 : 1);
  });

  it('that fails keeps its result; a dry run does nothing', async () => {
    const { host, control, run } = stage();
    control.result = { outcome: { kind: 'exited', code: 2 }, stderr: 'no rule\n' };
    expect(await run('local_command', { argv: 'make' })).toMatchObject({
      values: { rc: 2, stderr: 'no rule' },
      failure: { code: 'command.failed' },
    });
    expect(await host.check('local_command', { argv: 'make' })).toMatchObject({
      summary: 'run make on the control machine',
    });
    expect(control.commands).toHaveLength(1);
  });
});

describe('webhook', () => {
  const url = 'https://chat.example/hooks/T0/very-secret';

  it.each([
    [{ body: { text: 'hi', key: new Secret('s') } }, 'application/json', '{"text":"hi","key":"s"}'],
    [{ body: { a: 'x y', b: 2 }, body_format: 'form' }, 'application/x-www-form-urlencoded', 'a=x+y&b=2'],
    [{ body: 'plain', body_format: 'text' }, 'text/plain; charset=utf-8', 'plain'],
  ])('sends %j as %s', async (args, type, body) => {
    const { control, run } = stage();
    const result = await run('webhook', { url, ...args, headers: { 'X-Key': new Secret('k') } });
    expect(control.requests).toMatchObject([
      { method: 'POST', url, body, headers: { 'content-type': type, 'x-key': 'k' } },
    ]);
    expect(result).toMatchObject({ changed: true, values: { status: 200, content: 'ok' } });
    expect(result.failure).toBeUndefined();
  });

  it.each([
    [answer(200, '{"ok":false,"error":"channel_not_found"}'), 'webhook.says_failed'],
    [answer(200, '{"status":"error"}'), 'webhook.says_failed'],
    [answer(200, '{"success":false}'), 'webhook.says_failed'],
    [answer(200, 'Webhook message delivery failed with error: 429'), 'webhook.says_failed'],
    [answer(200, '{"ok":true,"error":""}'), undefined],
    [answer(200, '{"errors":[]}'), undefined],
    [answer(204), undefined],
    [answer(404, 'no_service'), 'webhook.status'],
    [{ kind: 'unknown', reason: 'socket hang up' } as const, 'command.unknown'],
  ])('an answer of %j ends as %s, without naming the address', async (given, code) => {
    const { control, run } = stage();
    control.answers = [given];
    const { failure } = await run('webhook', { url });
    expect(failure?.code).toBe(code);
    expect(failure?.message ?? '').not.toContain('very-secret');
    expect(control.requests).toHaveLength(1);
  });

  it.each([
    [[{ kind: 'not_sent', reason: 'ECONNREFUSED' } as const, answer(200)], 2],
    [[answer(503), answer(429, '', { 'retry-after': '7' }), answer(200)], 3],
  ])('is sent again when it certainly was not taken: %j', async (answers, times) => {
    const { control, run } = stage();
    control.answers = answers;
    expect((await run('webhook', { url })).failure).toBeUndefined();
    expect(control.requests).toHaveLength(times);
  });

  it('gives up after its retries, and what may have been taken is sent again only where that does no harm', async () => {
    const { control, run } = stage();
    control.answers = [{ kind: 'unknown', reason: 'late' }];
    await run('webhook', { url, method: 'GET', retries: 2 });
    expect(control.requests).toHaveLength(3);
    control.answers = [{ kind: 'not_sent', reason: 'ENOTFOUND' }];
    const { failure, changed } = await run('webhook', { url, retries: 1 });
    expect(failure).toMatchObject({
      code: 'webhook.not_sent',
      hint: expect.stringContaining('HTTPS_PROXY') as unknown,
    });
    expect(changed).toBe(false);
  });

  it('takes other statuses for a success where it says so, and a body for what it is', async () => {
    const { control, run } = stage();
    control.answers = [answer(404, 'it failed')];
    expect(
      (await run('webhook', { url, status_code: [200, 404], check_body: false })).failure,
    ).toBeUndefined();
  });

  it.each([
    { url: 'ftp://x' },
    { url, body: 3, body_format: 'form' },
    { url, body: {}, body_format: 'text' },
  ])('refuses %j', async (args) => {
    await expect(stage().run('webhook', args)).rejects.toThrow();
  });
});

describe('ping', () => {
  it('says as whom commands run', async () => {
    const { host, run } = stage();
    host.transport.when(({ text }) => (text === 'id -un' ? { stdout: 'deploy\n' } : undefined));
    expect(await run('ping', {})).toMatchObject({ changed: false, values: { ping: 'pong', user: 'deploy' } });
    expect(await run('ping', { data: 'hi' })).toMatchObject({ values: { ping: 'hi' } });
  });

  it('fails when the command cannot run', async () => {
    const { host, run } = stage();
    host.transport.when(() => ({
      outcome: { kind: 'exited', code: 1 },
      stderr: 'sudo: a password is required',
    }));
    await expect(run('ping', {})).rejects.toThrow('a password is required');
  });
});
