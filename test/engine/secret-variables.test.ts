import { describe, expect, it } from 'vitest';
import { errorsFromAsync } from '../stages/error-text.js';
import { runTasks, TaskStage } from './run-tasks.js';
import type { StageOptions } from '../stages/fleet-stage.js';

const secret = 'correct horse battery';
const options: StageOptions = {
  files: {
    'adfpush.yml': 'name: test\nsecrets: [password]\n',
    'inventory/group_vars/all.yml': `password: ${secret}\n`,
  },
};

/** Everything that any reader, and the disk, was given. */
const told = async (stage: TaskStage, result: unknown): Promise<string> => {
  const stacks = stage.told('task.ended').map(({ error }) => error?.stack);
  const runs = await stage.journals.runs();
  const journals = await Promise.all(runs.map(async (run) => stage.journals.read(run)));
  return JSON.stringify([stage.events, result, journals, stacks]);
};

describe('a secret variable', () => {
  it('reaches a script, its input and its environment, and is in nothing that is told', async () => {
    const { stage, result } = await runTasks(
      [
        '- shell: "login {{ password }}"',
        '- command: { argv: [login], stdin: "{{ password }}" }',
        '- shell: login by variable',
        '  environment: { PASSWORD: "{{ password }}" }',
        '- shell: fails',
        '  ignore_errors: true',
        '- set_fact: { url: "postgres://u:{{ password }}@db" }',
        '- debug: "{{ url }} {{ b64encode url }}"',
      ].join('\n'),
      (stage) => stage.says('fails', { outcome: { kind: 'exited', code: 1 }, stderr: `wrong: ${secret}` }),
      options,
    );

    // The playbook rolls nothing, as the audit says; no task failed.
    expect(result.errors.map(({ code }) => code)).toEqual(['audit.failed']);
    const commands = stage.transport.commands.map(({ text, options: { stdin, env } }) => [text, stdin, env]);
    expect(commands).toContainEqual([`login '${secret}'`, undefined, {}]);
    expect(commands).toContainEqual(['login', secret, {}]);
    expect(commands).toContainEqual(['login by variable', undefined, { PASSWORD: secret }]);
    expect(await told(stage, result)).toContain('wrong: ***');
    expect(await told(stage, result)).not.toContain(secret);
    expect(await told(stage, result)).not.toContain(Buffer.from(secret).toString('base64').slice(4, -4));
  });

  it.each([
    ['a word of command', '- command: "login {{ password }}"'],
    ['an argument', '- command: { argv: [login, "--password={{ password }}"] }'],
    ['an argument in another form', '- command: { argv: [curl, "Authorization: {{ b64encode password }}"] }'],
  ])('is refused as %s before anything is run, at its place', async (_, tasks) => {
    const stage = new TaskStage(tasks, options);
    const errors = await errorsFromAsync(() => stage.deploy());

    expect(errors[0]).toMatchObject({ code: 'secret.in_argument', at: { file: 'playbooks/deploy.yml' } });
    expect(errors[0]?.hint).toMatch(/stdin.*environment.*shell/);
    expect(stage.transport.commands).toEqual([]);
    expect(await told(stage, errors)).not.toContain(secret);
  });

  it('is refused as an argument that a fact brings, and only the run knows', async () => {
    const { stage, result } = await runTasks(
      '- set_fact: { url: "u:{{ password }}" }\n- command: { argv: [curl, "{{ url }}"] }',
      undefined,
      options,
    );

    expect(result.errors[0]).toMatchObject({ code: 'secret.in_argument' });
    expect(stage.ran('curl')).toBe(0);
    expect(await told(stage, result)).not.toContain(secret);
  });

  it.each([
    { command: ['serve', '--password={{ password }}'] },
    { entrypoint: ['/bin/{{ password }}'] },
    { healthcheck: { test: ['CMD', 'probe', '{{ password }}'] } },
  ])('is refused in a container as %o', async (more) => {
    const container = { name: 'api', ports: ['5060:5000'], ...more };
    const stage = new TaskStage('- docker_container: { container: "{{ container }}" }', {
      ...options,
      groupVars: { container, target_groups: 'none' },
    });
    const errors = await errorsFromAsync(() => stage.deploy());

    expect(errors[0]).toMatchObject({ code: 'secret.in_argument' });
  });

  it('is refused in an argument that no module declared, before the host is given it', async () => {
    const { stage, result } = await runTasks(
      '- command: { argv: [make], creates: "/tmp/{{ password }}" }',
      undefined,
      options,
    );

    expect(result.errors[0]).toMatchObject({ code: 'secret.in_argument' });
    expect(stage.ran('test -e')).toBe(0);
  });
});
