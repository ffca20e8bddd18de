import { describe, expect, it } from 'vitest';
import { checkTasks, type TaskStage } from './run-tasks.js';
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

  /** Tasks whose look at a host fails where every command there does. */
  const failing = [
    'apt: nginx',
    'apt: { deb: /tmp/x.deb }',
    'package: { name: nginx, state: present }',
    'service: { name: nginx, state: started }',
    'systemd: { name: nginx, state: started }',
    'user: { name: app }',
    'group: { name: app }',
    'cron: { name: job, job: date, user: app }',
    'git: { repo: "https://git.example.com/x", dest: /srv/x }',
    'unarchive: { src: /tmp/x.tar, dest: /srv/x, remote_src: true }',
    'find: { paths: /srv/x }',
  ];

  it.each(failing)('%s fails by itself, and is unknown after what is only said to be done', async (task) => {
    const all = (stage: TaskStage): void =>
      stage.transport.when(() => ({ outcome: { kind: 'exited', code: 1 }, stderr: 'no such thing' }));
    const named = `- name: look\n  ${task}\n  register: seen\n- name: use\n  debug: { msg: "{{ seen.changed }}" }`;

    const alone = await checkTasks(named, all);
    const after = await checkTasks(`- name: first\n  copy: { content: x, dest: /etc/x }\n${named}`, all);

    expect(alone.stage.statusOf('look')).not.toEqual(['ok']);
    expect(after.result).toMatchObject({ errors: [], exit: 6 });
    expect(['skipped', 'changed']).toContain(after.stage.statusOf('look')[0]);
    expect(after.stage.messageOf('use')).toContain('not known before the run');
    if (alone.stage.statusOf('look')[0] !== 'failed') return;
    expect(after.stage.messageOf('look')).toMatch(
      /^not known before the run: it would fail now \(.*\), but "first" would come first$|known only by what comes before/s,
    );
  });

  it('what a playbook itself says to fail fails, whatever came before', async () => {
    for (const task of ['fail: { msg: no }', "assert: { that: ['1 == 2'] }"]) {
      const { stage } = await checkTasks(
        `- name: first\n  copy: { content: x, dest: /etc/x }\n- name: end\n  ${task}`,
      );
      expect(stage.statusOf('end'), task).toEqual(['failed']);
    }
  });

  it('a first deploy passes, though nothing answers yet', async () => {
    const stage = new FleetStage({
      previous: false,
      playbook: `- hosts: api
  tasks:
    - elb_target: { state: drained, target_groups: "{{ target_groups }}" }
    - docker_container: { image: "{{ release.image }}", containers: "{{ containers }}" }
    - name: smoke
      uri: { port: 5060, path: /health }
      until: result.status == 200
    - elb_target: { state: in_service, target_groups: "{{ target_groups }}" }
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
