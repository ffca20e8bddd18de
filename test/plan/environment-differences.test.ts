import { describe, expect, it } from 'vitest';
import { environmentDifferences } from '../../src/plan/environment-differences.js';
import { makeSpec } from '../stages/plan-parts.js';

describe('what differs between two environments', () => {
  const secrets = (values: Readonly<Record<string, string>>) =>
    new Map(Object.entries(values).map(([name, value]) => [name, [value]]));

  it('is told by key with both values; of secrets only whether they are the same', () => {
    const from = {
      specs: [
        makeSpec({ env: { LEVEL: 'debug', SAME: '1', URL: 'https://u:s3cret@db' }, restart: { name: 'no' } }),
      ],
      secrets: secrets({ db: 's3cret', shared: 'one', old: 'gone' }),
    };
    const to = {
      specs: [makeSpec({ env: { LEVEL: 'info', SAME: '1', URL: 'https://u:0ther@db', NEW: 'x' } })],
      secrets: secrets({ db: '0ther', shared: 'one', fresh: 'new' }),
    };
    const told = environmentDifferences(from, to);
    expect(told).toEqual([
      { key: 'api.env.LEVEL', from: '"debug"', to: '"info"' },
      { key: 'api.env.NEW', to: '"x"' },
      { key: 'api.restart', from: '{"name":"no"}', to: '{"name":"unless-stopped"}' },
      { key: 'db', secret: 'different' },
      { key: 'fresh', secret: 'only_to' },
      { key: 'old', secret: 'only_from' },
    ]);
    expect(environmentDifferences(from, from)).toEqual([]);
  });
});
