import { describe, expect, it } from 'vitest';
import { TaskStage } from './run-tasks.js';

const tasks = '- name: plain\n  debug: { msg: hi }\n- name: db\n  debug: { msg: hi }\n  tags: [db]';

describe('the tags of a play', () => {
  it.each([
    ['web', { tags: ['web'] }, ['plain', 'db']],
    ['web', { tags: ['db'] }, ['db']],
    ['web', { tags: ['other'] }, []],
    ['web', { skipTags: ['web'] }, []],
    ['web', { tags: ['untagged'] }, []],
    ['always', { tags: ['other'] }, ['plain', 'db']],
    ['web', { skipTags: ['tagged'] }, []],
    ['web', { skipTags: ['all'] }, []],
    ['always', { skipTags: ['all'] }, ['plain', 'db']],
    ['always', { skipTags: ['tagged'] }, []],
    ['never', {}, []],
    ['never', { tags: ['db'] }, ['db']],
  ])('are those of each of its tasks: %s with %j runs %j', async (tag, selection, ran) => {
    const stage = new TaskStage(tasks, {}, `tags: [${tag}]`);
    await stage.deploy(selection);
    expect(stage.told('task.ended').map(({ task }) => task.name)).toEqual(ran);
  });
});
