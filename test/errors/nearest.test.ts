import { describe, expect, test } from 'vitest';
import { enumerate, nearest, suggest } from '../../src/errors/nearest.js';

describe('nearest', () => {
  const words = ['container', 'containers', 'env', 'env_file', 'ports', 'min_healthy', 'api', 'worker'];

  test.each([
    ['contaner', 'container'],
    ['contianer', 'container'],
    ['prots', 'ports'],
    ['minhealthy', 'min_healthy'],
    ['min-healthy', 'min_healthy'],
    ['ENV', 'env'],
    ['evn', 'env'],
    ['wroker', 'worker'],
    ['apl', 'api'],
  ])('takes %s for a slip of %s', (typo, meant) => {
    expect(nearest(typo, words)).toBe(meant);
  });

  test.each(['database', 'x', '', 'db', 'prod'])(
    'suggests nothing for %j, which is no slip of anything',
    (word) => {
      expect(nearest(word, words)).toBeUndefined();
    },
  );

  test('does not suggest the word itself', () => {
    expect(nearest('api', ['api'])).toBeUndefined();
  });
});

test('a suggestion lists what there is when nothing is near, at most a dozen', () => {
  const many = Array.from({ length: 15 }, (_, index) => `key-${index}`);

  expect(suggest('zebra', many, 'Known here')).toMatch(/^Known here: key-0, .*, key-11 and 3 more\.$/);
  expect(suggest('zebra', [], 'Known here')).toBeUndefined();
  expect(enumerate(['a', 'b'])).toBe('a, b');
});
