import { describe, expect, it } from 'vitest';
import { longestStaleness } from '../fakes/world/fake-target-group.js';
import { image } from '../fakes/world/image-behaviour.js';
import { FleetStage, type StageOptions } from '../stages/fleet-stage.js';

/** A fleet whose balancer gives an answer as old as it may be every other time, once the roll began. */
function staleStage(options: StageOptions): FleetStage {
  const stage = new FleetStage({ targetGroup: { deregistrationDelay: 0 }, ...options });
  let asked = 0;
  stage.at(
    ({ type }) => type === 'turn.started',
    () => (stage.world.staleness = () => ((asked += 1) % 2 === 0 ? longestStaleness : 0)),
  );
  return stage;
}

/** Answers of the balancer that are older than what the run did last. */
describe('a stale answer', () => {
  it('does not fail a turn as if others had registered its host again', async () => {
    const stage = staleStage({ rollout: { bake: 0 } });
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 0, errors: [], mixed: false });
    expect(stage.told('warning')).toEqual([]);
    expect(result.hosts.map(({ status }) => status)).toEqual(['deployed', 'deployed', 'deployed']);
  });

  it('does not make a host failed at the last look', async () => {
    const stage = new FleetStage({ hosts: 2, rollout: { bake: 0 } });
    stage.at(
      (event) => event.type === 'phase.started' && event.phase === 'audit',
      () => (stage.world.staleness = () => longestStaleness),
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 0, errors: [] });
    expect(result.hosts.map(({ status }) => status)).toEqual(['deployed', 'deployed']);
  });

  it('does not make a restore incomplete', async () => {
    const stage = staleStage({ rollout: { on_failure: 'restore' } });
    stage.release(image.exitsAtOnce());
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(result.errors.map(({ code }) => code)).toEqual(['health.crash_loop']);
    expect(result.hosts.map(({ status }) => status)).toEqual(['restored', 'untouched', 'untouched']);
  });

  it('counts when it stays so: others have registered the host again', async () => {
    const stage = new FleetStage({ hosts: 1, rollout: { min_healthy: 0 } });
    stage.atTask('i-1', 'docker_container', 'task.started', () =>
      stage.group.register('operator', stage.registrations[0]!),
    );
    const result = await stage.deploy();
    expect(result.errors.map(({ code }) => code)).toEqual(['fleet.registered_again']);
  });
});
