import { describe, expect, it } from 'vitest';
import { label } from '../../src/model/container.js';
import { FleetStage } from '../stages/fleet-stage.js';

const containers = [
  { name: 'api', ports: ['5060:5000'] },
  { name: 'sidecar', ports: [], env: { VERSION: '{{ version }}' } },
];

/** Two hosts with two containers each on v1, which adfpush itself has started. */
async function fleetOnV1(): Promise<FleetStage> {
  const stage = new FleetStage({ hosts: 2, groupVars: { container: undefined, containers } });
  for (const host of stage.hosts) stage.runsV1(host, 'sidecar', []);
  expect(await stage.deploy({ version: 'v1' })).toMatchObject({ exit: 0 });
  for (const { host } of stage.hosts) prune(stage, host.id);
  return stage;
}

/** As `docker container prune` does. */
function prune(stage: FleetStage, id: string): void {
  const host = stage.host(id);
  for (const container of [...host.containers.values()]) {
    if (!container.running) host.remove('operator', container);
  }
}

/** In the turn of i-1, what was put aside is pruned, and the new container ends. */
function failsWithoutPredecessors(stage: FleetStage): void {
  stage.atTask('i-1', 'health', 'task.started', () => {
    prune(stage, 'i-1');
    const made = stage.host('i-1').named('api');
    if (made === undefined) throw new Error('nothing was started');
    made.restartPolicy = { name: 'no' };
    made.exit(1);
  });
}

describe('two held containers that were removed', () => {
  it('are both made again as they were, on the network that they share', async () => {
    const stage = await fleetOnV1();
    failsWithoutPredecessors(stage);

    expect(await stage.deploy()).toMatchObject({ exit: 4, named: [] });

    expect(await stage.later()).toEqual(['i-1: v1 running, in service', 'i-2: v1 running, in service']);
    const [api, sidecar] = ['api', 'sidecar'].map((name) => stage.host('i-1').named(name));
    expect([api?.running, sidecar?.running]).toEqual([true, true]);
    expect(sidecar?.birth.digest).toBe(stage.v1);
    expect(sidecar?.birth.env).toEqual({ VERSION: 'v1' });
    expect(sidecar?.birth.networks).toEqual(api?.birth.networks);
    expect(api?.birth.labels[label.remakes]).toBeDefined();
  });

  it('are made again as they were also where one of them did not run', async () => {
    const stage = await fleetOnV1();
    const sidecar = stage.host('i-1').named('sidecar');
    if (sidecar === undefined) throw new Error('nothing runs');
    sidecar.stop('operator');
    await stage.world.clock.advance(120_000);
    failsWithoutPredecessors(stage);

    expect(await stage.deploy()).toMatchObject({ exit: 4, named: [] });

    expect((await stage.later())[0]).toBe('i-1: v1 running, in service');
    expect(stage.host('i-1').named('sidecar')?.running).toBe(false);
  });
});
