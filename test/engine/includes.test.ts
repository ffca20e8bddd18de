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

const errorOf = (stage: AdHocStage): string => {
  const error = stage.last?.turns[0]?.error;
  return `${error?.at?.file}:${error?.at?.line}:${error?.at?.column} ${error?.code}`;
};

describe('import_tasks', () => {
  it('puts the tasks of a file in its place, beside the file that imports, with what it hands on', async () => {
    const stage = await played({
      'playbook.yml': `
- hosts: all
  tasks:
    - command: first
    - import_tasks: parts/a.yml
      vars: { word: outer }
      when: colour == 'blue'
    - import_tasks: parts/a.yml
      vars: { word: again }
      when: colour == 'red'
`,
      'parts/a.yml': '- import_tasks: b.yml\n- command: a {{ word }}\n',
      'parts/b.yml': '- command: b {{ word }}\n  vars: { word: own }\n',
    });
    expect(ran(stage)).toEqual(['first', 'b own', 'a outer']);
    expect(countsOf(stage)).toMatchObject({ ok: 3, skipped: 2 });
  });

  it('takes an empty file for no tasks', async () => {
    const stage = await played({
      'playbook.yml': '- hosts: all\n  tasks:\n    - import_tasks: none.yml\n    - command: on\n',
      'none.yml': '# nothing\n',
    });
    expect(ran(stage)).toEqual(['on']);
  });
});

