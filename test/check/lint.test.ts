import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lint } from '../../src/check/lint/lint.js';
import type { LintFinding, LintReport } from '../../src/model/lint-report.js';
import { Redaction } from '../../src/events/redaction.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

type Files = Readonly<Record<string, string>>;

const cloud =
  "source: aws_ec2\naccount: '123456789012'\nregions: [eu-west-1]\nfilters: { 'tag:Environment': prod }\n";
const right: Files = {
  'adfpush.yml': 'name: shop\nsecrets: [db_password]\n',
  'inventory/prod.yml': `${cloud}vars: { registry: registry.example.com }\n`,
  'inventory/lab.yml':
    'source: static\nhosts:\n  api-1: { groups: [api] }\n  api-2: { groups: [api], vars: { special: true } }\nvars: { registry: 127.0.0.1 }\n',
  'inventory/group_vars/api.yml':
    "image: '{{ registry }}/api'\ncontainer:\n  name: api\n  ports: ['5060:5000']\n  env: { ZONE: '{{ env }}', DB: '{{ db_password }}' }\nhealth: { port: 5060 }\ntarget_groups: none\n",
};
const onlyCloud: Files = { ...right, 'inventory/lab.yml': `${cloud}vars: { registry: 127.0.0.1 }\n` };

async function linted(
  files: Files,
  paths: readonly string[] = [],
  extraVars: Readonly<Record<string, unknown>> = {},
): Promise<LintReport> {
  const folder = temporaryFolder('lint');
  for (const [path, text] of Object.entries({ ...right, ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return lint({
    project: folder,
    paths: paths.map((path) => join(folder, path)),
    extraVars: [{ name: 'extra vars', values: extraVars, literal: true }],
    redaction: new Redaction(),
  });
}

/** `file:line:column severity code: message | hint`. */
const told = ({ findings }: LintReport): readonly string[] => findings.map(lineOf);
const lineOf = ({ file, line, column, severity, code, message, hint, environments }: LintFinding): string =>
  `${file}:${line}:${column} ${severity} ${code}: ${message}${environments === undefined ? '' : ` (in ${environments.join(', ')})`}${hint === undefined ? '' : ` | ${hint}`}`;

const play = (tasks: string, hosts = 'api'): string =>
  `- hosts: '${hosts}'\n  tasks:\n${tasks.trim().replace(/^/gm, '    ')}\n`;

const ofPlaybook = async (tasks: string, hosts?: string): Promise<readonly string[]> =>
  told(await linted({ 'playbooks/p.yml': play(tasks, hosts) })).map((line) =>
    line.replace('playbooks/p.yml:', ''),
  );

describe('a project of Ansible', () => {
  it('is told line by line, file by file, what differs, in one go', async () => {
    const report = await linted({
      'inventory/group_vars/all.yml': 'a: "{{ x | default(1) }}"\nb: \'{# old #}{{ c[0] }}\'\n',
      'templates/app.conf.j2': 'listen {{ port | int }};\n{% if tls %}\nssl on;\n{% endif %}\n',
      'roles/web/templates/site.j2': '{{ name | upper }}\n',
      'playbooks/p.yml': play(
        '- yum: name=nginx\n  when: a is defined\n- assert:\n    that:\n      - ok == 1\n      - a is defined and b',
      ),
    });

    expect(told(report).map((line) => line.replace(/ error .* \| (?=Write|Conditions)/, ' '))).toEqual([
      'inventory/group_vars/all.yml:1:5 Write {{ default x 1 }}.',
      'inventory/group_vars/all.yml:2:5 Write {{!-- old --}}.',
      'inventory/group_vars/all.yml:2:14 Write {{ c.[0] }}.',
      'playbooks/p.yml:3:7 Write package: { name: …, state: present }, which knows apt, dnf, yum and apk.',
      'playbooks/p.yml:4:15 Conditions are CEL: write defined(a).',
      'playbooks/p.yml:8:15 Conditions are CEL: write defined(a) && b.',
      'roles/web/templates/site.j2:1:1 Write {{ upper name }}.',
      'templates/app.conf.j2:1:8 Write {{ int port }}.',
      'templates/app.conf.j2:2:1 Write {{#if tls}}.',
      'templates/app.conf.j2:4:1 Write {{/if}}.',
    ]);
  });
});

describe('a playbook that adds hosts', () => {
  const adding = play(`
- add_host: { name: '{{ inventory_hostname }}', groups: [added], port: 22 }
- debug: '{{ hostvars.added-1.colour }}'
- add_host: { name: added-1, colour: red }`);
  const onAdded = `- hosts: added\n  tasks: [{ shell: date | cat }]\n`;

  it('may name what it adds, in patterns, groups and hostvars', async () => {
    const more = `- hosts: api\n  tasks: [{ debug: '{{ groups.added }}', when: size(groups.added) > 1 }]\n`;
    const files = { 'playbooks/p.yml': `${adding}${onAdded}${more}` };
    expect(told(await linted(files))).toEqual([]);
  });

  it('may use what add_host says of its hosts, and nothing else that no file says', async () => {
    const adding = play('- add_host: { name: web9, groups: [added], colour: red }', 'api');
    const found = await linted({
      ...onlyCloud,
      'playbooks/p.yml': `${adding}${play("- debug: '{{ colour }}'\n- debug: '{{ size }}'", 'added')}`,
    });
    expect(told(found).map((line) => line.split(': ')[0])).toEqual([
      'playbooks/p.yml:7:18 error expression.unknown_variable',
    ]);
  });

  it.each([
    ['one template', "- add_host: '{{ machine }}'"],
    [
      'one template, with its words in args',
      '- add_host:\n  args: { name: web9, groups: [added], colour: red, size: 1 }',
    ],
    [
      'a mapping, and more of it in args',
      '- add_host: { name: web9, groups: [added] }\n  args: { colour: red, size: 1 }',
    ],
  ])('may use what it cannot be known to say, or says in args: %s', async (_, task) => {
    const used = "- debug: '{{ colour }}'\n- debug: '{{ size }}'\n  when: size == 1";
    const machine =
      'vars: { registry: 127.0.0.1, machine: { name: web9, groups: added, colour: red, size: 1 } }\n';
    const found = await linted({
      ...onlyCloud,
      'inventory/prod.yml': `${cloud}${machine}`,
      'inventory/lab.yml': `${cloud}${machine}`,
      'playbooks/p.yml': `${play(task, 'api')}${play(used, 'added')}`,
      // A playbook that adds no hosts is checked as before.
      'playbooks/q.yml': play("- debug: '{{ colour }}'"),
    });
    expect(told(found).map((line) => line.split(': ')[0])).toEqual([
      'playbooks/q.yml:3:18 error expression.unknown_variable',
    ]);
  });

  it('may use what add_host says of hosts that are listed, from there on', async () => {
    const files = {
      'playbooks/p.yml':
        play("- debug: '{{ colour }}'\n- add_host: { name: api-1, colour: red }", 'api-1') +
        play("- debug: '{{ colour }}'\n  when: colour == 'red'", 'api-1') +
        play("- debug: '{{ colour }}'", 'api-2'),
    };
    const found = told(await linted(files)).filter((line) => line.includes('lab'));
    expect(found.map((line) => line.split(': ')[0])).toEqual([
      'playbooks/p.yml:3:18 error expression.unknown_variable',
      'playbooks/p.yml:11:18 error expression.unknown_variable',
    ]);
  });

  it('is told where a name is wrong, and where it is a deploy', async () => {
    const files = { 'playbooks/p.yml': play(`- add_host: { name: 'a b' }`), 'playbooks/deploy.yml': adding };
    const findings = told(await linted(files)).map((line) => line.replace(/: .*/, ''));
    expect(findings).toContain('playbooks/p.yml:3:25 error playbook.arguments');
    expect(findings).toContain('playbooks/deploy.yml:3:7 error add_host.in_deploy');
  });
});

describe('a project in order', () => {
  it('has no findings, without AWS, hosts and secrets at hand', async () => {
    const report = await linted({
      'playbooks/p.yml': play(`
- shell: echo {{ inventory_hostname }} {{ host.address }} | cat
  when: inventory_hostname == "api-1"
- template: { src: app.conf.hbs, dest: /etc/app.conf }
- set_fact: { colour: red }
- debug: '{{ colour }}'`),
      'playbooks/vars/more.yml': 'a: 1\n',
      'playbooks/tasks/common.yml': '- shell: uptime | cat\n',
      'templates/app.conf.hbs': 'password={{ db_password }} zone={{ env }}\n',
    });
    expect(told(report)).toEqual([]);
    expect(report.files).toEqual([
      'adfpush.yml',
      'inventory/group_vars/api.yml',
      'inventory/lab.yml',
      'inventory/prod.yml',
      'playbooks/p.yml',
      'playbooks/tasks/common.yml',
      'playbooks/vars/more.yml',
      'templates/app.conf.hbs',
    ]);
  });

  it('needs no secret that the environment or a file would give', async () => {
    const report = await linted({
      'adfpush.yml': 'secrets: { db_password: { env: ADFPUSH_TEST_NOT_SET }, token: { file: not-there } }\n',
      'playbooks/p.yml': play(`- command: shopctl login\n  args: { stdin: '{{ token }}{{ db_password }}' }`),
    });
    expect(told(report)).toEqual([]);
  });

  it('asks no person, and does not know what they would answer', async () => {
    const report = await linted({
      'playbooks/p.yml': `- hosts: api
  vars_prompt: [{ name: ticket, private: false }, { name: password }]
  tasks:
    - debug: 'for {{ ticket }}'
      when: ticket != "none"
    - command: shopctl set-password admin
      args: { stdin: '{{ password }}' }
`,
    });
    expect(told(report)).toEqual([]);
  });

  it('takes for unknown what only the cloud or a host knows', async () => {
    const report = await linted({
      ...onlyCloud,
      'inventory/host_vars/i-0abc.yml': 'disk: /dev/sdb\n',
      'playbooks/p.yml': play(
        '- shell: echo {{ private_ip }} {{ tags.Role }} {{ disk }} | cat\n  when: zone == "a" && disk != ""',
      ),
    });
    expect(told(report)).toEqual([]);
  });
});

describe('a wrong file', () => {
  it.each<[string, Files, string]>([
    ['no YAML', { 'playbooks/p.yml': '- hosts: [api\n' }, 'playbooks/p.yml:1:10 error config.yaml_syntax'],
    [
      'tabs',
      { 'inventory/group_vars/all.yml': 'a:\n\tb: 1\n' },
      'inventory/group_vars/all.yml:2:1 error config.yaml_syntax',
    ],
    [
      'a key that stands twice',
      { 'inventory/host_vars/api-1.yml': 'a: 1\na: 2\n' },
      'inventory/host_vars/api-1.yml:2:1 error config.duplicate_key',
    ],
    ['an empty playbook', { 'playbooks/p.yml': '' }, 'playbooks/p.yml:1:1 error playbook.empty'],
    [
      'an empty environment',
      { 'inventory/test.yml': '# nothing\n' },
      'inventory/test.yml:1:1 error lint.empty_file',
    ],
    [
      'an empty file of variables',
      { 'inventory/group_vars/all.yml': '' },
      'inventory/group_vars/all.yml:1:1 warning lint.empty_file',
    ],
    [
      'an unknown key of the project',
      { 'adfpush.yml': 'nmae: shop\n' },
      'adfpush.yml:1:1 error config.unknown_key',
    ],
    [
      'a broken template in a file of variables that nothing uses',
      { 'inventory/group_vars/other.yml': "a: '{{ b'\n" },
      'inventory/group_vars/other.yml:1:',
    ],
    [
      'a group setting of a wrong kind',
      {
        'inventory/group_vars/api.yml': `${right['inventory/group_vars/api.yml'] ?? ''}rollout: { bake: soon }\n`,
      },
      'inventory/group_vars/api.yml:8:18 error config.invalid_value',
    ],
    [
      'an unknown module',
      { 'playbooks/p.yml': play('- shel: uptime') },
      'playbooks/p.yml:3:7 error playbook.unknown_module',
    ],
    [
      'an argument of a wrong kind',
      { 'playbooks/p.yml': play('- uri: { port: http }') },
      'playbooks/p.yml:3:',
    ],
    [
      'a template that is missing',
      { 'playbooks/p.yml': play('- template: { src: no.hbs, dest: /x }') },
      'playbooks/p.yml:3:24 error file.source_missing',
    ],
    [
      'an unknown name in a template that a task uses',
      {
        'playbooks/p.yml': play('- template: { src: a.hbs, dest: /x }'),
        'templates/a.hbs': 'one\n{{ regisrty }}\n',
      },
      'templates/a.hbs:2:4 error expression.unknown_variable: unknown variable "regisrty" | Did you mean "registry"?',
    ],
  ])('is told with its place: %s', async (_, files, expected) => {
    const [first, ...others] = told(await linted(files));
    expect(first?.startsWith(expected), first).toBe(true);
    expect(others).toEqual([]);
  });

  it('keeps no other file from being checked: every problem is told in one go', async () => {
    const report = await linted({
      'adfpush.yml': 'nmae: shop\n',
      'inventory/prod.yml': 'source: aws_ec\n',
      'playbooks/a.yml': play('- shel: uptime'),
      'playbooks/b.yml': play('- shell: { cmdd: uptime }'),
    });
    expect(report.findings.map(({ file }) => file)).toEqual([
      'adfpush.yml',
      'inventory/prod.yml',
      'playbooks/a.yml',
      'playbooks/b.yml',
    ]);
    expect(report.errors).toBe(4);
  });
});

describe('names and types', () => {
  it('finds names that nothing defines, in conditions and templates', async () => {
    expect(
      await ofPlaybook('- shell: echo {{ regisrty }} | cat\n- command: uptime\n  when: regisrty == "a"'),
    ).toEqual([
      '3:22 error expression.unknown_variable: unknown variable "regisrty" | Did you mean "registry"?',
      '5:13 error expression.unknown_variable: unknown variable "regisrty" | Did you mean "registry"?',
    ]);
  });

  it('finds conditions whose types never fit', async () => {
    const [first] = await ofPlaybook('- command: uptime\n  when: registry.size() > "a"');
    expect(first).toMatch(/^4:\d+ error condition\.type/);
  });

  it('knows names that are given with --extra-vars', async () => {
    const files = { 'playbooks/p.yml': play('- shell: echo {{ app_version }} | cat') };
    expect((await linted(files)).errors).toBe(1);
    expect(told(await linted(files, [], { app_version: 'v1' }))).toEqual([]);
  });

  it('only warns of a name that one environment lacks, whose groups may have no hosts there', async () => {
    const report = await linted({
      ...onlyCloud,
      'inventory/prod.yml': `${cloud}vars: { registry: registry.example.com, colour: red }\n`,
      'playbooks/p.yml': play("- debug: '{{ colour }}'"),
    });
    expect(told(report)).toEqual([
      'playbooks/p.yml:3:18 warning expression.unknown_variable: unknown variable "colour" (in lab) | Define it (inventory/group_vars/all.yml, vars, --extra-vars colour=…), or write {{ default colour "…" }}, in a condition default(colour, "…").',
    ]);
  });

  it('warns of a group that is nearly one that files speak of', async () => {
    const found = await ofPlaybook('- debug: hello', 'apii');
    expect(found).toContainEqual(
      '1:10 warning lint.unsure_group: No file of the project says anything of a group "apii". | Did you mean "api"? If hosts are tagged so, all is well.',
    );
  });

  it('checks the playbook of a deploy with the settings of each group', async () => {
    const report = await linted({
      'playbooks/deploy.yml': `- hosts: '{{ group }}'
  serial: '{{ rollout.serial }}'
  tasks:
    - docker_image: { image: '{{ release.image }}', containers: '{{ containers }}' }
    - debug: '{{ rollout.serail }}'
`,
    });
    expect(told(report)).toEqual([
      'playbooks/deploy.yml:5:18 error expression.unknown_field: "rollout" has no "serail" | Did you mean "serial"?',
    ]);
  });
});

describe('where a problem ends', () => {
  it.each([
    ['- shel: uptime', 3, [7, 11]],
    ["- debug: '{{ regisrty }}'", 3, [18, 26]],
    ['- debug: "{{ a | default(1) }}"', 3, [15, 35]],
    ["- uri: { port: 'http' }", 3, [20, 26]],
    ['- uri: { port: http }', 3, [20, 24]],
    ['- command: uptime\n  when: regisrty == "a"', 4, [13, 21]],
  ])('is told with it: %s', async (tasks, line, [column, endColumn]) => {
    const { findings } = await linted({ 'playbooks/p.yml': play(tasks) });
    expect(findings).toMatchObject([{ line, column, endLine: line, endColumn }]);
  });

  it('is left out where it is not on the same line, or nothing tells', async () => {
    const { findings } = await linted({
      'playbooks/p.yml': play('- debug:\n    msg: "{{ a |\n      b }}"'),
      'inventory/test.yml': '# nothing\n',
    });
    expect(findings.length).toBe(2);
    for (const finding of findings) expect(finding).not.toHaveProperty('endColumn');
  });
});

describe('roles', () => {
  const used = play('- debug: hello').replace('  tasks:', '  roles: [web]\n  tasks:');

  it('are checked though no playbook uses them, for what they say by themselves', async () => {
    const report = await linted({
      'roles/db/tasks/main.yml':
        '- shel: uptime\n- copy: { src: gone.conf, dest: /etc/x }\n- import_tasks: users.yml\n- command: x\n  notify: restart\n  when: colour == size\n',
      'roles/db/tasks/users.yml': "- user: { name: '{{ item }}', shel: /bin/sh }\n  loop: '{{ people }}'\n",
      'roles/db/tasks/extra.yml': '- file: { path: /x, stat: gone }\n',
      'roles/db/handlers/main.yml': '- name: restart db\n  service: { name: db, stat: restarted }\n',
      'roles/db/defaults/main.yml': "people: '{{ a'\n",
      'roles/db/meta/main.yml': 'dependencies: [common]\n',
      'playbooks/roles/cache/tasks/main.yml': "- debug: '{{ x | upper }}'\n",
    });
    expect(told(report).map((line) => line.split(': ')[0])).toEqual([
      'playbooks/roles/cache/tasks/main.yml:1:11 error template.syntax',
      'roles/db/defaults/main.yml:1:10 error template.syntax',
      'roles/db/handlers/main.yml:2:24 error playbook.unknown_argument',
      'roles/db/meta/main.yml:1:16 error role.not_found',
      'roles/db/tasks/extra.yml:1:21 error playbook.unknown_argument',
      'roles/db/tasks/main.yml:1:3 error playbook.unknown_module',
      'roles/db/tasks/users.yml:1:31 error playbook.unknown_argument',
    ]);
    expect(report.files).toContain('roles/db/handlers/main.yml');
  });

  it('are checked with what is not known of variables, hosts and handlers', async () => {
    const report = await linted({
      'roles/db/tasks/main.yml':
        "- template: { src: db.conf.hbs, dest: '{{ home }}/db.conf' }\n  notify: restart all\n  when: size(replicas) > 0\n- include_tasks: '{{ facts.distribution }}.yml'\n- shell: uptime\n",
      'roles/db/tasks/debian.yml': "- apt: { name: '{{ package }}' }\n",
      'roles/db/templates/db.conf.hbs': '{{ colour }}\n',
      'roles/db/tasks/extra.yml': '- file: { path: /x, state: gone }\n',
    });
    expect(told(report).map((line) => line.split(': ')[0])).toEqual([
      'roles/db/tasks/extra.yml:1:28 error playbook.arguments',
      'roles/db/tasks/main.yml:5:10 warning lint.shell_not_needed',
    ]);
  });

  it('are checked with their playbooks where these use them, but for files of tasks that none reads', async () => {
    const report = await linted({
      'playbooks/p.yml': used,
      'roles/web/tasks/main.yml': "- debug: '{{ regisrty }}'\n",
      'roles/web/tasks/later.yml': "- debug: '{{ regisrty }}'\n- shel: x\n",
    });
    expect(told(report).map((line) => line.split(': ')[0])).toEqual([
      'roles/web/tasks/later.yml:2:3 error playbook.unknown_module',
      'roles/web/tasks/main.yml:1:14 error expression.unknown_variable',
    ]);
  });
});

describe('what has a better way', () => {
  it.each([
    ['docker run -d redis:7', 'docker run', 'docker_container'],
    ['cd /srv && sudo docker  pull redis:7', 'docker pull', 'docker_image'],
    ['docker compose -f x.yml up -d', 'docker compose', 'docker_container'],
    ['docker-compose up', 'docker-compose up', 'docker_container'],
    ['DOCKER_HOST=x docker --context=y rm -f api', 'docker --context=y rm', 'docker_container'],
    ['if true; then docker stop api; fi', 'docker stop', 'docker_container'],
    ['docker system prune -f', 'docker system prune', 'docker_prune'],
  ])('warns of %s', async (script, command, module) => {
    const [first, ...others] = await ofPlaybook(`- shell: ${script}`);
    expect(first).toMatch(/^3:\d+ warning lint\.command_of_module/);
    expect(first).toContain(`${command} `);
    expect(first).toContain(`module ${module}`);
    expect(others).toEqual([]);
  });

  it.each([
    'docker ps | wc -l',
    'echo docker run > x',
    'grep docker-compose x.yml | cat',
    './docker run | x',
  ])('has nothing against %s', async (script) => {
    expect(await ofPlaybook(`- shell: ${script}`)).toEqual([]);
  });

  it('warns of a program that command runs, too', async () => {
    expect(await ofPlaybook('- command: [docker, stop, api]')).toEqual([
      expect.stringMatching(/^3:16 warning lint\.command_of_module: docker stop /),
    ]);
  });

  it('warns of a shell that nothing needs', async () => {
    expect(await ofPlaybook('- shell: uptime')).toEqual([
      '3:14 warning lint.shell_not_needed: Nothing in this script needs a shell. | Write command instead of shell: no value can then be taken for something else.',
    ]);
  });

  it('warns of a failure of traffic that is ignored', async () => {
    const [first] = await ofPlaybook(
      '- elb_target: { state: drained, target_groups: none }\n  ignore_errors: true',
    );
    expect(first).toMatch(/^3:7 warning lint\.ignored_traffic/);
  });

  it('is no error', async () => {
    const report = await linted({ 'playbooks/p.yml': play('- shell: uptime') });
    expect(report).toMatchObject({ errors: 0, warnings: 1 });
  });
});

describe('files as arguments', () => {
  const wrong: Files = {
    'playbooks/a.yml': play('- shel: uptime'),
    'playbooks/sub/b.yml': play('- shel: uptime'),
    'elsewhere/c.yml': play('- shel: uptime'),
  };

  it.each([
    [['playbooks/a.yml'], ['playbooks/a.yml']],
    [['playbooks/sub'], ['playbooks/sub/b.yml']],
    [['elsewhere/c.yml'], ['elsewhere/c.yml']],
    [['inventory'], []],
  ])('%j: only what is wrong there is told', async (paths, files) => {
    const { findings } = await linted(wrong, paths);
    expect(findings.map(({ file }) => file)).toEqual(files);
  });

  it('refuses a file that is not there', async () => {
    await expect(linted({}, ['playbooks/no.yml'])).rejects.toMatchObject({ code: 'cli.no_such_file' });
  });
});

it('finds nothing in the packaged playbooks, in a project that deploys', async () => {
  const names = (await readdir('playbooks')).filter((name) => name.endsWith('.yml'));
  const files = await Promise.all(
    names.map(async (name) => [`playbooks/${name}`, await readFile(`playbooks/${name}`, 'utf8')] as const),
  );
  expect(names).toContain('deploy.yml');
  expect(told(await linted(Object.fromEntries(files)))).toEqual([]);
});
