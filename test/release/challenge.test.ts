import { expect, test } from 'vitest';
import { parseChallenges } from '../../src/release/registry-authorization.js';

const read = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

test.each<[string, unknown]>([
  ['', []],
  ['Basic realm="Registry Realm"', [['basic', { realm: 'Registry Realm' }]]],
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
    [
      [
        'bearer',
        {
          realm: 'https://auth.docker.io/token',
          service: 'registry.docker.io',
          scope: 'repository:a/b:pull,push',
        },
      ],
    ],
  ],
  [
    'Basic realm="a", Bearer realm=https://t , service="b \\"c\\""',
    [
      ['basic', { realm: 'a' }],
      ['bearer', { realm: 'https://t', service: 'b "c"' }],
    ],
  ],
  [
    'Negotiate, Basic realm="a"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'a' }],
    ],
  ],
  ['BEARER Realm="x', [['bearer', {}]]],
])('the challenges in %s are told apart', (header, challenges) => {
  expect(read(header)).toEqual(challenges);
});
