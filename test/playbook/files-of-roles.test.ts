import { expect, it } from 'vitest';
import { loadPlaybook } from '../../src/playbook/load.js';
import { RecordedFiles } from '../../src/world/project-digest.js';
import { MemoryFiles } from '../fakes/memory-files.js';
import { directory } from '../stages/loaded-playbook.js';

it('all files of a role, and of what a playbook includes, are files that a resumed run must find unchanged', async () => {
  const files = new RecordedFiles(
    new MemoryFiles({
      'site.yml': '- hosts: all\n  roles: [app]\n  tasks:\n    - include_tasks: more.yml\n',
      'more.yml': '- import_tasks: parts/a.yml\n',
      'parts/a.yml': '- shell: a\n',
      'roles/app/tasks/main.yml': '- shell: app\n',
      'roles/app/templates/app.conf.hbs': 'port',
      'roles/other/tasks/main.yml': '',
    }),
  );
  await loadPlaybook(files, 'site.yml', directory);
  const { files: seen } = await files.seen();
  expect(Object.keys(seen).filter((path) => seen[path] !== 'absent')).toEqual([
    ...['more.yml', 'parts/a.yml', 'roles/app/tasks/main.yml', 'roles/app/templates/app.conf.hbs'],
    'site.yml',
  ]);
  expect(seen['roles/app/vars/main.yml']).toBe('absent');
});
