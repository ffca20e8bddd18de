import { expect, it } from 'vitest';
import { LazyMapping } from '../../src/model/lazy-mapping.js';
import { FleetStage } from '../stages/fleet-stage.js';

/** What a `debug` task of this text says on each host: `i-1 text`. */
async function said(text: string): Promise<readonly string[]> {
  const stage = new FleetStage({ hosts: 2 });
  const result = await stage.run(`- hosts: api\n  tasks:\n    - debug: '${text}'\n`);
  expect(result).toMatchObject({ exit: 0 });
  return stage
    .told('task.ended')
    .map(({ host, message }) => `${host.id} ${message ?? ''}`)
    .toSorted();
}

it.each([
  ['{{ join groups.api "," }}', 'i-1,i-2'],
  ['{{ join groups.all "," }}', 'i-1,i-2'],
  ['{{ length groups.ungrouped }}', '0'],
  ['{{ inventory_hostname_short }}', 'i-1'],
  ['{{ join group_names }}', 'api'],
  ['{{ lookup (lookup hostvars "i-2") "host_id" }}', 'i-2'],
  ['{{ join (map groups.api "extract" hostvars "host_address") "," }}', ''],
  ['{{ join play_hosts "," }}', 'i-1,i-2'],
  ['{{ join play_batch "," }}', 'i-1,i-2'],
  ['{{ playbook_dir }}', '.'],
  ['{{ run.verb }} {{ run.environment }} {{ run.id }}', 'run '],
  ['{{ default (lookup hostvars "i-9") "nobody" }}', 'nobody'],
])('%s', async (text, expected) => {
  const [first = ''] = await said(text);

  expect(first).toContain(`i-1 ${expected}`);
});

it('hostvars has what tasks of other hosts registered and set', async () => {
  const stage = new FleetStage({ hosts: 2 });
  stage.transport.when(({ text, host }) =>
    text.includes('hostname')
      ? { outcome: { kind: 'exited', code: 0 }, stdout: `real-${host.id}` }
      : undefined,
  );
  await stage.run(`
- hosts: api
  tasks:
    - shell: hostname
      register: real
    - set_fact: { colour: blue }
- hosts: api
  tasks:
    - debug: '{{ hostvars.i-2.real.stdout }} {{ hostvars.i-2.colour }}'
      name: say
      when: hostvars["i-2"].real.rc == 0 && hostvars["i-2"].colour == "blue"
`);
  const messages = stage.told('task.ended').filter(({ task }) => task.name === 'say');

  expect(messages.map(({ message }) => message)).toEqual(['real-i-2 blue', 'real-i-2 blue']);
});

it('conditions read them too', async () => {
  const stage = new FleetStage({ hosts: 2 });
  await stage.run(
    `- hosts: api\n  tasks:\n    - shell: date\n      when: inventory_hostname == groups.api[0] && hostvars["i-2"].host_id == "i-2" && size(play_hosts) == 2\n`,
  );

  expect(stage.transport.commands.map(({ host, text }) => `${host.id} ${text.trim()}`)).toEqual(['i-1 date']);
});

it('leaves out an argument that is omit', async () => {
  const stage = new FleetStage({ hosts: 1 });
  const result = await stage.run(
    `- hosts: api\n  tasks:\n    - shell: date\n      args: { creates: '{{ default no_such omit }}', chdir: "{{ default where omit }}" }\n      vars: { where: /tmp }\n`,
  );

  expect(result).toMatchObject({ exit: 0 });
  expect(stage.transport.commands.map(({ text }) => text.trim())).toEqual([expect.stringContaining('date')]);
});

it.each([
  ['{{ ansible_host }}', "ansible_host is Ansible's: write host.address."],
  [
    '{{ ansible_distribution }}',
    "ansible_distribution is Ansible's: write facts.distribution, with gather_facts: true on the play.",
  ],
  ['{{ ansible_selinux }}', "ansible_selinux is Ansible's: here it is a task: command: getenforce"],
])('%s names the word here', async (text, hint) => {
  const stage = new FleetStage({ hosts: 1 });

  await expect(stage.run(`- hosts: api\n  tasks:\n    - debug: '${text}'\n`)).rejects.toMatchObject({
    hint: expect.stringContaining(hint) as string,
  });
});

it('costs nothing for hosts that are not asked for', () => {
  const asked: string[] = [];
  const all = new LazyMapping(
    () => ['a', 'b'],
    () => true,
    (name) => {
      asked.push(name);
      return name;
    },
  );

  expect(all.get('a')).toBe('a');
  expect(asked).toEqual(['a']);
});
