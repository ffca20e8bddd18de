import { describe, expect, it } from 'vitest';
import { checkTasks } from './run-tasks.js';
import { FleetStage } from '../stages/fleet-stage.js';

const ask = '- name: ask\n  shell: ask\n  register: out';

describe('in a dry run', () => {
  it('what depends on an unknown value is unknown, name by name', async () => {
    const { stage, result } = await checkTasks(
      `${ask}
- name: remember
  set_fact: { colour: "{{ out.stdout }}", size: 3 }
- name: unknown
  debug: { msg: "{{ colour }}" }
- name: known
  debug: { msg: "{{ size }}" }
- name: when
  debug: { msg: hi }
  when: colour == "blue"`,
    );
    expect(stage.statusOf('remember')).toEqual(['ok']);
    expect(stage.messageOf('known')).toBe('3');
    expect([stage.messageOf('unknown'), stage.messageOf('when')]).toEqual([
      'not known before the run: the result of "ask"',
      'not known before the run: the result of "ask"',
    ]);
    expect(result.errors).toEqual([]);
  });

  it.each([
    ['its condition', 'when: out.rc == 0'],
    ['its loop', 'loop: "{{ out.stdout_lines }}"'],
  ])('a set_fact that is unknown by %s leaves all its names unknown', async (_, keyword) => {
    const { stage, result } = await checkTasks(
      `${ask}\n- name: remember\n  set_fact: { colour: blue }\n  ${keyword}\n- name: use\n  debug: { msg: "{{ colour }}" }`,
    );
    expect(stage.messageOf('use')).toContain('not known before the run');
    expect(result.errors).toEqual([]);
  });

  it('the result of a task that is skipped because it is unknown is unknown itself', async () => {
    const { stage, result } = await checkTasks(
      `${ask}
- name: second
  shell: second {{ out.stdout }}
  register: next
- name: use
  debug: { msg: "{{ next.stdout }}" }`,
    );
    expect(stage.messageOf('use')).toContain('not known before the run');
    expect(result.errors).toEqual([]);
  });

  it.each(['uri: { port: 9999 }', 'health: { port: 9999 }'])(
    '%s is not known after something would have changed',
    async (looking) => {
      const { stage, result } = await checkTasks(
        `${ask}\n- name: look\n  ${looking}\n  register: seen\n- name: use\n  debug: { msg: "{{ seen.status }}" }`,
      );
      expect(stage.statusOf('look')).toEqual(['skipped']);
      expect(stage.messageOf('look')).toBe('not known before the run: "ask" would come first');
      expect(stage.messageOf('use')).toContain('not known before the run');
      expect(result.errors).toEqual([]);
    },
  );

  it('a look is made for real while nothing would have changed', async () => {
    const { stage, result } = await checkTasks('- name: look\n  uri: { port: 9999 }');
    expect(stage.statusOf('look')).toEqual(['failed']);
    expect(result.exit).toBe(4);
  });

  it('a first deploy passes, though nothing answers yet', async () => {
    const stage = new FleetStage({
      previous: false,
      playbook: `- hosts: api
  tasks:
    - docker_container: { image: "{{ release.image }}", containers: "{{ containers }}" }
    - name: smoke
      uri: { port: 5060, path: /health }
      until: result.status == 200
`,
    });
    expect(await stage.deploy({ check: true })).toMatchObject({ errors: [] });
  });

  it.each([
    ['until', '- name: wait\n  uri: { port: 9999 }\n  until: result.status == 200\n  delay: 1h'],
    ['pause', '- name: wait\n  pause: { minutes: 60 }'],
  ])('%s does not wait', async (_, task) => {
    const { stage, result } = await checkTasks(task);
    expect(result.errors).toEqual([]);
    expect(stage.world.clock.elapsed()).toBeLessThan(60_000);
  });

  it('until says what it would wait for', async () => {
    const { stage } = await checkTasks(
      '- name: wait\n  uri: { port: 9999 }\n  until: result.status == 200\n  register: out\n- name: use\n  debug: { msg: "{{ out.content }}" }',
    );
    expect(stage.messageOf('wait')).toBe(
      'not known before the run: it would wait until result.status == 200',
    );
    expect(stage.statusOf('use')).toEqual(['skipped']);
  });

  it('says of what could not be taken back that it could not', async () => {
    const { stage } = await checkTasks(
      `${ask}\n- name: pull\n  docker_image: { image: "{{ release.image }}" }`,
    );
    expect(stage.messageOf('ask')).toBe('run ask (cannot be taken back)');
    expect(stage.messageOf('pull')).toMatch(/^pull registry:5000\/api@sha256:[0-9a-f]+$/);
  });

  it('a health check that was not made has no answer that could be used', async () => {
    const { stage, result } = await checkTasks(
      '- name: prove\n  health: { port: 5060 }\n  register: proof\n- name: use\n  debug: { msg: "{{ proof.passes }}" }',
    );
    expect(stage.messageOf('use')).toContain('not known before the run');
    expect(result.errors).toEqual([]);
  });
});
