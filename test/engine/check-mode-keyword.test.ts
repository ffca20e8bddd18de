import { describe, expect, it } from 'vitest';
import { AdHocStage, exited } from '../stages/ad-hoc-stage.js';
import { checkTasks } from './run-tasks.js';

describe('check_mode: true in a real run', () => {
  it('changes nothing, tells what would change, and lets conditions use it', async () => {
    const stage = new AdHocStage();
    await stage.tasks(`
- copy: { content: hi, dest: /srv/a }
  check_mode: true
  register: would
- debug: '{{ would.msg }}'
  when: would.changed`);
    const files = stage.fleet.hostFiles.on(stage.fleet.host('i-1').host);
    expect(files.done).toEqual([]);
    expect(stage.endings).toEqual(['i-1 copy: changed', 'i-1 debug: ok']);
    expect(stage.said('debug')[0]).toMatch(/^check_mode: would .*\/srv\/a/);
  });

  it('skips commands, and holds for a block and a play', async () => {
    const stage = new AdHocStage();
    await stage.tasks(`
- check_mode: true
  block:
    - command: one
    - { command: two, check_mode: false }`);
    await stage.tasks('- command: three', 'check_mode: true');
    expect(stage.commands).toEqual(['i-1 two']);
    expect(stage.endings).toEqual(['i-1 command: skipped', 'i-1 command: changed', 'i-1 command: skipped']);
  });
});

describe('check_mode: false in a dry run', () => {
  const reading = '- name: ask\n  shell: ask\n  check_mode: false\n  changed_when: false\n  register: out';

  it('runs a command that says it only reads, and its result is known', async () => {
    const { stage, result } = await checkTasks(
      `${reading}\n- name: use\n  debug: { msg: "{{ out.stdout }}" }`,
      (given) => given.says('ask', exited(0, 'blue')),
    );
    expect(result.errors).toEqual([]);
    expect(stage.statusOf('ask')).toEqual(['ok']);
    expect(stage.messageOf('use')).toBe('blue');
    // No record of a step is left on the host.
    expect(stage.transport.commands.map(({ options }) => options.step)).toEqual([undefined]);
  });

  it('runs any other command too, as a step that runs once', async () => {
    const { stage, result } = await checkTasks('- shell: ask\n  check_mode: false', (given) =>
      given.says('ask', exited(0)),
    );
    expect(result.errors).toEqual([]);
    expect(stage.ran('ask')).toBe(1);
    expect(stage.transport.commands.map(({ options }) => options.step?.id)).not.toContain(undefined);
  });

  it('tries again until its condition holds', async () => {
    const { stage, result } = await checkTasks(
      `${reading}\n  until: result.stdout == 'blue'\n  delay: 1`,
      (given) => given.says('ask', exited(0, 'red'), exited(0, 'blue')),
    );
    expect(result.errors).toEqual([]);
    expect(stage.ran('ask')).toBe(2);
  });

  it.each([
    [
      'shell: ask\n  one_way: true',
      'shell',
      'Take check_mode out: a dry run then tells what the task would change.',
    ],
    [
      'file: { path: /srv/a, state: touch }',
      'file',
      'Take check_mode out: a dry run then tells what the task would change.',
    ],
    [
      'docker_image: { image: "{{ release.image }}" }\n  changed_when: false',
      'docker_image',
      'Take check_mode out: a dry run then tells what the task would change.',
    ],
  ])('is refused before any connection for %s', async (task, module, hint) => {
    const { stage, result } = await checkTasks(`- ${task}\n  check_mode: false`).catch((error: unknown) => ({
      stage: undefined,
      result: { errors: [error] },
    }));
    expect(result.errors).toMatchObject([
      {
        code: 'playbook.changes_in_dry_run',
        message: `check_mode: false would run ${module} for real in a dry run, which may change nothing`,
        hint,
      },
    ]);
    expect(stage?.transport.commands ?? []).toEqual([]);
  });
});
