import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { knownHostName, parseKnownHosts, speaksOf } from '../../src/transport/ssh/known-hosts.js';

const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIJ2Yk0eV0Kk2xk8m2K3u0wW7ZcQb0vHk0Xo2yA1n3c4d';
const found = (patterns: string, name: string): boolean =>
  parseKnownHosts('known_hosts', `${patterns} ssh-ed25519 ${key}\n`).some((line) => speaksOf(line, name));

describe('which lines of known_hosts speak of a host', () => {
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
  ])('%s and %s: %s', (patterns, name, expected) => {
    expect(found(patterns, name)).toBe(expected);
  });

  test('lines that ssh-keygen hashed are found by the name that was hashed, and by no other', () => {
    const folder = mkdtempSync(join(tmpdir(), 'adfpush-known-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'known_hosts');
    writeFileSync(file, `api-1 ssh-ed25519 ${key}\n[10.0.0.7]:2222 ssh-ed25519 ${key}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });

    const lines = parseKnownHosts(file, readFileSync(file, 'utf8'));
    const where = (name: string): number[] =>
      lines.filter((line) => speaksOf(line, name)).map(({ line }) => line);

    expect(where('api-1')).toEqual([1]);
    expect(where(knownHostName('10.0.0.7', 2222))).toEqual([2]);
    expect(where('10.0.0.7')).toEqual([]);
  });
});

test('comments, blanks and garbage are passed over, markers are kept, lines are counted', () => {
  const text = [
    '# a comment',
    '',
    `@revoked * ssh-ed25519 ${key}`,
    `@cert-authority *.example.com ssh-ed25519 ${key}`,
    `@something api ssh-ed25519 ${key}`,
    'api-1 ssh-ed25519',
    'api-1 1024 35 1234',
    `  api-1 ssh-ed25519 ${key} a comment`,
  ].join('\n');

  const lines = parseKnownHosts('known_hosts', text);

  expect(lines.map(({ line, marker, patterns }) => [line, marker, patterns])).toEqual([
    [3, 'revoked', '*'],
    [4, 'cert-authority', '*.example.com'],
    [8, undefined, 'api-1'],
  ]);
});
