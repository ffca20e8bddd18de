import { describe, expect, it } from 'vitest';
import { Redaction } from '../../src/events/redaction.js';
import { Secret } from '../../src/model/secret.js';

const redactionOf = (...secrets: readonly (readonly [value: string, name: string])[]): Redaction => {
  const redaction = new Redaction();
  for (const [value, name] of secrets) redaction.add(new Secret(value), name);
  return redaction;
};

describe('the secrets in a value', () => {
  it('are found in all of its texts, in any form, by their names', () => {
    const redaction = redactionOf(['hunter22', 'db'], ['s3cret/token', 'token'], ['not there', 'other']);
    const value = {
      url: 'postgres://api:hunter22@db/api',
      list: [{ deep: Buffer.from('s3cret/token').toString('base64') }],
      port: 5060,
    };
    expect(redaction.secretsIn(value)).toEqual(
      new Map([
        ['db', ['hunter22']],
        ['token', ['s3cret/token']],
      ]),
    );
  });

  it('go by each of the names that a value has', () => {
    const redaction = redactionOf(['hunter22', 'db'], ['hunter22', 'db.password']);
    expect([...redaction.secretsIn('hunter22').keys()]).toEqual(['db', 'db.password']);
  });

  it('are found where they are too short to be masked: as a word, or as all of it', () => {
    const redaction = redactionOf(['abcd', 'four'], ['xy', 'two']);
    expect([...redaction.secretsIn(['user:abcd@host', 'xy']).keys()]).toEqual(['four', 'two']);
    expect(redaction.secretsIn(['abcdef', 'xyz', 'x y xy'])).toEqual(new Map());
  });

  it('are none where nothing is secret', () => {
    expect(redactionOf().secretsIn({ a: 'text' })).toEqual(new Map());
  });
});