describe('include_tasks', () => {
  it('runs the file for each item, with its variables', async () => {
    const stage = await played({
      'playbook.yml': `
- hosts: all
  tasks:
    - include_tasks: inner.yml
      vars: { pre: "{{ box }}" }
      loop: [k, l, m]
      loop_control: { loop_var: box, index_var: n }
      when: box != 'm'
`,
      'inner.yml': '- command: echo {{ n }}-{{ pre }}-{{ item }}\n  loop: [x, y]\n- command: end {{ box }}\n',
    });
    expect(ran(stage)).toEqual([
      ...['echo 0-k-x', 'echo 0-k-y', 'end k'],
      ...['echo 1-l-x', 'echo 1-l-y', 'end l'],
    ]);
    expect(countsOf(stage)).toMatchObject({ ok: 6, changed: 4, skipped: 0 });
  });

  it('fails like a task of the block that it is in', async () => {
    const stage = await played({
      'playbook.yml': `
- hosts: all
  tasks:
    - block:
        - include_tasks: fails.yml
          loop: [a, bad, c]
        - command: unreached
      rescue:
        - command: rescue {{ failed_task.name }}
    - command: on
`,
      'fails.yml': '- block:\n    - command: "{{ item }}"\n  always:\n    - command: always-{{ item }}\n',
    });
    expect(ran(stage)).toEqual(['a', 'always-a', 'bad', 'always-bad', 'rescue command', 'on']);
    expect(countsOf(stage)).toMatchObject({ ok: 8, changed: 5, rescued: 1, failed: 0 });
  });

  it('reads a file whose name is known when it runs', async () => {
    const stage = await played({
      'playbook.yml': `
- hosts: all
  tasks:
    - command: which
      register: which
    - include_tasks: "parts/{{ which.stdout }}.yml"
    - include_tasks: "parts/{{ colour }}.yml"
`,
      'parts/.yml': '- command: nameless\n',
      'parts/blue.yml': '- include_tasks: more/deep.yml\n',
      'parts/more/deep.yml': '- command: deep\n',
    });
    expect(ran(stage)).toEqual(['which', 'nameless', 'deep']);
  });

  it('fails its host, and can be rescued, where such a file is missing or wrong', async () => {
    const stage = await played({
      'playbook.yml': '- hosts: all\n  tasks:\n    - include_tasks: "{{ colour }}.yml"\n    - command: on\n',
      'blu.yml': '- command: never\n',
    });
    expect(ran(stage)).toEqual([]);
    expect(errorOf(stage)).toBe('playbook.yml:3:22 playbook.tasks_not_found');
    expect(stage.last?.turns[0]?.error?.hint).toContain('Did you mean "blu.yml"?');

    const wrong = await played({
      'playbook.yml': `
- hosts: all
  tasks:
    - block:
        - include_tasks: "{{ colour }}.yml"
      rescue:
        - command: rescue
`,
      'blue.yml': '- comand: never\n',
    });
    expect(ran(wrong)).toEqual(['rescue']);
    expect(wrong.endings[0]).toBe('i-1 blue.yml: failed, rescued');
  });

  it('hands its own keywords and those of apply on, but decides by its tags and conditions alone', async () => {
    const files = {
      'playbook.yml': `
- hosts: all
  tasks:
    - include_tasks: { file: a.yml, apply: { tags: inner } }
      tags: outer
    - include_tasks: a.yml
      args: { apply: { when: word == 'no' } }
      vars: { word: no-word }
      tags: outer
      register: got
    - debug: { msg: "{{ got.include }}" }
      tags: outer
`,
      'a.yml': '- command: a\n- command: b\n  tags: inner\n',
    };
    expect(ran(await played(files))).toEqual(['a', 'b']);
    const tagged = { only: ['outer'], skip: [] };
    const stage = await played(files, { tags: tagged });
    expect(ran(stage)).toEqual([]);
    expect(stage.said('debug')).toEqual(['a.yml']);
    expect(ran(await played(files, { tags: { only: ['outer', 'inner'], skip: [] } }))).toEqual(['a', 'b']);
    expect(ran(await played(files, { tags: { only: ['inner'], skip: [] } }))).toEqual([]);
  });

  it('may include itself, as deep as its conditions say', async () => {
    const files = {
      'playbook.yml': '- hosts: all\n  tasks:\n    - include_tasks: down.yml\n      vars: { n: 2 }\n',
      'down.yml': `
- command: down {{ n }}
- set_fact: { left: "{{ n }}" }
- include_tasks: other.yml
  when: left > 0
`,
      'other.yml':
        '- import_tasks: leaf.yml\n- include_tasks: down.yml\n  vars: { n: 0 }\n  when: left == 2\n',
      'leaf.yml': '- command: leaf\n',
    };
    expect(ran(await played(files))).toEqual(['down 2', 'leaf', 'down 0']);
  });

  it('fails where it includes itself for ever', async () => {
    const stage = await played({
      'playbook.yml': '- hosts: all\n  tasks:\n    - include_tasks: a.yml\n',
      'a.yml': '- include_tasks: b.yml\n',
      'b.yml': '- include_tasks: a.yml\n',
    });
    expect(errorOf(stage)).toBe('b.yml:1:3 playbook.include_too_deep');
  });

  it('runs what it includes once for all hosts, and each copy by itself', async () => {
    const stage = await played(
      {
        'playbook.yml': `
- hosts: all
  strategy: linear
  tasks:
    - include_tasks: once.yml
      loop: [a, b]
    - include_tasks: each.yml
      run_once: true
`,
        'once.yml': '- command: once {{ item }}\n  run_once: true\n- command: all {{ item }}\n',
        'each.yml': '- command: each\n',
      },
      { hosts: 2 },
    );
    expect(stage.commands).toEqual([
      ...['i-1 once a', 'i-1 all a', 'i-2 all a', 'i-1 once b', 'i-1 all b', 'i-2 all b'],
      'i-1 each',
    ]);
  });

  it('is waited for by the other hosts of a linear batch', async () => {
    const stage = await played(
      {
        'playbook.yml': `
- hosts: all
  strategy: linear
  tasks:
    - include_tasks: some.yml
      when: name == 'host-2'
      loop: [a, b]
    - command: after
`,
        'some.yml': '- command: one {{ item }}\n- command: two {{ item }}\n',
      },
      { hosts: 2 },
    );
    const [two] = stage.fleet.hosts.slice(1);
    expect(two?.host.name).toBeDefined();
    expect(stage.commands.slice(-2).map((one) => one.slice(4))).toEqual(['after', 'after']);
  });

  it('notifies the handlers of the play, and is one itself', async () => {
    const stage = await played({
      'playbook.yml': `
- hosts: all
  tasks:
    - include_tasks: a.yml
  handlers:
    - import_tasks: handlers.yml
    - name: all of it
      include_tasks: restart.yml
`,
      'a.yml': '- command: a\n  notify: [all of it, one]\n',
      'handlers.yml': '- name: one\n  command: one\n- name: two\n  command: two\n',
      'restart.yml': '- command: stop\n- command: start\n',
    });
    expect(ran(stage)).toEqual(['a', 'one', 'stop', 'start']);
  });
});

describe('a dry run', () => {
  it('takes what is set by tasks of an unknown file for unknown', async () => {
    const stage = await played(
      {
        'playbook.yml': `
- hosts: all
  tasks:
    - command: which
      register: which
    - include_tasks: "{{ which.stdout }}.yml"
    - command: "{{ set_there }}"
    - command: on
      when: set_there == 'x'
`,
      },
      { checkMode: true },
    );
    expect(stage.endings).toEqual([
      'i-1 command: changed',
      'i-1 {{ which.stdout }}.yml: skipped',
      'i-1 command: skipped',
      'i-1 command: skipped',
    ]);
  });
});
