import { describe, expect, it } from 'vitest';
import { modules } from '../../src/modules/catalogue.js';
import { laterHosts, type LaterHosts } from '../../src/playbook/later-hosts.js';
import { loadPlaybook } from '../../src/playbook/load.js';
import { MemoryFiles } from '../fakes/memory-files.js';

async function later(...tasks: readonly string[]): Promise<LaterHosts | undefined> {
  const text = `- hosts: api\n  tasks:\n${tasks.map((task) => `    - ${task}\n`).join('')}`;
  return laterHosts(await loadPlaybook(new MemoryFiles({ 'p.yml': text }), 'p.yml', modules));
}

describe('the hosts that a playbook may add', () => {
  it('are none where no task adds any', async () => {
    expect(await later('debug: hello')).toBeUndefined();
  });

  it('have the names that are written out', async () => {
    const found = await later(
      'add_host: { name: "web9:2222", groups: "new, old" }',
      'block: [{ add_host: { hostname: web8, groupname: [late] } }]',
    );
    expect(found?.names).toEqual(['new', 'old', 'late', 'web9', 'web8']);
    for (const name of ['new', 'old', 'late', 'web8', 'web9']) expect(found?.isForeseen(name)).toBe(true);
    expect(found?.mayBe('nwe')).toBe(false);
  });

  it.each([
    ['a template in a group', '{ name: web9, group: "new,role_{{ role }}" }', 'role_db', 'rol_db'],
    ['a template in a name', '{ name: "web-{{ item }}" }', 'web-3', 'wbe-3'],
  ])('have names of the form of %s', async (_, args, name, other) => {
    const found = await later(`add_host: ${args}`);
    expect([found?.isForeseen(name), found?.isForeseen(other)]).toEqual([true, false]);
  });

  it('may have any name that is one template, which does not make a group of it', async () => {
    const found = await later('add_host: { name: "{{ item }}", groups: new }');
    expect([found?.mayBe('web9'), found?.isForeseen('web9'), found?.isForeseen('new')]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('may have any name where what is included is not known', async () => {
    const found = await later('include_tasks: "{{ what }}.yml"');
    expect([found?.mayBe('web9'), found?.isForeseen('web9')]).toEqual([true, false]);
  });
});
