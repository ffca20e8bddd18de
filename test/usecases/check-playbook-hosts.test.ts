import { describe, expect, it } from 'vitest';
import { AdfErrors, errorsOf, type AdfError } from '../../src/errors/adf-error.js';
import { planWith } from '../../src/deploy/plan.js';
import { deployOptions, FleetStage, type StageOptions } from '../stages/fleet-stage.js';
import type { DeployOptions } from '../../src/deploy/plan-groups.js';

/** What a deploy with this playbook is refused for, and that nothing was changed, nor any host even spoken to. */
async function refusedFor(
  playbook: string,
  options: StageOptions = {},
  given: Partial<DeployOptions> = {},
): Promise<readonly AdfError[]> {
  const stage = new FleetStage({ ...options, playbook });
  const thrown: unknown = await stage.deploy(given).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(stage.mutations).toEqual([]);
  expect(stage.told('host.connected')).toEqual([]);
  return thrown === undefined ? [] : thrown instanceof AdfErrors ? thrown.errors : errorsOf(thrown);
}

const passes = async (
  playbook: string,
  options: StageOptions = {},
  given: Partial<DeployOptions> = {},
): Promise<void> => {
  const stage = new FleetStage({ ...options, playbook });
  const planned = planWith(await stage.ports(), { ...deployOptions, ...given }, stage.hooks);
  expect(await stage.world.clock.run(planned)).toHaveLength(1);
};

const tasks = (text: string): string => `- hosts: api\n  tasks:\n${text.replaceAll(/^/gm, '    ')}\n`;
const hostVars = (name: string, text: string): StageOptions => ({
  files: { [`inventory/host_vars/${name}.yml`]: text },
});
const fine = '- debug: hello\n';

describe('before anything is changed, a deploy refuses', () => {
  it.each([
    ['a file that is nowhere', '- copy: { src: gone.conf, dest: /etc/gone }', 'file.source_missing'],
    ['a script that is nowhere', '- script: gone.sh --now', 'file.source_missing'],
    [
      'a template that is nowhere',
      '- template: { src: "{{ env }}.hbs", dest: /etc/x }',
      'file.source_missing',
    ],
    ['a template of an unknown variable', '- shell: echo {{ prot }}', 'expression.unknown_variable'],
    ['an argument of the wrong type', '- uri: { port: many }', 'playbook.arguments'],
    ['one that a variable makes wrong', '- uri: { port: "{{ env }}" }', 'playbook.arguments'],
    ['arguments that exclude one another', '- docker_container: { image: x }', 'playbook.arguments'],
    [
      'a value that cannot be quoted where it stands',
      '- shell: echo "{{ words }}"\n  vars: { words: "a $b" }',
      'template.unquotable',
    ],
    ['a loop that is no list', '- debug: hi\n  loop: "{{ env }}"', 'playbook.loop'],
    ['an item that does not fit', '- uri: { port: "{{ item }}" }\n  loop: [80, http]', 'playbook.arguments'],
    [
      'an unknown variable in an environment',
      '- shell: env\n  environment: { A: "{{ nope }}" }',
      'expression.unknown_variable',
    ],
    ['an unknown variable to be shown', '- debug: { var: nope.field }', 'expression.unknown_variable'],
    ['an assertion that is not CEL', '- assert: { that: ["env = 1"] }', 'condition.syntax'],
    ['an assertion on an unknown variable', '- assert: { that: nope == 1 }', 'expression.unknown_variable'],
    [
      'a condition on a field that is not there',
      '- debug: hi\n  when: host.nope == 1',
      'expression.unknown_field',
    ],
    [
      'a wrong argument beside one that is not known yet',
      '- shell: date\n  register: out\n- command: { argv: "{{ out.stdout }}", chdir: "{{ nope }}" }',
      'expression.unknown_variable',
    ],
    [
      'a variable that is set only later',
      '- debug: "{{ out.stdout }}"\n- shell: date\n  register: out',
      'expression.unknown_variable',
    ],
  ])('%s', async (_, text, code) => {
    const errors = await refusedFor(tasks(text + '\n' + fine));
    expect(errors.map((error) => error.code)).toEqual([code]);
    for (const { at } of errors) expect(at?.file).toBe('playbooks/deploy.yml');
  });

  it.each([
    ['serial', 'serial: none'],
    ['bake', 'bake: long'],
    ['min_healthy', 'min_healthy: "{{ env }}"'],
    ['on_failure', 'on_failure: retry'],
    ['vars_files', 'vars_files: [vars/missing.yml]'],
    ['hosts', 'max_fail_percentage: 300'],
  ])('a wrong %s of a play that comes late', async (_, keyword) => {
    const errors = await refusedFor(
      `- hosts: api\n  tasks: [debug: hi]\n- hosts: api\n  ${keyword}\n  tasks: [debug: hi]\n`,
    );
    expect(errors).toHaveLength(1);
    expect(errors[0]?.at).toMatchObject({ file: 'playbooks/deploy.yml', line: 4 });
  });

  it('a serial that differs from host to host', async () => {
    const [error] = await refusedFor(`- hosts: api\n  serial: "{{ size }}"\n  tasks: [debug: hi]\n`, {
      ...hostVars('i-2', 'size: 2'),
      groupVars: { size: 1 },
    });
    expect(error?.code).toBe('playbook.rollout_differs');
  });

  it('what is wrong on one host only, and names that host', async () => {
    const errors = await refusedFor(tasks('- uri: { port: "{{ probe_port }}" }'), {
      ...hostVars('i-3', 'probe_port: none'),
      groupVars: { probe_port: 5060 },
    });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({
      code: 'playbook.arguments',
      host: expect.stringContaining('i-3') as string,
    });
  });

  it('what is wrong everywhere, once, and all that is wrong at the same time', async () => {
    const errors = await refusedFor(
      tasks('- uri: { port: many }\n- shell: echo {{ nope }}\n- debug: hi\n  when: nix == 1'),
    );
    expect(errors.map(({ code, host }) => [code, host])).toEqual([
      ['expression.unknown_variable', undefined],
      ['playbook.arguments', undefined],
      ['expression.unknown_variable', undefined],
    ]);
  });

  it('a condition on a name that no vars file has', async () => {
    const errors = await refusedFor(
      `- hosts: api\n  vars_files: ["vars/{{ env }}.yml"]\n  tasks:\n    - debug: hi\n      when: colour == "blue" && nope\n`,
      { files: { 'vars/test.yml': 'colour: blue\n' } },
    );
    expect(errors.map(({ message }) => message)).toEqual(['unknown variable "nope"']);
  });
});

