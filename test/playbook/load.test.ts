import { describe, expect, it } from 'vitest';
import { errorsOf } from '../../src/errors/adf-error.js';
import { formatPlace } from '../../src/model/source.js';
import { loadPlaybook } from '../../src/playbook/load.js';
import { walk } from '../../src/playbook/playbook.js';
import { MemoryFiles } from '../fakes/memory-files.js';
import { directory, firstPlay, load, task } from '../stages/loaded-playbook.js';

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
    });
    const sections = play?.sections ?? [];
    expect(
      sections.map(({ name, nodes }) => [name, walk(nodes).map(({ module, index }) => [module, index])]),
    ).toEqual([
      ['pre_tasks', [['elb_target', 0]]],
      ['tasks', [['shell', 1]]],
      ['post_tasks', [['debug', 2]]],
    ]);
    const [first, migrate] = walk(sections);
    expect(first).toMatchObject({
      become: true,
      environment: [{ value: { LANG: 'C' } }, { value: {} }],
      tags: ['deploy', 'api'],
    });
    expect(migrate).toMatchObject({
      name: { value: 'Migrate' },
      at: { line: 21, column: 7 },
      module: 'shell',
      args: { value: { cmd: './migrate {{ item }}' } },
      when: [{ source: 'result.rc == 0', at: { line: 23, column: 13 } }],
      loop: { items: { value: ['a', '{{ b }}'] }, itemVar: 'step' },
      register: 'migration',
      until: { source: 'migration.rc == 0' },
      retries: 5,
      delay: 2_000,
      timeout: 60_000,
      runOnce: 'play',
      failedWhen: [{ source: 'migration.rc > 1' }, { source: '"fatal" in migration.stdout_lines' }],
      changedWhen: [{ source: 'false' }],
      ignoreErrors: true,
      ignoreUnreachable: true,
      noLog: true,
      tags: ['deploy', 'api', 'db', 'slow'],
      vars: [{ value: { b: 2 } }],
      become: false,
      environment: [{ value: { LANG: 'C' } }, { value: { PGUSER: 'app' } }],
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
      vars: { value: {} },
      varsFiles: { value: [] },
    });
    expect(play).not.toHaveProperty('serial');
    expect(play).not.toHaveProperty('minHealthy');
    const [only] = walk(play.sections);
    expect(only).toMatchObject({
      name: { value: 'shell' },
      when: [],
      retries: 3,
      delay: 5_000,
      failedWhen: [],
      changedWhen: [],
      runOnce: false,
      oneWay: false,
      noLog: false,
      become: false,
      tags: [],
    });
    for (const absent of ['loop', 'register', 'until', 'timeout']) expect(only).not.toHaveProperty(absent);
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

    expect(formatPlace(mapped.args.locate(['path'])!)).toBe('playbooks/deploy.yml:3:30');
    expect(formatPlace(bare.args.locate(['cmd'])!)).toBe('playbooks/deploy.yml:3:14');
    expect(formatPlace(listed.args.locate(['argv', 1])!)).toBe('playbooks/deploy.yml:3:23');
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
  ])('%s', async (text, value) => expect((await task(`shell: x\n${text}`)).loop?.items.value).toEqual(value));
});

it('a timeout of zero is none', async () => {
  expect(await task('shell: x\ntimeout: 0')).not.toHaveProperty('timeout');
});

describe('gather_facts', () => {
  it('is a task before all others, as the login user and whatever tags are chosen', async () => {
    const { plays } = await load(
      '- hosts: api\n  become: true\n  tags: deploy\n  gather_facts: true\n  tasks: [{ shell: x }]\n',
    );
    const [gathering, first] = walk(plays[0]?.sections ?? []);

    expect(gathering).toMatchObject({
      index: 0,
      module: 'setup',
      become: false,
      tags: ['always'],
      timeout: 20_000,
    });
    expect(gathering?.at).toMatchObject({ line: 4 });
    expect(first).toMatchObject({ index: 1, module: 'shell', become: true });
  });
});

