import { describe, expect, it } from 'vitest';
import { errorsOf } from '../../src/errors/adf-error.js';
import type { HostSession } from '../../src/engine/host-session.js';
import { AdHocStage } from '../stages/ad-hoc-stage.js';

/** One host in service, in a run of which no task has opened a hold. */
async function unheld(): Promise<{ readonly stage: AdHocStage; readonly session: HostSession }> {
  const stage = new AdHocStage();
  const [session] = await stage.sessions();
  if (session === undefined) throw new Error('there is no host');
  return { stage, session };
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => errorsOf(error)[0].code,
  );

describe('what the run does not hold', () => {
  it('is not stopped or removed, when it is a running container', async () => {
    const { stage, session } = await unheld();
    const { clock } = stage.fleet.world;
    const container = stage.fleet.host('i-1').named('api');
    if (container === undefined) throw new Error('nothing runs');

    expect(await clock.run(codeOf(session.target.containers.stop(container.id, 10_000)))).toBe(
      'interlock.hold_missing',
    );
    expect(await clock.run(codeOf(session.target.containers.remove(container.id)))).toBe(
      'interlock.hold_missing',
    );

    expect(stage.fleet.mutations).toEqual([]);
    expect(await stage.fleet.later()).toEqual(['i-1: v1 running, in service']);
  });

  it('is not stopped when it is a running container that others started', async () => {
    const { stage, session } = await unheld();
    const other = stage.fleet.host('i-1').runs({ name: 'other' });

    expect(await stage.fleet.world.clock.run(codeOf(session.target.containers.stop(other.id, 10_000)))).toBe(
      'interlock.hold_missing',
    );

    expect(other.running).toBe(true);
  });

  it('may be removed, when it is a container that is stopped', async () => {
    const { stage, session } = await unheld();
    const host = stage.fleet.host('i-1');
    const old = host.runs({ name: 'old', running: false });

    expect(await stage.fleet.world.clock.run(codeOf(session.target.containers.remove(old.id)))).toBe('done');

    expect(host.named('old')).toBeUndefined();
    expect(await stage.fleet.later()).toEqual(['i-1: v1 running, in service']);
  });

  it('is not taken out of its target group', async () => {
    const { stage, session } = await unheld();

    expect(
      await stage.fleet.world.clock.run(
        codeOf(session.target.traffic.drain(stage.fleet.registrations, 'default')),
      ),
    ).toBe('interlock.hold_missing');

    expect(stage.fleet.mutations).toEqual([]);
    expect(await stage.fleet.later()).toEqual(['i-1: v1 running, in service']);
  });
});

describe('a host in no group', () => {
  it('is taken out and put back by a playbook that names its target group', async () => {
    const stage = new AdHocStage({ hosts: 2 });
    const seen: (readonly string[])[] = [];
    stage.fleet.atTask('i-1', 'debug', 'task.started', () => seen.push(stage.fleet.now));

    await stage.tasks(
      `
- elb_target: { state: drained, target_groups: [api-http], drain_timeout: 10m }
- debug: { msg: it is out }
- elb_target: { state: in_service, target_groups: [api-http] }
`,
      'serial: 1',
    );

    expect(seen).toEqual([['i-1: v1 running, not registered', 'i-2: v1 running, in service']]);
    expect(stage.endings.filter((one) => !one.endsWith('ok') && !one.endsWith('changed'))).toEqual([]);
    expect(await stage.fleet.later()).toEqual(['i-1: v1 running, in service', 'i-2: v1 running, in service']);
    expect(stage.fleet.hosts.flatMap(({ holds }) => [...holds.keys()])).toEqual([]);
  });
});
