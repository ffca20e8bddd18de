import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { validate } from '../../../src/config/validate.js';
import { parseYaml } from '../../../src/config/yaml.js';
import { amountSchema, serialSchema } from '../../../src/model/schema/amount.js';
import { durationSchema } from '../../../src/model/schema/duration.js';
import { healthSchema } from '../../../src/model/schema/health.js';
import { rolloutSchema } from '../../../src/model/schema/rollout.js';
import { targetGroupsSchema } from '../../../src/model/schema/target-groups.js';
import { errorsFrom, textOf } from '../../stages/error-text.js';

const read = <T>(schema: z.ZodType<T>, text: string): T => validate(schema, parseYaml('f.yml', text), ['it']);
const complaints = (schema: z.ZodType, text: string) =>
  errorsFrom(() => read(schema, text)).map((error) => textOf(error).replace('f.yml:', ''));

describe('health', () => {
  const passes = { passes: 3, interval: 1_000, timeout: 60_000, attemptTimeout: 5_000 };

  test('a port alone is a request for / that answers 200', () => {
    expect(read(healthSchema, 'port: 5060')).toEqual({
      kind: 'http',
      scheme: 'http',
      port: 5060,
      path: '/',
      status: [200],
      headers: {},
      ...passes,
    });
  });

  test('every key of an HTTP probe is read', () => {
    const text =
      '{ port: "443", path: /health?full=1, status: [200, 301-303], scheme: https, host: api.example.com, headers: { X-Probe: 1 }, passes: 5, interval: 250ms, timeout: 2m, attempt_timeout: 3 }';

    expect(read(healthSchema, text)).toEqual({
      kind: 'http',
      scheme: 'https',
      hostHeader: 'api.example.com',
      port: 443,
      path: '/health?full=1',
      status: [200, 301, 302, 303],
      headers: { 'X-Probe': '1' },
      passes: 5,
      interval: 250,
      timeout: 120_000,
      attemptTimeout: 3_000,
    });
  });

  test('a command is a probe of its own kind', () => {
    expect(read(healthSchema, 'command: /usr/bin/check --fast')).toEqual({
      kind: 'command',
      argv: ['/usr/bin/check', '--fast'],
      ...passes,
    });
  });

  test.each([
    ['{}', ['1:1 `it.port` is missing.']],
    ['port: 0', ['1:7 `it.port` must be a whole number from 1 to 65535, not 0.']],
    ['prot: 80', ['1:1 `it.port` is missing.', '1:1 Unknown key `prot` in `it`. | Did you mean "port"?']],
    ['port: 80\npath: health', ['2:7 `it.path` must begin with / and hold no space, not "health".']],
    ['port: 80\nstatus: ok', ['2:9 `it.status` must be an HTTP status such as 200 or 200-299, not "ok".']],
    [
      'port: 80\nstatus: [299-200]',
      ['2:10 `it.status[0]` must be an HTTP status such as 200 or 200-299, not "299-200".'],
    ],
    [
      'port: 80\ntimeout: 0s',
      [
        '2:10 `it.timeout` must be longer than zero. | Write it like 90s, 5m, 1h30m or 250ms; a bare number is seconds.',
      ],
    ],
    [
      'port: 80\nscheme: htps',
      ['2:9 `it.scheme` must be one of http, https, not "htps". | Did you mean "https"?'],
    ],
    [
      'command: a | b',
      ['1:10 `it.command` holds |, which needs a shell. | For a shell, write a list: [sh, -c, "…"].'],
    ],
    ['command: a\nport: 80', ['1:1 `it` must have a `port` or a `command`, not both.']],
    ['on', ['1:1 `it` must be a mapping, not "on".']],
  ])('%j is refused', (text, expected) => {
    expect(complaints(healthSchema, text)).toEqual(expected);
  });
});

