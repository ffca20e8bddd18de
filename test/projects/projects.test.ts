import { cp, mkdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { adfpush, projectOf } from '../stages/adfpush.js';

/** The groups of the hosts, where the project's inventory is made by the tests that play it. */
const projects: readonly (readonly [string, Readonly<Record<string, readonly string[]>>])[] = [
  ['rolling-update', { lb: ['lbservers'], data: ['dbservers'], 'web-1': ['webservers'] }],
  ['lamp', { db: ['dbservers'], web: ['webservers'] }],
  ['jenkins', {}],
];

it.each(projects)('lint finds nothing in the project %s, for none of its hosts', async (name, hosts) => {
  const project = await projectOf({});
  await cp(join(import.meta.dirname, name), project, { recursive: true });
  if (!existsSync(join(project, 'inventory/prod.yml'))) {
    const entries = Object.entries(hosts).map(
      ([host, groups]) => [host, { address: '127.0.0.1', groups }] as const,
    );
    await mkdir(join(project, 'inventory'), { recursive: true });
    const inventory = { source: 'static', hosts: Object.fromEntries(entries) };
    await writeFile(join(project, 'inventory/prod.yml'), JSON.stringify(inventory));
  }
  const { exit, stdout } = await adfpush(['lint'], project);
  expect(stdout).toContain('nothing found');
  expect(exit).toBe(0);
});
