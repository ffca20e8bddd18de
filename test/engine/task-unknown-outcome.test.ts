import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/ports/transport.js';
import { runTasks, type TaskStage } from './run-tasks.js';

const lost: Outcome = { kind: 'unknown', reason: 'connection lost' };
const unfinished: readonly Outcome[] = [{ kind: 'timed_out' }, { kind: 'signalled', signal: 'SIGKILL' }];

const migrateEnds =
  (outcome: Outcome) =>
  (stage: TaskStage): void =>
    stage.ends('migrate', outcome);

describe('a command whose outcome is unknown', () => {
  it.each([
    ['failed_when is false', 'failed_when: "false"'],
    ['failed_when finds nothing wrong', `failed_when: result.stderr.contains("ERROR")`],
    ['failed_when asks for the exit code', 'failed_when: result.rc != 0'],
    ['until would go on', 'until: result.stdout == "done"'],
    ['until would be content', 'until: result.stdout == ""'],
    ['it is one of a loop', 'loop: [a, b]'],
  ])('makes the host unreachable and is not run again when %s', async (_, keyword) => {
    const { stage, result } = await runTasks(
      `- name: migrate\n  shell: migrate\n  ${keyword}`,
      migrateEnds(lost),
    );
    expect({ status: stage.statusOf('migrate'), ran: stage.ran('migrate') }).toEqual({
      status: ['unreachable'],
      ran: 1,
    });
    expect(stage.ended('migrate')[0]?.error).toMatchObject({
      message: expect.stringContaining('unknown outcome: connection lost') as string,
      hint: expect.stringContaining('It may have run') as string,
    });
    expect(result.exit).not.toBe(0);
  });

  it('tells the tasks after it what is known, when the playbook goes on without it', async () => {
    const { stage } = await runTasks(
      `- name: migrate
  shell: migrate
  register: out
  ignore_unreachable: true
- name: look
  debug: { msg: "{{ out.outcome }} {{ out.failed }}" }`,
      migrateEnds(lost),
    );
    expect(stage.statusOf('migrate')).toEqual(['unreachable, ignored']);
    expect(stage.messageOf('look')).toBe('unknown true');
  });
});

describe.each(unfinished)('a command that ended %j', (outcome) => {
  it.each(['"false"', 'result.rc != 0', 'result.stderr.contains("ERROR")'])(
    'failed, whatever failed_when: %s says of commands that came to their own end',
    async (condition) => {
      const { stage } = await runTasks(
        `- name: migrate\n  shell: migrate\n  failed_when: ${condition}`,
        migrateEnds(outcome),
      );
      expect(stage.statusOf('migrate')).toEqual(['failed']);
      expect(stage.ended('migrate')[0]?.error?.code).toBe('command.failed');
    },
  );
});

describe('a command that came to its own end', () => {
  it('has failed when failed_when says so, and only then', async () => {
    const { stage } = await runTasks(
      `- name: grep
  shell: grep x
  failed_when: result.rc > 1
- name: df
  shell: df
  failed_when: result.stdout.contains("full")`,
      (given) => {
        given.ends('grep', { kind: 'exited', code: 1 });
        given.says('df', { stdout: 'full' });
      },
    );
    expect([...stage.statusOf('grep'), ...stage.statusOf('df')]).toEqual(['changed', 'failed']);
  });

  it('says so when failed_when asks for what the result does not have', async () => {
    const { stage } = await runTasks('- name: df\n  shell: df\n  failed_when: result.rcc > 1');
    expect(stage.ended('df')[0]?.error).toMatchObject({ code: 'expression.unknown_field' });
  });
});
