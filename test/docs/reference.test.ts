import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { modulesPage } from '../../scripts/modules-page.js';
import { referencePage } from '../../scripts/reference.js';

test.each([
  ['docs/reference.md', referencePage],
  ['docs/modules.md', modulesPage],
])('%s is what `npm run docs` writes', async (path, page) => {
  expect(readFileSync(path, 'utf8')).toBe(await page());
});
