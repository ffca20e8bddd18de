import { describe, expect, it } from 'vitest';
import { checkTasks, runTasks, type TaskStage } from './run-tasks.js';

const tasks = `
- name: folder
  file: { path: /srv/app, state: directory }
- name: config
  template: { src: app.conf.hbs, dest: /srv/app/, mode: '0640' }
  register: config
  vars: { port: 8080 }
- name: hidden
  copy: { content: "the token", dest: /srv/app/token }
  no_log: true
- name: told
  debug: "{{ config.dest }} {{ config.mode }} {{ config.size }}"
`;
const options = { hosts: 2, files: { 'templates/app.conf.hbs': 'port={{ port }}\n' } };

const filesOf = (stage: TaskStage, index = 0) => stage.hostFiles.on(stage.hosts[index]!.host);

describe('files in a playbook', () => {
  it('are brought to every host, and register what Ansible registers', async () => {
    const { stage } = await runTasks(tasks, undefined, options);
    for (const index of [0, 1]) expect(filesOf(stage, index).text('/srv/app/app.conf')).toBe('port=8080\n');
    expect(stage.messageOf('told')).toBe('/srv/app/app.conf 0640 10');
    expect(stage.statusOf('config')).toEqual(['changed', 'changed']);
  });

  it('that are as wanted are left alone', async () => {
    const { stage } = await runTasks(
      tasks,
      (prepared) => {
        const files = filesOf(prepared);
        files.has('/srv/app', { kind: 'directory', mode: 0o755 });
        files.hasFile('/srv/app/app.conf', 'port=8080\n', { mode: 0o640 });
        files.hasFile('/srv/app/token', 'the token');
      },
      { ...options, hosts: 1 },
    );
    expect(['folder', 'config', 'hidden'].flatMap((name) => stage.statusOf(name))).toEqual([
      'ok',
      'ok',
      'ok',
    ]);
    expect(filesOf(stage).done).toEqual([]);
  });

  it('are only looked at in a dry run, which tells what would change in folders that are not there yet', async () => {
    const { stage } = await checkTasks(tasks, undefined, { ...options, hosts: 1 });
    expect(stage.ended('folder')[0]).toMatchObject({
      status: 'changed',
      message: 'make the folder /srv/app',
    });
    expect(stage.ended('config')[0]).toMatchObject({
      status: 'changed',
      message: 'write /srv/app/app.conf',
      diff: '--- /dev/null\n+++ after: /srv/app/app.conf\n@@ -0,0 +1,1 @@\n+port=8080',
    });
    expect(filesOf(stage).done).toEqual([]);
  });

  it('of a task with no_log are not shown', async () => {
    const { stage } = await checkTasks(tasks, undefined, { ...options, hosts: 1 });
    expect(stage.statusOf('hidden')).toEqual(['changed']);
    expect(JSON.stringify(stage.events)).not.toContain('the token');
  });
});
