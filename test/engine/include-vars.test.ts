import { describe, expect, it } from 'vitest';
import { runTasks } from './run-tasks.js';

const files = {
  'playbooks/vars/limits.yml': 'limit: 3\ngreeting: "hello {{ limit }}"\n',
  'playbooks/vars/other.yml': 'limit: 4\n',
  'limits/a.yml': 'small: 1\n',
  'limits/b/c.yml': 'large: 9\n',
};

describe('include_vars', () => {
  it.each([
    [
      'its templates are rendered when they are used',
      "- include_vars: limits.yml\n- assert: { that: [greeting == 'hello 3'] }",
    ],
    [
      'what ran last wins: a set_fact',
      "- include_vars: limits.yml\n- set_fact: { limit: 5 }\n- assert: { that: ['limit == 5', \"greeting == 'hello 5'\"] }",
    ],
    [
      'what ran last wins: the file',
      '- set_fact: { limit: 5 }\n- include_vars: other.yml\n- assert: { that: [limit == 4] }',
    ],
    [
      'beats the vars of a task',
      '- include_vars: other.yml\n- assert: { that: [limit == 4] }\n  vars: { limit: 1 }',
    ],
    [
      'a folder into one name',
      '- include_vars: { dir: limits, name: all }\n- assert: { that: [all.small + all.large == 10] }',
    ],
    ['in a condition', '- include_vars: limits.yml\n- assert: { that: [limit == 3] }\n  when: limit == 3'],
  ])('%s', async (_, tasks) => {
    const { stage } = await runTasks(tasks, undefined, { files });
    expect(stage.told('task.ended').map(({ status, error }) => error?.message ?? status)).not.toHaveLength(0);
    expect(stage.told('task.ended').flatMap(({ error }) => error?.message ?? [])).toEqual([]);
  });

  it.each([
    ['- include_vars: nowhere.yml', 'file.source_missing'],
    ['- include_vars: { dir: playbooks/vars/limits.yml }', 'include_vars.path'],
    ['- include_vars: { dir: limits, extensions: [json] }', 'include_vars.empty'],
    ['- include_vars: limits.yml\n- debug: "{{ limti }}"', 'expression.unknown_variable'],
  ])('refuses before any host: %s', async (tasks, code) => {
    await expect(runTasks(tasks, undefined, { files })).rejects.toMatchObject({ code });
  });
});