describe('before a deploy, nothing is said against', () => {
  it.each([
    [
      'what a task registers',
      '- shell: date\n  register: out\n- shell: echo {{ out.stdout }}\n- debug: hi\n  loop: "{{ out.stdout_lines }}"\n  when: item != ""',
    ],
    ['what set_fact sets', '- set_fact: { colour: blue }\n- debug: "{{ colour }}"'],
    ['what only runs where a variable is defined', '- shell: migrate {{ db }}\n  when: defined(db)'],
    [
      'a loop over what will be known',
      '- shell: ls\n  register: out\n- uri: { port: "{{ item }}" }\n  loop: "{{ out.stdout_lines }}"',
    ],
    [
      'an assertion on a result',
      '- shell: date\n  register: out\n- assert: { that: [out.rc == 0, "env == \'test\'"] }',
    ],
    ['a variable of another task', '- debug: "{{ size }}"\n  vars: { size: 3 }'],
  ])('%s', async (_, text) => {
    await passes(tasks(text));
  });

  it('tasks that are not chosen by their tags', async () => {
    await passes(
      tasks('- uri: { port: many }\n  tags: [other]\n- debug: hi\n  tags: [mine]'),
      {},
      { tags: ['mine'] },
    );
  });

  it('plays for hosts that this deploy is not about', async () => {
    await passes(
      `${tasks('- debug: hi')}- hosts: i-2\n  tasks:\n    - shell: echo {{ only_there }}\n`,
      hostVars('i-2', 'only_there: 1'),
    );
  });
});

describe('the templates of a playbook', () => {
  const files = { 'templates/app.hbs': 'port={{ port }}\nname={{ nobody }}\n' };
  const playbook = tasks('- template: { src: app.hbs, dest: /etc/app }\n  vars: { port: 1 }\n');

  it('are rendered for every host before anything is changed', async () => {
    const [error, ...others] = await refusedFor(playbook, { files });
    expect(others).toEqual([]);
    expect(error).toMatchObject({
      code: 'expression.unknown_variable',
      at: { file: 'templates/app.hbs', line: 2, column: 9 },
    });
  });

  it('may use what only a task before them will tell', async () => {
    await passes(
      tasks(
        '- command: whoami\n  register: nobody\n- template: { src: app.hbs, dest: /etc/app }\n  vars: { port: 1 }\n',
      ),
      {
        files,
      },
    );
  });
});
