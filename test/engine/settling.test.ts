import { describe, expect, it } from 'vitest';
import { journalWrite } from '../../src/errors/journal.js';
import { connectionLost } from '../../src/errors/ssh.js';
import type { HostId } from '../../src/model/ids.js';
import type { PortCall } from '../fakes/port-calls.js';
import { FleetStage } from '../stages/fleet-stage.js';

/** From now on the note of a container that one host keeps is not taken off, as often as said. */
function losesForgets(stage: FleetStage, id: string, times: number): void {
  let left = times;
  stage.world.calls.intercept = (call, proceed) => {
    if (isNoteOfContainer(stage, call, stage.host(id).host.id) && left > 0) {
      left -= 1;
      return Promise.reject(connectionLost(stage.host(id).host, 'cut'));
    }
    return proceed();
  };
}

const isNoteOfContainer = (stage: FleetStage, { method, host, about }: PortCall, id: HostId): boolean =>
  method === 'forgetHold' &&
  host === id &&
  [...stage.host(id).holds.values()].some(({ hold }) => hold.id === about && hold.kind === 'container');

const everyHost = (hosts: number, what: string) =>
  Array.from({ length: hosts }, (_, index) => `i-${index + 1}: ${what}`);

describe('settling after a bake that passed', () => {
  it.each([1, '100%'])('outlasts one lost answer, with serial %s', async (serial) => {
    const stage = new FleetStage({ hosts: 4, rollout: { serial } });
    losesForgets(stage, 'i-2', 1);
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 0, errors: [], named: [] });
    expect(result.hosts.map(({ status }) => status)).toEqual(Array(4).fill('deployed'));
    expect(await stage.later()).toEqual(everyHost(4, 'v2 running, in service'));
    expect(stage.hosts.map(({ holds }) => holds.size)).toEqual([0, 0, 0, 0]);
    expect(stage.told('rollback.started')).toEqual([]);
  });

  it('goes on without a host that keeps its note, and warns', async () => {
    const stage = new FleetStage({ hosts: 4 });
    losesForgets(stage, 'i-2', Infinity);
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 0, errors: [], named: [] });
    expect(await stage.later()).toEqual(everyHost(4, 'v2 running, in service'));
    const warned = stage.told('warning').filter(({ host }) => host?.id === 'i-2');
    expect(warned.map(({ message }) => message).join('\n')).toContain(
      'it still has the note that its container "api" (v1) was taken',
    );
    // The note is void: what is taken off later is only that.
    stage.world.calls.intercept = (_call, proceed) => proceed();
    await stage.recover();
    expect(await stage.later()).toEqual(everyHost(4, 'v2 running, in service'));
    expect(stage.host('i-2').holds.size).toBe(0);
  });

  it('takes nothing back for a lease that ran out meanwhile and is ours again', async () => {
    const stage = new FleetStage();
    stage.at(
      ({ type }) => type === 'bake.ended',
      () => stage.leases.lapse('test.api'),
    );
    const result = await stage.deploy();
    expect(result.exit).toBe(4);
    expect(result.hosts.map(({ status }) => status)).toEqual(['deployed', 'untouched', 'untouched']);
    expect(await stage.later()).toEqual([
      'i-1: v2 running, in service',
      'i-2: v1 running, in service',
      'i-3: v1 running, in service',
    ]);
    expect(stage.host('i-1').holds.size).toBe(0);
  });

  it('takes a note off under a lease that runs out right then and is ours again', async () => {
    const stage = new FleetStage({ hosts: 2 });
    let isFrozen = false;
    let wasFrozen = false;
    stage.world.calls.intercept = async (call, proceed) => {
      const isLast = stage.told('bake.ended').length > 0 && call.method === 'admit' && call.host === 'i-1';
      if (isLast && !wasFrozen) {
        wasFrozen = true;
        isFrozen = true;
        await stage.world.clock.sleep(120_000);
        isFrozen = false;
      }
      while (isFrozen && call.port === 'lease') await stage.world.clock.sleep(1_000);
      return proceed();
    };
    const result = await stage.deploy();
    expect(wasFrozen).toBe(true);
    expect(result.hosts.map(({ status }) => status)).toEqual(['deployed', 'untouched']);
    expect(stage.host('i-1').holds.size).toBe(0);
  });

  it('tells what the turns of a batch did, when the journal cannot be written at its end', async () => {
    const stage = new FleetStage({ hosts: 3, rollout: { serial: '100%', min_healthy: 0 } });
    let full = false;
    stage.at(
      ({ type }) => type === 'bake.ended',
      () => {
        full = true;
      },
    );
    stage.world.calls.intercept = (call, proceed) =>
      full && call.method === 'append'
        ? Promise.reject(journalWrite('/state/journal', new Error('ENOSPC')))
        : proceed();
    const result = await stage.deploy();
    expect(result.exit).toBe(5);
    expect(result.hosts.map(({ status }) => status)).toEqual(['named', 'named', 'named']);
    expect(await stage.later()).toEqual(everyHost(3, 'v2 running, in service'));
  });
});

describe('a result', () => {
  it('does not call a host untouched that was put back at the end', async () => {
    const playbook = `
- name: drain and forget
  hosts: api
  gather_facts: false
  tasks:
    - elb_target: { state: drained, target_groups: [api-http] }
`;
    const stage = new FleetStage({ hosts: 2, playbook });
    const result = await stage.deploy();
    expect(result.hosts.map(({ status }) => status)).toEqual(['restored', 'untouched']);
    expect(await stage.later()).toEqual(everyHost(2, 'v1 running, in service'));
  });
});
