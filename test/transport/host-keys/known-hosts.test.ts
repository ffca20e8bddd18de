import { describe, expect, test } from 'vitest';
import { keysOf, parseKnownHosts } from '../../../src/transport/ssh/host-keys/known-hosts.js';
import { matchesName } from '../../../src/transport/ssh/host-keys/name-patterns.js';

const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIJ2Yk0eV0Kk2xk8m2K3u0wW7ZcQb0vHk0Xo2yA1n3c4d';

// What OpenSSH makes of each is compared with the real one in matrix.test.ts; these are for the reader.
describe('which names a line means', () => {
  test.each([
    ['api-1', 'api-1', true],
    ['api-1,10.0.0.7', '10.0.0.7', true],
    ['API-1', 'api-1', true],
    ['api-1', 'api-10', false],
    ['api-?', 'api-1', true],
    ['api-?', 'api-10', false],
    ['*.example.com', 'api.example.com', true],
    ['*.example.com', 'apixexample.com', false],
    ['*.example.com,!db.example.com', 'db.example.com', false],
    ['!db.example.com,*.example.com', 'db.example.com', false],
    ['!db.example.com', 'api.example.com', false],
    ['[127.0.0.1]:2222', '[127.0.0.1]:2222', true],
    ['[127.0.0.1]:2222', '127.0.0.1', false],
    ['127.0.0.1', '[127.0.0.1]:2222', false],
    ['[127.0.0.1]:*', '[127.0.0.1]:2222', true],
    ['fd00::*', 'fd00::7', true],
    ['', 'api-1', false],
    ['a*b*c', 'aXbXbXc', true],
    ['a*b*c', 'aXbXbXcd', false],
  ])('%s and %s: %s', (patterns, name, expected) => {
    expect(matchesName(patterns, name)).toBe(expected);
  });

  test('a pattern made to take long does not', () => {
    expect(matchesName(`${'*a'.repeat(500)}*b`, 'a'.repeat(2_000))).toBe(false);
  });
});

test('comments, blanks and garbage are passed over, markers are kept, lines are counted', () => {
  const text = [
    '# a comment',
    '',
    `@revoked * ssh-ed25519 ${key}`,
    `@cert-authority api-* ssh-ed25519 ${key}`,
    `@something api-1 ssh-ed25519 ${key}`,
    'api-1 ssh-ed25519',
    'api-1 1024 35 1234',
    `  api-1 ssh-ed25519 ${key} a comment`,
    `api-1\tssh-ed25519\t${key}\r`,
  ].join('\n');

  const keys = keysOf(parseKnownHosts('known_hosts', text), 'api-1');

  expect(keys.map(({ line, marker }) => [line, marker])).toEqual([
    [3, 'revoked'],
    [4, 'cert-authority'],
    [8, undefined],
    [9, undefined],
  ]);
});

test('a revoked line counts with a tab after its marker too, where OpenSSH would pass over it', () => {
  const [line] = keysOf(parseKnownHosts('known_hosts', `@revoked\tapi-1 ssh-ed25519 ${key}\n`), 'api-1');

  expect(line?.marker).toBe('revoked');
});
