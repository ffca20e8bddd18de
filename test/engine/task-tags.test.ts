import { describe, expect, it } from 'vitest';
import { TaskStage } from './run-tasks.js';

const tasks = '- name: plain\n  debug: { msg: hi }\n- name: db\n  debug: { msg: hi }\n  tags: [db]';

describe('the tags of a play', () => {
  it.each([
    ['web', { tags: ['web'] }, ['plain', 'db']],
    ['web', { tags: ['db'] }, ['db']],
    ['web', { skipTags: ['db'] }, ['plain']],
    ['always', { tags: ['db'] }, ['plain', 'db']],
    ['always', { tags: ['untagged'] }, ['plain', 'db']],
    ['always', { skipTags: ['all'] }, ['plain', 'db']],
    ['never', {}, []],
    ['never', { tags: ['db'] }, ['db']],
  ])('are those of each of its tasks: %s with %j runs %j', async (tag, selection, ran) => {
    const stage = new TaskStage(tasks, {}, `tags: [${tag}]`);
    await stage.deploy(selection);
    expect(stage.told('task.ended').map(({ task }) => task.name)).toEqual(ran);
  });

  it.each([
    [{ tags: ['other'] }, 'playbook.unknown_tag', 'There are: db, web.'],
    [{ tags: ['db', 'wbe'] }, 'playbook.unknown_tag', 'Did you mean "web"?'],
    [{ skipTags: ['dbb'] }, 'playbook.unknown_tag', 'Did you mean "db"?'],
    [{ tags: ['untagged'] }, 'playbook.nothing_selected', 'There are: db, web.'],
    [{ skipTags: ['web'] }, 'playbook.nothing_selected', 'There are: db, web.'],
    [{ skipTags: ['tagged'] }, 'playbook.nothing_selected', 'There are: db, web.'],
    [{ skipTags: ['all'] }, 'playbook.nothing_selected', 'There are: db, web.'],
    [{ tags: ['db'], skipTags: ['db'] }, 'playbook.nothing_selected', 'There are: db, web.'],
  ])(
    'that leave nothing to run, or are no tags, are refused before anything is asked: %j',
    async (selection, code, hint) => {
      const stage = new TaskStage(tasks, {}, 'tags: [web]');
      await expect(stage.deploy(selection)).rejects.toMatchObject({ code, class: 'invalid', hint });
      expect(stage.told('task.ended')).toEqual([]);
    },
  );
});
