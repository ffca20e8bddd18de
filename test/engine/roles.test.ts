import { describe, expect, it } from 'vitest';
import { AdHocStage, exited, type AdHocOptions } from '../stages/ad-hoc-stage.js';

type Files = Readonly<Record<string, string>>;

/** Plays `playbook.yml` of these files; commands that begin with `bad` fail. */
async function played(files: Files, options: AdHocOptions = {}): Promise<AdHocStage> {
  const { 'playbook.yml': playbook = '', ...others } = files;
  const stage = new AdHocStage({ ...options, files: others });
  stage.command(/^bad/, exited(1));
  await stage.play(playbook);
  return stage;
}

const ran = (stage: AdHocStage, host = 'i-1'): readonly string[] =>
  stage.commands.filter((one) => one.startsWith(`${host} `)).map((one) => one.replace(`${host} `, ''));

const countsOf = (stage: AdHocStage): Readonly<Record<string, number>> => {
  const session = stage.last?.turns[0]?.session;
  if (session === undefined) throw new Error('there was no turn');
  return { ...session.run.tally.of(session.host.id) };
};

const errorOf = (stage: AdHocStage): string =>
  `${stage.last?.turns[0]?.error?.code} ${stage.last?.turns[0]?.error?.message}`;

/** A role whose task says its name. */
const says = (name: string): Files => ({ [`roles/${name}/tasks/main.yml`]: `- command: ${name}\n` });

describe('roles', () => {
  it('run between pre_tasks and tasks, which they are one section with', async () => {
    const stage = await played({
      'playbook.yml': `
- hosts: all
  post_tasks:
    - command: post
  tasks:
    - command: task
      notify: done
  roles: [app]
  pre_tasks:
    - command: pre
      notify: done
  handlers:
    - name: done
      command: done
`,
      'roles/app/tasks/main.yml': '- command: app\n  notify: done\n',
    });
    expect(ran(stage)).toEqual(['pre', 'done', 'app', 'task', 'done', 'post']);
  });

  it('run after their dependencies; one that ran with the same variables does not run again', async () => {
    const stage = await played({
      'playbook.yml': `
- hosts: all
  roles:
    - a
    - b
    - a
    - { role: named, vars: { word: one } }
    - { role: named, vars: { word: two } }
    - { role: named, vars: { word: two } }
    - base
    - again
    - again
`,
      ...says('a'),
      ...says('b'),
      ...says('base'),
      ...says('again'),
      'roles/a/meta/main.yml': 'dependencies: [base]\n',
      'roles/b/meta/main.yml': 'dependencies: [base, a]\n',
      'roles/again/meta/main.yaml': 'allow_duplicates: true\n',
      'roles/named/tasks/main.yml': '- command: named-{{ word }}\n',
    });
    expect(ran(stage)).toEqual(['base', 'a', 'b', 'named-one', 'named-two', 'again', 'again']);
    expect(countsOf(stage)).toMatchObject({ ok: 7, changed: 7, skipped: 0 });
  });

  it('have not run where all their tasks were skipped', async () => {
    const stage = await played({
      'playbook.yml': `
- hosts: all
  roles:
    - { role: a, when: "colour == 'red'" }
    - base
    - a
`,
      ...says('a'),
      ...says('base'),
      'roles/a/meta/main.yml': 'dependencies: [base]\n',
    });
    expect(ran(stage)).toEqual(['base', 'a']);
    expect(countsOf(stage)).toMatchObject({ ok: 2, skipped: 2 });
  });

  it('hand tags and conditions on to their tasks and to their dependencies', async () => {
    const files = {
      'playbook.yml': `
- hosts: all
  roles:
    - { role: a, tags: t }
    - c
`,
      ...says('a'),
      ...says('base'),
      ...says('c'),
      'roles/a/meta/main.yml': 'dependencies: [{ role: base, tags: b }]\n',
    };
    expect(ran(await played(files, { tags: { only: ['t'], skip: [] } }))).toEqual(['base', 'a']);
    expect(ran(await played(files, { tags: { only: ['b'], skip: [] } }))).toEqual(['base']);
    expect(ran(await played(files, { tags: { only: undefined, skip: ['t'] } }))).toEqual(['c']);
  });
});

