import { expect, it } from 'vitest';
import { runTasks } from './run-tasks.js';

it('keeps the facts of a task with no_log, and shows none of them', async () => {
  const { stage } = await runTasks(
    '- name: remember\n  set_fact: { token: hunter22 }\n  no_log: true\n- name: use\n  shell: login\n  when: token == "hunter22"',
  );
  expect(stage.statusOf('use')).toEqual(['changed']);
  expect(stage.messageOf('remember')).toBe('hidden by no_log');
  expect(JSON.stringify(stage.ended('remember'))).not.toContain('hunter22');
});

it('shows no progress of a task with no_log', async () => {
  const { stage } = await runTasks(
    '- name: pull\n  docker_image: { image: "{{ release.image }}", containers: "{{ containers }}" }\n  no_log: true',
  );
  const told = stage.told('task.progress').filter(({ task }) => task.name === 'pull');
  expect(told.length).toBeGreaterThan(0);
  expect(new Set(told.map(({ message }) => message))).toEqual(new Set(['hidden by no_log']));
});

it('says no more than that a task with no_log took too long', async () => {
  const { stage } = await runTasks(
    '- name: login\n  shell: login hunter22\n  no_log: true\n  timeout: 5',
    (given) => {
      given.world.calls.intercept = async (call, proceed) => {
        if (call.about.includes('login')) await given.world.clock.sleep(60_000);
        return proceed();
      };
    },
  );
  expect(stage.statusOf('login')).toEqual(['failed']);
  expect(JSON.stringify(stage.ended('login'))).not.toContain('hunter22');
});
