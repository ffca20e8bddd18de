import { describe, expect, it } from 'vitest';
import { runAdHocWith } from '../../src/operate/ad-hoc.js';
import { recoverWith } from '../../src/recovery/recover.js';
import { dockerUnreachable } from '../../src/errors/docker.js';
import { HoldsOnHosts } from '../../src/state/host-holds.js';
import type { World } from '../../src/world/world.js';
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

describe('an installed Docker Engine', () => {
  const { project, environment, extraVars, check } = deployOptions;
  const options = { project, environment, extraVars, check, playbook: 'playbook.yml' };
  const usesNone = '- hosts: api\n  tasks: [{ command: date }]\n';
  const usesDocker = '- hosts: api\n  tasks: [{ command: date }, { docker_prune: {} }]\n';

  /** As long as it takes to answer, and what it says then: that it is not there when absent. */
  function withEngines(stage: FleetStage, world: World, takes: number, answers: boolean): World {
    const { clock } = stage.world;
    const list = async (host: Parameters<World['hostHolds']['on']>[0]) => {
      await clock.sleep(takes);
      if (!answers) throw dockerUnreachable(host, 'dial unix /var/run/docker.sock: i/o timeout');
      return [...stage.world.host(host.id).holds.values()];
    };
    const nothing = () => Promise.resolve();
    const engines = {
      on: (host: Parameters<typeof list>[0]) => ({ keep: nothing, forget: nothing, list: () => list(host) }),
    };
    return { ...world, hostHolds: new HoldsOnHosts(engines, stage.transport, clock) };
  }

  async function lasting(playbook: string, takes: number, answers: boolean) {
    const stage = new FleetStage({ hosts: 3 });
    stage.adHoc = playbook;
    const world = withEngines(stage, await stage.ports(), takes, answers);
    const { exit } = await stage.world.clock.run(runAdHocWith(world, options, stage.hooks));
    const told = stage.told('warning').flatMap(({ message }) => (/Docker/.test(message) ? [message] : []));
    return { exit, took: stage.world.clock.elapsed(), told };
  }

  it('that does not answer is waited for once, and not for long, where no task needs it', async () => {
    const { took: usual } = await lasting(usesNone, 0, true);
    const { exit, took, told } = await lasting(usesNone, 10_000, false);
    expect(exit).toBe(0);
    expect(took - usual).toBeLessThanOrEqual(3_100);
    expect(told).toEqual([expect.stringMatching(/^The Docker Engine of i-1, i-2, i-3 does not answer/)]);
  });

  it('is waited for as long as its host where a task needs it', async () => {
    expect((await lasting(usesDocker, 10_000, false)).took).toBeGreaterThanOrEqual(10_000);
  });

  it('that answers within that time still tells of what interrupted runs hold', async () => {
    const without = { hosts: 2, groupVars: { image: undefined, container: undefined } };
    const stage = new FleetStage(without);
    stage.adHoc = upgrade;
    const whole = new FleetStage(without);
    whole.adHoc = upgrade;
    const life = await whole.untilDeath(undefined, (world, hooks) => runAdHocWith(world, options, hooks));
    const call = life.calls.indexOf('traffic.deregister') + 1;
    await stage.untilDeath({ call, when: 'after' }, (world, hooks) => runAdHocWith(world, options, hooks));
    await stage.world.clock.advance(600_000);
    expect(stage.now).toContain('i-1: v1 running, not registered');
    stage.adHoc = usesNone;
    const world = withEngines(stage, await stage.elsewhere(), 2_000, true);
    expect(await stage.world.clock.run(runAdHocWith(world, options, stage.hooks))).toMatchObject({ exit: 0 });
    expect(await stage.later()).toEqual(asBefore);
  });
});
