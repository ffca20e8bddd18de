import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/model/secret.js';
import {
  agreedKey,
  changedSecrets,
  hashSecrets,
  keyNameOf,
  readSecretsLabel,
  secretsLabelOf,
  type FoundSecrets,
} from '../../src/model/secret-hashes.js';

const key = new Secret('a1'.repeat(32));
const other = new Secret('b2'.repeat(32));
const found = (given: Readonly<Record<string, readonly string[]>>): FoundSecrets =>
  new Map(Object.entries(given));

describe('hashes of secrets', () => {
  it('are read from a label as they were written, whatever the names', () => {
    const hashed = hashSecrets(found({ 'db/"x",=': ['hunter22'], __proto__x: ['1'] }), key);
    expect(readSecretsLabel(secretsLabelOf(hashed))).toEqual(hashed);
  });

  it.each([undefined, '', '{', '[]', '{"key":1}', '{"key":"a"}'])('are none in the label %j', (text) => {
    expect(readSecretsLabel(text)).toBeUndefined();
  });

  it('tell nothing of what is equal: neither of two names nor under two keys', () => {
    const { hashes } = hashSecrets(found({ a: ['hunter22'], b: ['hunter22'] }), key);
    expect(hashes['a']).not.toBe(hashes['b']);
    expect(hashSecrets(found({ a: ['hunter22'] }), other).hashes['a']).not.toBe(hashes['a']);
    expect(JSON.stringify(hashes)).not.toContain('hunter22');
  });

  it('name the secrets that are others now, and neither new ones nor those that are gone', () => {
    const before = hashSecrets(found({ same: ['x', 'y'], changed: ['1'], gone: ['2'] }), key);
    const now = found({ same: ['y', 'x'], changed: ['3'], fresh: ['4'], constructor: ['5'] });
    expect(changedSecrets(before, now, key)).toEqual(['changed']);
  });
});

describe('the key of a group', () => {
  it('is the one that most hosts keep', () => {
    expect(agreedKey([other, key, other])?.reveal()).toBe(other.reveal());
  });

  it('is the same for all who see as many of each, in whatever order', () => {
    expect(agreedKey([key, other])?.reveal()).toBe(agreedKey([other, key])?.reveal());
  });

  it('is none where no host has one', () => {
    expect(agreedKey([])).toBeUndefined();
  });

  it('has a name that tells nothing of it', () => {
    expect(keyNameOf(key)).toMatch(/^[0-9a-f]{8}$/);
    expect(key.reveal()).not.toContain(keyNameOf(key));
  });
});