describe('the variables of a role', () => {
  it('rank by Ansible: defaults, inventory, play, entry, role, block, task, set_fact', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const from = (level: string, index: number): string =>
      names
        .slice(index)
        .map((name) => `${name}: ${level}`)
        .join(', ');
    const stage = await played(
      {
        'playbook.yml': `
- hosts: all
  vars: { ${from('play', 2)} }
  roles:
    - { role: app, vars: { ${from('entry', 3)} } }
`,
        'roles/app/defaults/main.yml': `{ ${from('default', 0)}, colour: default }\n`,
        'roles/app/vars/main.yml': `{ ${from('role', 4)} }\n`,
        'roles/app/tasks/main.yml': `
- vars: { ${from('block', 5)} }
  block:
    - set_fact: { ${from('fact', 7)} }
    - command: echo {{ a }} {{ colour }} {{ c }} {{ d }} {{ e }} {{ f }} {{ g }} {{ h }}
      vars: { ${from('task', 6)} }
`,
      },
      {},
    );
    expect(ran(stage)).toEqual(['echo default blue play entry role block task fact']);
  });

  it('are seen by its dependencies, by what depends on it and by what it includes, and by no other task', async () => {
    const stage = await played({
      'playbook.yml': `
- hosts: all
  roles: [app]
  tasks:
    - command: after {{ word }}
`,
      'roles/app/defaults/main.yml': 'word: app\nport: 80\n',
      'roles/app/meta/main.yml': 'dependencies: [base]\n',
      'roles/app/tasks/main.yml': `
- command: app {{ word }} {{ port }} {{ home }} {{ role_name }} {{ role_path }}
- include_tasks: more.yml
- include_role: { name: inner }
`,
      'roles/app/tasks/more.yml': '- command: more {{ word }}\n',
      'roles/base/defaults/main.yml': 'word: base\nhome: /srv\n',
      'roles/base/vars/main/a.yml': 'kind: a\n',
      'roles/base/vars/main/b.yml': 'kind: b\n',
      'roles/base/tasks/main.yml': '- command: base {{ word }} {{ port }} {{ kind }} {{ role_name }}\n',
      'roles/inner/tasks/main.yml': '- command: inner {{ word }} {{ role_name }}\n',
    });
    expect(ran(stage)).toEqual([
      'base base 80 b base',
      'app app 80 /srv app roles/app',
      'more app',
      'inner app inner',
    ]);
    expect(errorOf(stage)).toContain('expression.unknown_variable');
  });

  it('are seen after an import or an include that is public', async () => {
    const stage = await played({
      'playbook.yml': `
- hosts: all
  tasks:
    - import_role: { name: one, public: true }
    - include_role: { name: two, public: true, vars_from: other }
    - command: after {{ word }} {{ port }}
`,
      'roles/one/defaults/main.yml': 'word: one\nport: 1\n',
      'roles/two/vars/other.yml': 'word: two\n',
    });
    expect(ran(stage)).toEqual(['after two 1']);
  });
});

