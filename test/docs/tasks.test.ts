import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { adfpush, projectOf } from '../stages/adfpush.js';

const page = readFileSync('docs/tasks.md', 'utf8');
const examples = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => text);

it('has playbooks that lint finds nothing in', async () => {
  const project = await projectOf({
    'inventory/prod.yml': 'source: static\nhosts: { api-1: { address: 127.0.0.1, groups: [api] } }\n',
  });
  await mkdir(join(project, 'playbooks'));
  expect(examples.length).toBeGreaterThan(1);
  for (const [index, text] of examples.entries())
    await writeFile(join(project, `playbooks/${index}.yml`), text);

  expect(await adfpush(['lint'], project)).toMatchObject({
    exit: 0,
    stdout: expect.stringContaining('nothing found') as string,
  });
});

it('names commands and flags that exist', async () => {
  const commands = [...page.matchAll(/`(?:source <\()?adfpush ([a-z]+(?: (?:vars|list|graph))?)([^`]*)`/g)];
  expect(commands.length).toBeGreaterThan(5);
  for (const [, verb = '', rest = ''] of commands) {
    const { exit, stdout } = await adfpush([...verb.split(' '), '--help']);
    expect(exit, verb).toBe(0);
    const [own = ''] = rest.split(' -- ');
    for (const [flag] of own.matchAll(/--[a-z-]+/g)) expect(stdout, `${verb} ${flag}`).toContain(flag);
  }
});
