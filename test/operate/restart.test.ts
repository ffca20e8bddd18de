import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runAdHocWith } from '../../src/operate/ad-hoc.js';
import { recoverWith } from '../../src/recovery/recover.js';
import { deployOptions, FleetStage } from '../stages/fleet-stage.js';
import type { Death } from '../fakes/mortal-world.js';

const restart = readFileSync(fileURLToPath(new URL('../../playbooks/restart.yml', import.meta.url)), 'utf8');
const asBefore = (hosts: number): readonly string[] =>
  Array.from({ length: hosts }, (_, index) => `i-${index + 1}: v1 running, in service`);
const containersOf = (stage: FleetStage): readonly string[] =>
  stage.hosts.flatMap(({ containers }) => [...containers.keys()]);

describe('the packaged playbook restart', () => {
  it('restarts the very containers of one host after the other, each out of service', async () => {
    const stage = new FleetStage();
    const before = containersOf(stage);
    const result = await stage.run(restart, { group: 'api' });
    expect(result).toMatchObject({ exit: 0, named: [] });
    expect(containersOf(stage)).toEqual(before);
    expect(stage.mutations.filter((call) => /\b(stop|start|register|deregister)\b/.test(call))).toEqual(
      [1, 2, 3].flatMap((id) => [
        `traffic deregister api-http i-${id}:5060`,
        `i-${id} stop api`,
        `i-${id} start api`,
        `traffic register api-http i-${id}:5060`,
      ]),
    );
    expect(stage.now).toEqual(asBefore(3));
  });

  it('starts what it stopped again when a host fails, and goes no further', async () => {
    const stage = new FleetStage();
    stage.atTask('i-1', 'health', 'task.started', () => stage.host('i-1').named('api')?.engineEnds('killed'));
    const result = await stage.run(restart, { group: 'api' });
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(stage.now).toEqual(asBefore(3));
    expect(stage.mutations.filter((call) => call.startsWith('i-2 stop'))).toEqual([]);
  });

  it('is recovered when it was killed, wherever that was', async () => {
    const { project, environment, extraVars, check } = deployOptions;
    const options = { project, environment, extraVars, check, playbook: 'playbook.yml', group: 'api' };
    const killed = async (death?: Death): Promise<{ stage: FleetStage; calls: number }> => {
      const stage = new FleetStage({ hosts: 2 });
      stage.adHoc = restart;
      const life = await stage.untilDeath(death, (world, hooks) => runAdHocWith(world, options, hooks));
      return { stage, calls: life.calls.length };
    };
    const { calls } = await killed();
    expect(calls).toBeGreaterThan(20);
    for (let call = 1; call < calls; call += 3) {
      const { stage } = await killed({ call, when: 'after' });
      await stage.world.clock.advance(600_000);
      const recovery = recoverWith(await stage.elsewhere(), { project, environment, extraVars }, stage.hooks);
      const recovered = await stage.world.clock.run(recovery);
      expect(recovered, `killed after call ${call}`).toMatchObject({ exit: 0, named: [] });
      expect(await stage.later(), `killed after call ${call}`).toEqual(asBefore(2));
    }
  });
});
