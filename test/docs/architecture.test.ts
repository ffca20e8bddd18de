import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { root } from '../stages/adfpush.js';

it('the page on the architecture has every folder of src, and none that is gone', () => {
  const table =
    /\n\| Folder of `src`.*?\n\n/s.exec(readFileSync(`${root}/docs/architecture.md`, 'utf8'))?.[0] ?? '';
  const named = [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)\/`/g)].map(([, name]) => name),
  );

  const folders = readdirSync(`${root}/src`, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(named.toSorted()).toEqual(folders.map(({ name }) => name).toSorted());
});
