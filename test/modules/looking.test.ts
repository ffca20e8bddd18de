import { describe, expect, it } from 'vitest';
import { UnknownValue } from '../../src/model/unknown.js';
import type { ModuleResult } from '../../src/modules/module.js';
import { modules } from '../../src/modules/catalogue.js';
import { image } from '../fakes/world/image-behaviour.js';
import { World } from '../fakes/world/world.js';
import { FakeModuleHost } from './fake-module-host.js';

function stage() {
  const world = new World();
  const { digest } = world.images.publish('registry/api', 'v1', image.healthy());
  const fake = world.addHost('h1');
  fake.runs({ name: 'api', digest, ports: [5060] });
  const host = new FakeModuleHost(world, fake);
  const read = async (module: string, args: unknown): Promise<ModuleResult> => {
    const checked = await host.check(module, args);
    if (checked.changes) throw new Error(`${module} only reads`);
    return checked.result;
  };
  return { world, fake, host, read };
}

describe('uri', () => {
  it('asks the host itself, and keeps the answer', async () => {
    const { read } = stage();
    const result = await read('uri', { port: 5060, path: '/health', status: 200 });
    expect(result).toMatchObject({
      changed: false,
      message: '200 from http://127.0.0.1:5060/health',
      values: { status: 200, headers: {}, url: 'http://127.0.0.1:5060/health' },
    });
    expect(result.failure).toBeUndefined();
  });

  it('expects 200 unless it is told otherwise', async () => {
    const { read } = stage();
    expect((await read('uri', { port: 5060 })).failure).toBeUndefined();
  });

  it('fails on another status, and keeps that answer too', async () => {
    const { read } = stage();
    const { failure, values } = await read('uri', { port: 5060, path: '/', status: [201, 204] });
    expect(failure).toMatchObject({
      code: 'uri.status',
      message: 'http://127.0.0.1:5060/ answered 200, not 201 or 204.',
    });
    expect(values).toMatchObject({ status: 200 });
  });

  it('fails with status -1, as in Ansible, when nobody answers: a condition can wait for better', async () => {
    const { read } = stage();
    const { failure, values } = await read('uri', { port: 9999 });
    expect(failure).toMatchObject({ code: 'http.no_answer' });
    expect(values).toMatchObject({ status: -1, url: 'http://127.0.0.1:9999/' });
  });

  it('does not take a lost host for a wrong answer', async () => {
    const { read, fake } = stage();
    fake.lose();
    await expect(read('uri', { port: 5060 })).rejects.toMatchObject({ code: 'ssh.unreachable' });
  });
});

describe('assert', () => {
  const unknown = new UnknownValue('the output of "migrate"');

  it.each([
    ['all hold', [true, true], 'holds'],
    ['one is not known yet', [true, unknown], '1 of 2 not known before the run'],
  ])('passes when %s', async (_, [first, second], message) => {
    const { host, read } = stage();
    host.conditions = { a: first!, b: second! };
    const result = await read('assert', { that: ['a', 'b'] });
    expect(result).toMatchObject({ changed: false, message });
    expect(result.failure).toBeUndefined();
  });

  it('fails on the first that does not hold, known or not what comes before it', async () => {
    const { host, read } = stage();
    host.conditions = { a: unknown, b: false };
    const { failure } = await read('assert', { that: ['a', 'b'] });
    expect(failure).toMatchObject({
      code: 'assert.failed',
      message: 'The assertion does not hold: b',
      host: 'h1',
    });
  });

  it('says what the playbook says', async () => {
    const { host, read } = stage();
    host.conditions = { good: true, bad: false };
    expect(await read('assert', { that: 'good', success_msg: 'fine' })).toMatchObject({ message: 'fine' });
    const { failure } = await read('assert', { that: 'bad', fail_msg: 'not fine' });
    expect(failure?.message).toBe('not fine');
  });
});

describe('health', () => {
  const probe = { port: 5060, path: '/health', status: 200, passes: 3 };

  it('gives the proof', async () => {
    const { read } = stage();
    expect(await read('health', probe)).toMatchObject({
      changed: false,
      message: 'healthy, 3 in a row: 200 in 3 ms',
      values: { passes: 3, answer: '200 in 3 ms' },
    });
  });

  it('fails as the proof does', async () => {
    const { host, read } = stage();
    host.proof = new Error('not healthy');
    await expect(read('health', probe)).rejects.toThrow('not healthy');
  });

  it('in a dry run only says what it would prove: nothing changed that could become healthy', async () => {
    const { host, read } = stage();
    host.checkMode = true;
    host.proof = new Error('it was asked');
    expect(await read('health', probe)).toMatchObject({
      message: 'would prove: http://127.0.0.1:5060/health answers 200, 3 in a row',
    });
    expect(await read('health', { command: 'check it', passes: 2 })).toMatchObject({
      message: 'would prove: check it exits with 0, 2 in a row',
    });
  });

  it('proves nothing for a group without a health check', async () => {
    const { host, read } = stage();
    host.proof = new Error('it was asked');
    expect(await read('health', 'none')).toMatchObject({ message: 'the group has no health check' });
  });
});

