import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCondition } from '../../src/expression/condition.js';
import { jinjaIn } from '../../src/expression/jinja/template.js';
import { conditionOfJinja } from '../../src/expression/jinja/translation.js';
import { parseTemplate } from '../../src/expression/template-syntax.js';
import { modules } from '../../src/modules/catalogue.js';
import { hintForModule } from '../../src/playbook/ansible-modules.js';
import { adfpush, projectOf } from '../stages/adfpush.js';

const page = readFileSync('docs/coming-from-ansible.md', 'utf8');

/** The rows of the table below a heading: what stands in code, in both columns. */
function rowsBelow(heading: string): readonly (readonly [readonly string[], readonly string[]])[] {
  const chapter = page.split(/^## /m).find((one) => one.startsWith(heading)) ?? '';
  const rows = [...chapter.matchAll(/^\| (.*?[^\\]) \| (.*?[^\\]) +\|$/gm)].slice(1);
  expect(rows.length).toBeGreaterThan(3);
  return rows
    .filter(([, left = '']) => !left.startsWith('---'))
    .map(([, left = '', right = '']) => [codeIn(left), codeIn(right)]);
}
const codeIn = (cell: string): readonly string[] =>
  [...cell.replaceAll('\\|', '|').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

const noneIsOurs = (): boolean => false;

describe.each(['Values', 'Template files'])('%s', (heading) => {
  it.each(rowsBelow(heading).map(([[jinja = ''], [here = '']]) => [jinja, here]))(
    '%s is %s',
    (jinja, here) => {
      expect(jinjaIn(jinja, noneIsOurs).map((part) => part.here)).toEqual([{ text: here }]);
      if (heading === 'Values') expect(() => parseTemplate(here, () => ({}))).not.toThrow();
    },
  );
});

describe('Conditions', () => {
  it.each(rowsBelow('Conditions').map(([[jinja = ''], [here = '']]) => [jinja, here]))(
    '%s is %s',
    (jinja, here) => {
      expect(conditionOfJinja(jinja)).toEqual({ text: here });
      expect(() => parseCondition(here, { file: 'a', line: 1, column: 1 })).not.toThrow();
    },
  );
});

it('names for modules of Ansible those that the errors name', () => {
  const names = [...modules.keys()];
  for (const [theirs, ours] of rowsBelow('Modules')) {
    for (const name of ours) expect(names).toContain(name);
    for (const name of theirs)
      expect(
        ours.some((one) => hintForModule(name, names)?.includes(one)),
        name,
      ).toBe(true);
  }
});

it('names commands and flags that exist', async () => {
  for (const [, [command = '']] of rowsBelow('Commands')) {
    const [, verb = '', rest = ''] = /^adfpush ([a-z]+(?: (?:graph|vars|list))?)([^`]*)$/.exec(command) ?? [];
    const { exit, stdout } = await adfpush([...verb.split(' '), '--help']);
    expect(exit, command).toBe(0);
    for (const [flag] of (rest.split(' -- ')[0] ?? '').matchAll(/--[a-z-]+/g))
      expect(stdout, command).toContain(flag);
  }
});

it('has a play that lint finds nothing in', async () => {
  const [, play = ''] = /```yaml\n([^]*?)```/.exec(page) ?? [];
  const project = await projectOf({
    'inventory/prod.yml': 'source: static\nhosts: { web-1: { address: 127.0.0.1, groups: [web] } }\n',
  });
  await mkdir(join(project, 'playbooks'));
  await writeFile(join(project, 'playbooks/site.yml'), play);

  expect(await adfpush(['lint'], project)).toMatchObject({
    exit: 0,
    stdout: expect.stringContaining('nothing found') as string,
  });
});
