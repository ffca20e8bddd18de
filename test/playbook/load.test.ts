import { describe, expect, it } from 'vitest';
import { formatPosition } from '../../src/model/source.js';
import { loadPlaybook } from '../../src/playbook/load.js';
import { MemoryFiles } from '../fakes/memory-files.js';
import { directory, firstPlay, load, task } from './project.js';

describe('a playbook', () => {
  it('is read with all words of plays and tasks', async () => {
    const { file, plays } = await load(`
- name: Roll the API
  hosts: api:&canary
  vars: { mode: "{{ env }}" }
  vars_files: [vars/common.yml, "vars/{{ env }}.yml"]
  serial: [1, 25%, "{{ rest }}"]
  strategy: linear
  max_fail_percentage: 25
  any_errors_fatal: true
  min_healthy: 50%
  bake: 30s
  on_failure: restore
  become: true
  environment: { LANG: C }
  gather_facts: false
  tags: [deploy, api]
  pre_tasks:
    - name: Drain {{ inventory_hostname }}
      elb_target: { state: drained }
  tasks:
    - name: Migrate
      shell: ./migrate {{ item }}
      when: result.rc == 0
      loop: [a, "{{ b }}"]
      loop_control: { loop_var: step }
      register: migration
      until: migration.rc == 0
      retries: 5
      delay: 2s
      timeout: 1m
      run_once: true
      failed_when: [migration.rc > 1, '"fatal" in migration.stdout_lines']
      changed_when: false
      ignore_errors: true
      ignore_unreachable: true
      no_log: true
      tags: db, slow
      vars: { b: 2 }
      become: false
      environment: { PGUSER: app }
      one_way: true
  post_tasks:
    - debug: { msg: done }
- hosts: [web, "!web-3"]
`);

    expect(file).toBe('playbooks/deploy.yml');
    const [play, second] = plays;
    expect(play).toMatchObject({
      name: 'Roll the API',
      at: { line: 2, column: 3 },
      hosts: { value: 'api:&canary' },
      vars: { value: { mode: '{{ env }}' } },
      varsFiles: { value: ['vars/common.yml', 'vars/{{ env }}.yml'] },
      serial: { value: [1, '25%', '{{ rest }}'] },
      strategy: 'linear',
      maxFailPercentage: { value: 25 },
      anyErrorsFatal: true,
      minHealthy: { value: '50%' },
      bake: { value: '30s' },
      onFailure: { value: 'restore' },
      become: true,
      environment: { value: { LANG: 'C' } },
      tags: ['deploy', 'api'],
    });
    expect(play?.sections.map(({ name, tasks }) => [name, tasks.map(({ module }) => module)])).toEqual([
      ['pre_tasks', ['elb_target']],
      ['tasks', ['shell']],
      ['post_tasks', ['debug']],
    ]);
    expect(play?.sections[1]?.tasks[0]).toMatchObject({
      name: { value: 'Migrate' },
      at: { line: 21, column: 7 },
      module: 'shell',
      args: { value: { cmd: './migrate {{ item }}' } },
      when: [{ source: 'result.rc == 0', at: { line: 23, column: 13 } }],
      loop: { value: ['a', '{{ b }}'] },
      loopVar: 'step',
      register: 'migration',
      until: { source: 'migration.rc == 0' },
      retries: 5,
      delay: 2_000,
      timeout: 60_000,
      runOnce: true,
      failedWhen: [{ source: 'migration.rc > 1' }, { source: '"fatal" in migration.stdout_lines' }],
      changedWhen: [{ source: 'false' }],
      ignoreErrors: true,
      ignoreUnreachable: true,
      noLog: true,
      tags: ['db', 'slow'],
      vars: { value: { b: 2 } },
      become: false,
      environment: { value: { PGUSER: 'app' } },
      oneWay: true,
    });
    expect(second).toMatchObject({ name: 'web:!web-3', hosts: { value: 'web:!web-3' }, sections: [] });
  });

  it('means what Ansible means by what it leaves out', async () => {
    const play = await firstPlay('- hosts: api\n  tasks:\n    - shell: uptime\n');

    expect(play).toMatchObject({
      name: 'api',
      strategy: 'free',
      anyErrorsFatal: false,
      become: false,
      tags: [],
      vars: { value: {} },
      varsFiles: { value: [] },
    });
    expect(play).not.toHaveProperty('serial');
    expect(play).not.toHaveProperty('minHealthy');
    const [only] = play.sections[0]!.tasks;
    expect(only).toMatchObject({
      name: { value: 'shell' },
      when: [],
      loopVar: 'item',
      retries: 3,
      delay: 5_000,
      failedWhen: [],
      changedWhen: [],
      runOnce: false,
      oneWay: false,
      noLog: false,
    });
    for (const absent of ['loop', 'register', 'until', 'timeout', 'become'])
      expect(only).not.toHaveProperty(absent);
  });

  it('that does not exist is named', async () => {
    await expect(loadPlaybook(new MemoryFiles({}), 'playbooks/no.yml', directory)).rejects.toMatchObject({
      code: 'playbook.not_found',
      class: 'invalid',
      message: 'there is no playbook playbooks/no.yml',
    });
  });
});

