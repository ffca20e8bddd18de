import { expect, it } from 'vitest';
import { connectionLost } from '../../src/errors/ssh.js';
import { FleetStage } from '../stages/fleet-stage.js';

it('makes a container anew that an attempt with a lost answer did not connect to its networks', async () => {
  const container = { name: 'api', ports: ['5060:5000'], networks: ['backend'] };
  const stage = new FleetStage({ hosts: 2, groupVars: { container } });
  const made: string[] = [];
  stage.world.calls.intercept = async (call, proceed) => {
    const answer = await proceed();
    if (call.method !== 'create') return answer;
    made.push(`${call.actor} ${call.about}`);
    const host = stage.host(call.actor);
    const half = host.named('api');
    if (made.length > 1 || half === undefined) return answer;
    // It was cut between the two requests that make it: what it runs would reach nothing.
    Object.assign(half.birth, { networks: ['bridge'] });
    throw connectionLost(host.host, 'read ECONNRESET');
  };

  expect(await stage.deploy()).toMatchObject({ exit: 0, outcome: 'converged', errors: [] });

  expect(made).toEqual(['i-1 api', 'i-1 api', 'i-2 api']);
  expect(await stage.later()).toEqual(['i-1: v2 running, in service', 'i-2: v2 running, in service']);
  expect(stage.hosts.map((host) => host.named('api')?.birth.networks)).toEqual([['backend'], ['backend']]);
  // Of v1 one is kept, and nothing else is left.
  expect(stage.hosts.map((host) => host.containers.size)).toEqual([2, 2]);
});
