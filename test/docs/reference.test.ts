import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { referencePage } from '../../scripts/reference.js';

test('docs/reference.md is what `npm run docs` writes', async () => {
  expect(readFileSync('docs/reference.md', 'utf8')).toBe(await referencePage());
});