describe('the arguments of a module', () => {
  it.each([
    ['shell: echo hi', { cmd: 'echo hi' }],
    ['shell: { cmd: echo hi, chdir: /tmp }', { cmd: 'echo hi', chdir: '/tmp' }],
    ['command: [echo, "{{ x }}"]', { argv: ['echo', '{{ x }}'] }],
    ['debug: 5', { msg: 5 }],
    ['uri: "{{ health }}"', '{{ health }}'],
    ['docker_prune:', {}],
    ['docker_prune: {}', {}],
    ['set_fact: { anything: 1, at_all: [2] }', { anything: 1, at_all: [2] }],
  ])('%s', async (text, args) => expect((await task(text)).args.value).toEqual(args));

  it('know their places, also when a bare value stands for one of them', async () => {
    const mapped = await task('uri: { port: 80, path: "{{ path }}" }');
    const bare = await task('shell: echo');
    const listed = await task('command: [echo, b]');

    expect(formatPosition(mapped.args.locate(['path'])!)).toBe('playbooks/deploy.yml:3:30');
    expect(formatPosition(bare.args.locate(['cmd'])!)).toBe('playbooks/deploy.yml:3:14');
    expect(formatPosition(listed.args.locate(['argv', 1])!)).toBe('playbooks/deploy.yml:3:23');
  });
});

describe('a condition of a task', () => {
  it.each([
    ['when: true', ['true']],
    ['when: false', ['false']],
    ['when: a == 1', ['a == 1']],
    ['when:\n  - a == 1\n  - "b"\n  - true', ['a == 1', 'b', 'true']],
    ['when: >-\n  a == 1 &&\n  b', ['a == 1 && b']],
  ])('%j', async (text, sources) => {
    const { when } = await task(`shell: x\n${text}`);

    expect(when.map(({ source }) => source)).toEqual(sources);
  });
});

describe('a loop', () => {
  it.each([
    ['loop: [1, 2]', [1, 2]],
    ['loop: "{{ ports }}"', '{{ ports }}'],
    ['loop: []', []],
  ])('%s', async (text, value) => expect((await task(`shell: x\n${text}`)).loop?.value).toEqual(value));
});

it('a timeout of zero is none', async () => {
  expect(await task('shell: x\ntimeout: 0')).not.toHaveProperty('timeout');
});

describe('gather_facts', () => {
  it('is not passed over in silence', async () => {
    await expect(load('- hosts: api\n  gather_facts: true\n  tasks: []\n')).rejects.toThrow(/gather_facts/);
  });
});