describe('a playbook that imports others', () => {
  const loadFrom = (files: Readonly<Record<string, string>>, memory = new MemoryFiles(files)) =>
    loadPlaybook(memory, 'playbooks/site.yml', directory);

  it('has their plays in place of the import, by paths from the file that imports', async () => {
    const { file, plays } = await loadFrom({
      'playbooks/site.yml': '- import_playbook: parts/web.yml\n- hosts: last\n',
      'playbooks/parts/web.yml': '- hosts: web\n- import_playbook: ../db.yml\n',
      'playbooks/db.yml': '- hosts: db\n  tasks:\n    - shell: uptime\n',
    });

    expect(file).toBe('playbooks/site.yml');
    expect(plays.map(({ name, at }) => `${name} ${at.file}:${at.line}`)).toEqual([
      'web playbooks/parts/web.yml:1',
      'db playbooks/db.yml:1',
      'last playbooks/site.yml:2',
    ]);
    expect(walk(plays[1]!.sections)[0]?.at).toEqual({ file: 'playbooks/db.yml', line: 3, column: 7 });
  });

  it('reads each file once, and has the plays as often as they are imported, each for itself', async () => {
    const read: string[] = [];
    class Counting extends MemoryFiles {
      override read(path: string): Promise<string | undefined> {
        read.push(path);
        return super.read(path);
      }
    }
    const twice = '- import_playbook: web.yml\n- import_playbook: ./web.yml\n';
    const { plays } = await loadFrom(
      {},
      new Counting({
        'playbooks/site.yml': twice,
        'playbooks/web.yml': '- hosts: web\n  tasks: [shell: a]\n',
      }),
    );

    expect(read).toEqual(['playbooks/site.yml', 'playbooks/web.yml']);
    expect(plays.map(({ name }) => name)).toEqual(['web', 'web']);
    const [one, other] = plays.map(({ sections }) => walk(sections)[0]);
    expect(one).not.toBe(other);
  });

  const complaintsOf = async (files: Readonly<Record<string, string>>): Promise<readonly string[]> => {
    const thrown: unknown = await loadFrom(files).catch((error: unknown) => error);
    return errorsOf(thrown).map(
      ({ at, code, message }) => `${at === undefined ? '' : formatPlace(at)} ${code}: ${message}`,
    );
  };

  it.each([
    ['itself', { 'playbooks/site.yml': '- hosts: a\n- import_playbook: site.yml\n' }],
    [
      'one that imports it',
      {
        'playbooks/site.yml': '- hosts: a\n- import_playbook: parts/b.yml\n',
        'playbooks/parts/b.yml': '\n- import_playbook: ../site.yml\n',
      },
    ],
  ])('is refused when it imports %s, at the place that closes the circle', async (_, files) => {
    const [complaint, ...others] = await complaintsOf(files);

    expect(others).toEqual([]);
    expect([complaint]).toEqual([
      Object.keys(files).length === 1
        ? 'playbooks/site.yml:2:20 playbook.import_cycle: playbooks/site.yml imports itself: playbooks/site.yml imports playbooks/site.yml'
        : 'playbooks/parts/b.yml:2:20 playbook.import_cycle: playbooks/site.yml imports itself: playbooks/site.yml imports playbooks/parts/b.yml imports playbooks/site.yml',
    ]);
  });

  it('tells all that is wrong in all files at once, each mistake once', async () => {
    const found = await complaintsOf({
      'playbooks/site.yml': [
        '- import_playbook: web.yml',
        '- import_playbook: web.yml',
        '- import_playbook: no.yml',
        '- import_playbook: "{{ other }}"',
        '- import_playbook: empty.yml',
        '  become: true',
        '- hosts: a',
        '  taks: []',
        '',
      ].join('\n'),
      'playbooks/web.yml': '- hosts: web\n  tasks:\n    - shel: uptime\n',
      'playbooks/empty.yml': '',
    });

    expect(found).toEqual([
      ' playbook.empty: playbooks/empty.yml has no plays',
      'playbooks/web.yml:3:7 playbook.unknown_module: unknown module or keyword "shel"',
      'playbooks/site.yml:3:20 playbook.not_found: there is no playbook playbooks/no.yml',
      'playbooks/site.yml:4:20 playbook.wrong_value: "import_playbook" must be the path of a playbook, not "{{ other }}"',
      'playbooks/site.yml:6:3 playbook.unknown_keyword: unknown keyword "become" in import_playbook',
      'playbooks/site.yml:8:3 playbook.unknown_keyword: unknown keyword "taks" in a play',
    ]);
  });
});
