import { describe, expect, it } from 'vitest';
import { statusWith } from '../../src/deploy/status.js';
import { image } from '../fakes/world/image-behaviour.js';
import { deployOptions, FleetStage } from '../stages/fleet-stage.js';

const both = (what: string): readonly string[] => ['i-1', 'i-2'].map((id) => `${id}: ${what}`);
const noProbe = { groupVars: { health: 'none' } };

describe("a container that Docker's own health check finds unhealthy, while the group's passes", () => {
  it('is converged: it is not rolled again, and the plan says what Docker says', async () => {
    const stage = new FleetStage({ hosts: 2, rollout: { bake: '60s' } });
    stage.release(image.checkedByDocker('unhealthy'));
    expect(await stage.deploy()).toMatchObject({ exit: 0, outcome: 'converged', errors: [] });
    const before = stage.mutations.length;

    const again = await stage.deploy();

    expect(again).toMatchObject({ exit: 0, outcome: 'converged' });
    expect(stage.mutations.slice(before)).toEqual([]);
    const [told] = stage.told('plan.made').slice(-1);
    expect(told?.plan.warnings.join(' ')).toContain(`Docker's own health check`);
  });

  it('is no drift', async () => {
    const stage = new FleetStage({ hosts: 2 });
    stage.release(image.checkedByDocker('unhealthy'));
    await stage.deploy();
    await stage.world.clock.advance(60_000);
    const options = { ...deployOptions, groups: ['api'] };
    const report = await stage.world.clock.run(statusWith(await stage.ports(), options, stage.hooks));
    expect(report.groups[0]?.hosts.map(({ drift }) => drift)).toEqual([[], []]);
    expect(report.groups[0]?.hosts[0]?.containers[0]?.health).toBe('unhealthy');
  });
});

describe('a group without a health check, whose image has one', () => {
  it('is put in service when that passes, and no sooner', async () => {
    const stage = new FleetStage({ hosts: 2, ...noProbe });
    stage.release(image.checkedByDocker('healthy'));
    let health: string | undefined;
    stage.atTask('i-1', 'elb_target', 'task.ended', () =>
      stage.at(
        (event) => event.type === 'task.ended' && event.task.module === 'elb_target',
        () => (health = stage.host('i-1').named('api')?.observed().health),
      ),
    );
    expect(await stage.deploy()).toMatchObject({ exit: 0, outcome: 'converged' });
    expect(health).toBe('healthy');
    expect(await stage.later()).toEqual(both('v2 running, in service'));
  });

  it('fails where that does not pass, and goes back to what ran', async () => {
    const stage = new FleetStage({ hosts: 2, ...noProbe });
    stage.release(image.checkedByDocker('unhealthy'));
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(result.errors[0]?.message).toContain(`Docker's own health check`);
    expect(await stage.later()).toEqual(both('v1 running, in service'));
  });

  it('goes back also to what was unhealthy by that and in service', async () => {
    const previous = image.checkedByDocker('unhealthy');
    const stage = new FleetStage({ hosts: 2, previous, ...noProbe });
    stage.release(image.exitsAtOnce());
    expect(await stage.deploy()).toMatchObject({ exit: 4, named: [] });
    expect(await stage.later()).toEqual(both('v1 running, in service'));
  });

  it('is replaced where it is unhealthy by that, and then converged', async () => {
    const stage = new FleetStage({ hosts: 2, previous: image.checkedByDocker('unhealthy'), ...noProbe });
    const v1 = stage.release(image.checkedByDocker('healthy'), 'v2');
    await stage.deploy();
    const sick = stage.host('i-1').named('api');
    if (sick === undefined) throw new Error('nothing runs');
    Object.assign(sick.birth, { behaviour: image.checkedByDocker('unhealthy') });

    expect(await stage.deploy()).toMatchObject({ exit: 0, outcome: 'converged', mixed: false });

    const now = stage.host('i-1').named('api');
    expect(now?.id).not.toBe(sick.id);
    expect(now?.birth.digest).toBe(v1);
    expect(await stage.later()).toEqual(both('v2 running, in service'));
  });
});
