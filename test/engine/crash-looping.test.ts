import { describe, expect, it } from 'vitest';
import { image } from '../fakes/world/image-behaviour.js';
import { FleetStage } from '../stages/fleet-stage.js';

/** `i-1` runs a v1 that ends soon after each start; its Engine waits longer and longer before the next one. */
function crashLooping(): FleetStage {
  const stage = new FleetStage({ hosts: 2, states: ['unhealthy'], previous: image.healthy() });
  const { id } = stage.host('i-1').host;
  const broken = stage.release(image.exitsAtOnce(), 'v0');
  stage.host('i-1').containers.clear();
  const labels = { 'adfpush.environment': 'test', 'adfpush.group': 'api', 'adfpush.container': 'api' };
  const container = stage.host('i-1').runs({ name: 'api', digest: broken, ports: [5060], labels });
  container.exit();
  expect(container.observed(), id).toMatchObject({ running: false, restarting: true });
  return stage;
}

describe('a container that waits for its restart', () => {
  it('goes on being restarted when its host is restored', async () => {
    const stage = crashLooping();
    // So that it is looked at while it waits.
    await stage.world.clock.advance(30_000);
    const [before] = stage.host('i-1').containers.values();
    expect(before?.observed()).toMatchObject({ running: false, restarting: true });
    stage.release(image.neverHealthy());

    const result = await stage.deploy();

    expect(result.hosts.find(({ host }) => host === stage.host('i-1').host.id)?.status).toBe('named');
    await stage.later();
    const [after] = stage.host('i-1').containers.values();
    expect(after?.id).toBe(before?.id);
    expect(after?.observed()).toMatchObject({
      name: 'api',
      restarting: true,
      restartPolicy: { name: 'unless-stopped' },
    });
  });
});