describe('pause', () => {
  it.each([
    [{ seconds: 5 }, 5_000, 'waited 5 s'],
    [{ seconds: '250ms' }, 250, 'waited 250 ms'],
    [{ minutes: 1.5 }, 90_000, 'waited 1 m 30 s'],
    [{ seconds: 1, minutes: 1 }, 61_000, 'waited 1 m 1 s'],
  ])('waits for %j', async (args, duration, message) => {
    const { world, read } = stage();
    const result = await world.clock.run(read('pause', args));
    expect(world.clock.elapsed()).toBe(duration);
    expect(result).toMatchObject({ changed: false, message });
  });

  it('does not wait in a dry run', async () => {
    const { host, read } = stage();
    host.checkMode = true;
    expect(await read('pause', { minutes: 10 })).toMatchObject({ message: 'would wait 10 m' });
  });
});

describe('debug', () => {
  it.each([
    [{ msg: 'hello' }, 'hello'],
    [{ msg: { a: [1, true] } }, '{"a":[1,true]}'],
    [{ msg: '' }, ''],
    [{}, 'Hello world!'],
    [{ var: 'release' }, '{"release":{"version":"v2"}}'],
  ])('shows %j', async (args, message) => {
    const { host, read } = stage();
    host.variables = { release: { version: 'v2' } };
    expect(await read('debug', args)).toMatchObject({ changed: false, message });
  });
});

describe('fail', () => {
  it.each([
    [{ msg: 'no way' }, 'no way'],
    [{}, 'Failed as requested by the playbook.'],
  ])('fails with %j', async (args, message) => {
    const { failure } = await stage().read('fail', args);
    expect(failure).toMatchObject({ code: 'fail', message, host: 'h1' });
  });
});

describe('set_fact', () => {
  it('keeps values of any type as variables', async () => {
    const facts = { colour: 'blue', ports: [1, 2], deep: { on: true } };
    expect(await stage().read('set_fact', facts)).toEqual({
      changed: false,
      message: 'colour, ports, deep',
      values: facts,
      facts,
    });
  });

  it('refuses what cannot be the name of a variable', async () => {
    await expect(stage().read('set_fact', { 'not-a-name': 1 })).rejects.toThrow(
      'is not a name that a template can use',
    );
  });
});

describe('the catalogue', () => {
  it('knows the effect of every module, and which take a host out of service', () => {
    const told = [...modules.values()].map(
      ({ name, effect, takesHostOut }) => `${name}: ${effect}${takesHostOut ? ', out of service' : ''}`,
    );
    expect(told.sort()).toEqual([
      'add_host: reads',
      'apt: idempotent',
      'assert: reads',
      'async_status: reads',
      'blockinfile: idempotent',
      'command: one_way',
      'copy: idempotent',
      'cron: idempotent',
      'debug: reads',
      'docker_container: restorable, out of service',
      'docker_exec: one_way',
      'docker_image: restorable',
      'docker_login: reads',
      'docker_logs: reads',
      'docker_network: idempotent',
      'docker_prune: one_way',
      'docker_volume: idempotent',
      'elb_target: restorable, out of service',
      'fail: reads',
      'fetch: idempotent',
      'file: idempotent',
      'find: reads',
      'get_url: idempotent',
      'git: idempotent',
      'group: idempotent',
      'health: reads',
      'include_vars: reads',
      'lineinfile: idempotent',
      'local_command: one_way',
      'meta: reads',
      'package: idempotent',
      'pause: reads',
      'ping: reads',
      'reboot: one_way, out of service',
      'replace: idempotent',
      'script: one_way',
      'service: idempotent',
      'set_fact: reads',
      'setup: reads',
      'shell: one_way',
      'stat: reads',
      'systemd: idempotent',
      'template: idempotent',
      'unarchive: idempotent',
      'uri: reads',
      'user: idempotent',
      'wait_for: reads',
      'webhook: one_way',
    ]);
  });
});
