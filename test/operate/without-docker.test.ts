import { describe, expect, it } from 'vitest';
import { runAdHocWith } from '../../src/operate/ad-hoc.js';
import { recoverWith } from '../../src/recovery/recover.js';
import { everyNth } from '../deep.js';
import { deployOptions, FleetStage } from '../stages/fleet-stage.js';
import type { Death } from '../fakes/mortal-world.js';

const upgrade = `
- hosts: api
  serial: 1
  tasks:
    - elb_target: { state: drained, target_groups: [api-http] }
    - shell: ./upgrade
    - health: { port: 5060, path: /health, passes: 1 }
    - elb_target: { state: in_service, target_groups: [api-http] }
`;

/** Hosts behind a target group, whose program is no container. */
function stageWithoutDocker(): FleetStage {
  const stage = new FleetStage({ hosts: 2, groupVars: { image: undefined, container: undefined } });
  for (const host of stage.hosts) host.hasDocker = false;
  stage.adHoc = upgrade;
  return stage;
}

const asBefore = ['i-1: v1 running, in service', 'i-2: v1 running, in service'];

describe('a playbook that takes hosts without Docker out of service', () => {
  it('brings them back, one after the other, and leaves no note', async () => {
    const stage = stageWithoutDocker();
    let out: readonly string[] = [];
    stage.atTask('i-1', 'shell', 'task.started', () => {
      out = stage.now;
    });
    expect(await stage.run(upgrade)).toMatchObject({ exit: 0, named: [] });
    expect(out).toEqual(['i-1: v1 running, not registered', 'i-2: v1 running, in service']);
    expect(await stage.later()).toEqual(asBefore);
    expect(stage.hosts.map(({ holds }) => holds.size)).toEqual([0, 0]);
  });

  it('gives a host back that fails', async () => {
    const stage = stageWithoutDocker();
    stage.transport.when(({ text }) =>
      text.trim() === './upgrade' ? { outcome: { kind: 'exited', code: 1 } } : undefined,
    );
    expect(await stage.run(upgrade)).toMatchObject({ exit: 4, named: [] });
    expect(await stage.later()).toEqual(asBefore);
  });

  it('is recovered from another machine when it was killed, wherever that was', async () => {
    const { project, environment, extraVars, check } = deployOptions;
    const options = { project, environment, extraVars, check, playbook: 'playbook.yml' };
    const killed = async (death?: Death): Promise<{ stage: FleetStage; calls: number }> => {
      const stage = stageWithoutDocker();
      const life = await stage.untilDeath(death, (world, hooks) => runAdHocWith(world, options, hooks));
      return { stage, calls: life.calls.length };
    };
    const { calls } = await killed();
    expect(calls).toBeGreaterThan(20);
    const deaths = Array.from({ length: calls - 1 }, (_, index) => index + 1);
    for (const call of everyNth(3, deaths)) {
      const { stage } = await killed({ call, when: 'after' });
      await stage.world.clock.advance(600_000);
      const recovery = recoverWith(await stage.elsewhere(), { project, environment, extraVars }, stage.hooks);
      const recovered = await stage.world.clock.run(recovery);
      expect(recovered, `killed after call ${call}`).toMatchObject({ exit: 0, named: [] });
      expect(await stage.later(), `killed after call ${call}`).toEqual(asBefore);
    }
  });
});
