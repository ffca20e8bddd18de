import { expect, it } from 'vitest';
import { AdHocStage } from '../stages/ad-hoc-stage.js';

/** Whom each command is run as. */
const usersOf = ({ fleet }: AdHocStage): readonly string[] =>
  fleet.transport.commands.map(({ text, options: { become = false, becomeUser } }) => {
    const user = become ? (becomeUser ?? 'root') : (becomeUser ?? 'deploy');
    return `${text.trim()}: ${user}`;
  });

it('become_user holds from the play over blocks to tasks, and only with become', async () => {
  const stage = new AdHocStage({ extraVars: { app: 'shop' } });
  await stage.play(`
- hosts: all
  tasks:
    - command: a
    - command: b
      become: true
    - command: c
      become: true
      become_user: nobody
    - command: d
      become_user: nobody
    - become: true
      become_user: games
      block:
        - command: e
        - command: f
          become: false
        - command: g
          become_user: root
        - command: h
          become_user: '{{ app }}'
- hosts: all
  become_user: mail
  tasks:
    - command: i
      become: true
`);
  expect(usersOf(stage)).toEqual([
    'a: deploy',
    'b: root',
    'c: nobody',
    'd: deploy',
    'e: games',
    'f: deploy',
    'g: root',
    'h: shop',
    'i: mail',
  ]);
});

it.each([['-u root'], ['a b'], ['1000'], ['']])('become_user %j from a variable is refused', async (app) => {
  const stage = new AdHocStage({ extraVars: { app } });
  const { turns } = await stage.tasks("- command: a\n  become: true\n  become_user: '{{ app }}'");
  expect(turns[0]?.error).toMatchObject({
    code: 'playbook.wrong_value',
    message: `"become_user" must be the name of a user, not ${JSON.stringify(app)}`,
    at: { file: 'playbook.yml', line: 5, column: 20 },
  });
  expect(stage.commands).toEqual([]);
});

it('become_user makes the files of a task those of the user', async () => {
  const stage = new AdHocStage();
  await stage.tasks('- copy: { content: hi, dest: /srv/a }\n  become: true\n  become_user: shop');
  expect(stage.fleet.hostFiles.accesses.at(-1)).toMatchObject({ become: true, becomeUser: 'shop' });
});
