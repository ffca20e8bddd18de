import { describe, expect, it } from 'vitest';
import type { Lease } from '../../src/ports/lease-store.js';
import { AdHocStage, exited } from '../stages/ad-hoc-stage.js';

/** Two hosts in the play, and beside them a database and this machine. */
function stageOf(): AdHocStage {
  const stage = new AdHocStage({ hosts: 2 });
  stage.fleet.join('db');
  stage.fleet.join('localhost', { ssh: { transport: 'local' } });
  return stage;
}

describe('delegate_to', () => {
  it.each(['db', 'localhost', 'i-2'])(
    '%s has the task act there, with the variables of its own host',
    async (to) => {
      const stage = stageOf();
      await stage.tasks(`- { command: 'add {{ name }}', delegate_to: ${to} }`);
      expect(stage.commands.toSorted()).toEqual([`${to} add i-1`, `${to} add i-2`]);
      expect(stage.endings.toSorted()).toEqual(['i-1 command: changed', 'i-2 command: changed']);
    },
  );

  it('holds for a block, may be a template, and fails the host that the task is of', async () => {
    const stage = stageOf();
    stage.command('check i-2', exited(1));
    const { turns } = await stage.tasks(`
- delegate_to: '{{ where }}'
  vars: { where: db }
  block:
    - command: check {{ name }}
- command: on`);
    expect(stage.commands.toSorted()).toEqual(['db check i-1', 'db check i-2', 'i-1 on']);
    expect(turns.map(({ status }) => status)).toEqual(['ok', 'failed']);
  });

  it('with run_once acts once, and registers on every host', async () => {
    const stage = stageOf();
    stage.command('id', exited(0, '7'));
    await stage.tasks(
      `- { command: id, delegate_to: db, run_once: true, register: r }\n- command: use {{ r.stdout }}`,
    );
    expect(stage.commands).toEqual(['db id', 'i-1 use 7', 'i-2 use 7']);
  });

  it.each([
    ['command: a\n  delegate_to: nowhere', 'playbook.unknown_delegate', 4],
    [
      'elb_target: { state: drained, target_groups: [api-http] }\n  delegate_to: db',
      'playbook.cannot_delegate',
      4,
    ],
  ])('of %j is refused at its place', async (task, code, line) => {
    const stage = stageOf();
    const { turns } = await stage.tasks(`- ${task}`);
    expect(turns[0]?.error).toMatchObject({ code, at: { line, column: 20 } });
    expect(stage.commands).toEqual([]);
  });

  it('changes no host that the run has not leased, and may look at it', async () => {
    const stage = stageOf();
    const hosts = stage.fleet.hosts.map(({ host }) => host);
    const lease = { name: 'api', epoch: 1, deadline: Number.MAX_SAFE_INTEGER } as unknown as Lease;
    stage.prepare = ({ gate }) => gate.guardBy(lease, { hosts, run: 'a-run' });
    const { turns } = await stage.tasks(
      '- { command: a, delegate_to: localhost }\n- { command: b, delegate_to: db, check_mode: true }\n- { command: c, delegate_to: db }',
    );
    expect(turns.map(({ error }) => error?.code)).toEqual(['interlock.not_leased', 'interlock.not_leased']);
    expect(stage.commands).toEqual(['localhost a', 'localhost a']);
  });
});