describe('rollout', () => {
  const defaults = {
    serial: [{ hosts: 1 }, { percent: 25 }, { percent: 100 }],
    minHealthy: { percent: 50 },
    bake: 30_000,
    drainTimeout: 'default',
    onFailure: 'rollback',
    maxFailures: { hosts: 0 },
    keepReleases: 3,
    floorWait: 600_000,
    reconnect: 300_000,
    maxBlips: 10,
    asg: 'suspend',
  };

  test('what is left out has its default', () => {
    expect(read(rolloutSchema, '{}')).toEqual(defaults);
    expect(read(rolloutSchema, 'bake: 0s')).toEqual({ ...defaults, bake: 0 });
  });

  test('every key is read', () => {
    const text =
      '{ serial: 2, min_healthy: 0, bake: 1m, drain_timeout: 330s, max_failures: 10%, on_failure: stop, keep_releases: 0, floor_wait: 1h, reconnect: 30s, max_blips: 0, asg: ignore }';

    expect(read(rolloutSchema, text)).toEqual({
      serial: [{ hosts: 2 }],
      minHealthy: { hosts: 0 },
      bake: 60_000,
      drainTimeout: 330_000,
      onFailure: 'stop',
      maxFailures: { percent: 10 },
      keepReleases: 0,
      floorWait: 3_600_000,
      reconnect: 30_000,
      maxBlips: 0,
      asg: 'ignore',
    });
  });

  test.each([
    [
      'on_failure: rolback',
      [
        '1:13 `it.on_failure` must be one of rollback, restore, stop, not "rolback". | Did you mean "rollback"?',
      ],
    ],
    ['drain_timeout: never', ['1:16 `it.drain_timeout` must be `default` or a duration such as 330s.']],
    [
      'asg: suspended',
      ['1:6 `it.asg` must be one of suspend, ignore, not "suspended". | Did you mean "suspend"?'],
    ],
    ['keep_releases: -1', ['1:16 `it.keep_releases` must be a whole number of at least 0, not -1.']],
    ['min_helthy: 1', ['1:1 Unknown key `min_helthy` in `it`. | Did you mean "min_healthy"?']],
  ])('%j is refused', (text, expected) => {
    expect(complaints(rolloutSchema, text)).toEqual(expected);
  });
});

describe('amounts', () => {
  const wrongSize = 'Write a whole number of at least 1, or a share of at most 100% such as 25%.';

  test.each([
    ['3', { hosts: 3 }],
    ['"3"', { hosts: 3 }],
    ['0', { hosts: 0 }],
    ['25%', { percent: 25 }],
    ['12.5 %', { percent: 12.5 }],
    ['0%', { percent: 0 }],
  ])('%s', (text, amount) => {
    expect(read(amountSchema, text)).toEqual(amount);
  });

  test.each(['-1', '101%', '1.5', 'half', '[1]', '"%"'])('%s is none', (text) => {
    expect(complaints(amountSchema, text)).toEqual([
      expect.stringMatching(
        /^1:1 `it` must be a number of hosts or a percentage, not .*\| Write a whole number of at least 0,/,
      ),
    ]);
  });

  test('serial is one size or a list of them, and none is zero', () => {
    expect(read(serialSchema, '25%')).toEqual([{ percent: 25 }]);
    expect(read(serialSchema, '[1, 50%]')).toEqual([{ hosts: 1 }, { percent: 50 }]);
    expect(complaints(serialSchema, '[1, 0, 0%]')).toEqual([
      `1:5 \`it[1]\` must be a number of hosts or a percentage, not 0. | ${wrongSize}`,
      `1:8 \`it[2]\` must be a number of hosts or a percentage, not "0%". | ${wrongSize}`,
    ]);
    expect(complaints(serialSchema, '0')).toEqual([
      `1:1 \`it\` must be a number of hosts or a percentage, not 0. | ${wrongSize}`,
    ]);
    expect(complaints(serialSchema, '[]')).toEqual([
      '1:1 `it` must not be an empty list. | Write 1, 25%, or a list of them.',
    ]);
  });
});

test.each([
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['250ms', 250],
  ['5', 5_000],
  ['0', 0],
])('the duration %s', (text, expected) => {
  expect(read(durationSchema, text)).toBe(expected);
});

describe('target groups', () => {
  const hint = 'Write a list of names, none for hosts behind no load balancer, or auto.';

  test.each([
    ['none', { kind: 'none' }],
    ['auto', { kind: 'auto' }],
    ['api-http', { kind: 'named', names: ['api-http'] }],
    ['[api-http, api-grpc, api-http]', { kind: 'named', names: ['api-http', 'api-grpc'] }],
  ])('%s', (text, expected) => {
    expect(read(targetGroupsSchema, text)).toEqual(expected);
  });

  test.each([
    ['[]', [`1:1 \`it\` must not be an empty list. | ${hint}`]],
    ['[api_http]', [`1:2 \`it[0]\` must be the name of a target group, not "api_http". | ${hint}`]],
    ['null', [`1:1 \`it\` must be the name of a target group, not nothing. | ${hint}`]],
  ])('%s is refused', (text, expected) => {
    expect(complaints(targetGroupsSchema, text)).toEqual(expected);
  });
});