describe('the handlers of a role', () => {
  it('are reached from anywhere in the play, by name and by role and name', async () => {
    const stage = await played({
      'playbook.yml': `
- hosts: all
  roles: [app]
  post_tasks:
    - command: post
      notify: reload app
    - command: last
      notify: "app : restart app"
`,
      'roles/app/handlers/main.yml':
        '- name: reload app\n  command: reload\n- name: restart app\n  command: restart {{ word }}\n',
      'roles/app/defaults/main.yml': 'word: gently\n',
      'roles/app/tasks/main.yml': '- command: role\n  notify: restart app\n',
    });
    expect(ran(stage)).toEqual(['role', 'restart gently', 'post', 'last', 'reload', 'restart gently']);
    expect(stage.endings[1]).toBe('i-1 app : restart app: changed');
  });

  it('give way to one of the play of the same name, and see the variables of the use of the role that notified them', async () => {
    const stage = await played({
      'playbook.yml': `
- hosts: all
  roles:
    - { role: svc, vars: { name_of: a } }
    - { role: svc, vars: { name_of: b } }
  handlers:
    - name: reload
      command: reload of the play
`,
      'roles/svc/handlers/main.yml':
        '- name: reload\n  command: reload\n- name: restart\n  command: restart {{ name_of }}\n',
      'roles/svc/tasks/main.yml': '- command: svc {{ name_of }}\n  notify: [reload, restart]\n',
    });
    expect(ran(stage)).toEqual(['svc a', 'svc b', 'restart a', 'restart b', 'reload of the play']);
  });

  it('run once for several uses of the role for which they would do the same', async () => {
    const stage = await played({
      'playbook.yml': `
- hosts: all
  roles:
    - { role: svc, vars: { site: a } }
    - { role: svc, vars: { site: b } }
`,
      'roles/svc/handlers/main.yml': '- name: reload\n  command: reload\n',
      'roles/svc/tasks/main.yml': '- command: svc {{ site }}\n  notify: reload\n',
    });
    expect(ran(stage)).toEqual(['svc a', 'svc b', 'reload']);
  });
});

describe('import_role and include_role', () => {
  const site: Files = {
    'roles/site/defaults/main.yml': 'port: 80\n',
    'roles/site/defaults/high.yml': 'port: 8080\n',
    'roles/site/handlers/main.yml': '- name: reload site\n  command: reload\n',
    'roles/site/handlers/other.yaml': '- name: reload site\n  command: reload otherwise\n',
    'roles/site/tasks/main.yml': '- command: "{{ word }}:{{ port }}"\n  notify: reload site\n',
    'roles/site/tasks/extra.yml': '- command: extra-{{ word }}\n',
  };

  it('run a role or another of its files, also for each item', async () => {
    const stage = await played({
      ...site,
      'playbook.yml': `
- hosts: all
  tasks:
    - include_role: { name: site }
      vars: { word: "{{ part }}" }
      loop: [a, b, c]
      loop_control: { loop_var: part }
      when: part != 'b'
    - import_role: { name: site, tasks_from: extra }
      vars: { word: d }
    - command: end
`,
    });
    expect(ran(stage)).toEqual(['a:80', 'c:80', 'extra-d', 'end', 'reload']);
    expect(countsOf(stage)).toMatchObject({ ok: 5, changed: 5, skipped: 0 });
  });

  it('take other defaults and handlers, and a role whose name is known when they run', async () => {
    const stage = await played({
      ...site,
      'playbook.yml': `
- hosts: all
  tasks:
    - command: which
      register: which
    - include_role: { name: "site{{ which.stdout }}", defaults_from: high.yml, handlers_from: other }
      vars: { word: a }
    - command: end
      notify: reload site
`,
    });
    expect(ran(stage)).toEqual(['which', 'a:8080', 'end', 'reload otherwise']);
  });

  it('run a role as often as they stand there, and let it count as having run', async () => {
    const stage = await played({
      'playbook.yml': `
- hosts: all
  pre_tasks:
    - import_role: { name: base }
    - include_role: { name: base }
    - include_role: { name: base, allow_duplicates: false }
  roles: [a]
`,
      ...says('base'),
      ...says('a'),
      'roles/a/meta/main.yml': 'dependencies: [base]\n',
    });
    expect(ran(stage)).toEqual(['base', 'base', 'a']);
  });
});

describe('the files of a role', () => {
  it('are found by its tasks before others', async () => {
    const files = {
      'playbook.yml': `
- hosts: all
  roles: [app]
  tasks:
    - import_tasks: more/tasks.yml
`,
      'roles/app/tasks/main.yml':
        '- copy: { src: a, dest: /app }\n- include_tasks: ../../../more/tasks.yml\n',
      'roles/app/files/a': 'of the role',
      'more/tasks.yml': '- copy: { src: a, dest: "/more-{{ env_of }}" }\n  vars: { env_of: x }\n',
      'files/a': 'of the project',
    };
    const stage = await played(files);
    expect(stage.endings.map((one) => one.split(': ').at(-1))).toEqual([
      'changed',
      'ok',
      'changed',
      'changed',
    ]);
  });
});
