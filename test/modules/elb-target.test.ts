import { describe, expect, it } from 'vitest';
import { accountId, region } from '../../src/model/ids.js';
import type { TargetGroup, TargetState } from '../../src/model/registration.js';
import { World } from '../fakes/world/world.js';
import { FakeModuleHost } from './fake-module-host.js';

/** The host `i-1` beside a peer in `api-http`, on these ports and in this state. */
function stageWith(
  ports: readonly number[],
  state: TargetState = 'healthy',
  given: Partial<TargetGroup> = {},
) {
  const world = new World();
  const [host, peer] = [
    world.addHost('i-1', { region: region('eu-west-1'), account: accountId('123456789012') }),
    world.addHost('i-2'),
  ];
  const group = world.addTargetGroup('api-http', given);
  const registrations = ports.map((port) => world.registered(group, host, port, state));
  for (const port of [5060, 5061]) world.registered(group, peer, port);
  return { world, group, host: new FakeModuleHost(world, host), registrations };
}
const target_groups = ['api-http'];
const drained = { state: 'drained', target_groups };
const inService = { state: 'in_service', target_groups };

describe('elb_target: drained', () => {
  it('drains all places of the host, and holds each in the state it was found', async () => {
    const { host, registrations } = stageWith([5060, 5061]);
    const checked = await host.check('elb_target', drained);
    expect(checked).toMatchObject({
      changes: true,
      summary: 'drain from api-http:5060, api-http:5061',
      takes: registrations.map((registration) => ({
        kind: 'registration',
        registration,
        state: 'healthy',
        region: 'eu-west-1',
        account: '123456789012',
      })),
    });
    expect(host.traffic.done).toEqual([]);

    const result = checked.changes && (await checked.apply());
    expect(host.traffic.done).toEqual([
      'drain api-http:5060 within default',
      'drain api-http:5061 within default',
    ]);
    expect(result).toMatchObject({
      changed: true,
      message: 'drained from api-http:5060, api-http:5061',
      values: {
        registrations: [
          { target_group: 'api-http', id: 'i-1', port: 5060 },
          { target_group: 'api-http', id: 'i-1', port: 5061 },
        ],
      },
    });
  });

  it.each<TargetState>(['unhealthy', 'initial', 'unavailable'])(
    'takes a place that is %s, and holds it as that',
    async (state) => {
      const { host } = stageWith([5060], state);
      expect(await host.check('elb_target', drained)).toMatchObject({ takes: [{ state }] });
    },
  );

  it('waits for a place that somebody else is draining, and does not bring it back', async () => {
    const { host } = stageWith([5060], 'draining');
    expect(await host.check('elb_target', drained)).toMatchObject({ takes: [{ state: 'absent' }] });
  });

  it('changes nothing when the host is registered nowhere', async () => {
    const { host } = stageWith([]);
    expect(await host.check('elb_target', drained)).toEqual({
      changes: false,
      result: { changed: false, message: 'not registered anywhere', values: { registrations: [] } },
    });
  });

  it('waits as long as it is told', async () => {
    const { host } = stageWith([5060]);
    const checked = await host.check('elb_target', { ...drained, drain_timeout: '90s' });
    if (checked.changes) await checked.apply();
    expect(host.traffic.done).toEqual(['drain api-http:5060 within 90000']);
  });
});

describe('elb_target: in_service', () => {
  it('changes nothing when all places are healthy', async () => {
    const { host } = stageWith([5060]);
    expect(await host.check('elb_target', inService)).toMatchObject({
      changes: false,
      result: { changed: false, message: 'in service in api-http:5060' },
    });
  });

  it('puts a new host where its peers are, and holds that it was not there', async () => {
    const { host } = stageWith([]);
    const checked = await host.check('elb_target', inService);
    expect(checked).toMatchObject({
      changes: true,
      summary: 'put in service in api-http:5060, api-http:5061',
      takes: [{ state: 'absent' }, { state: 'absent' }],
    });
    if (checked.changes) await checked.apply();
    expect(host.traffic.done).toEqual([
      'put api-http:5060 in service within 300000',
      'put api-http:5061 in service within 300000',
    ]);
  });

  it.each<TargetState>(['unhealthy', 'initial', 'draining'])(
    'waits for a place that is %s, and holds nothing of it: it is there already',
    async (state) => {
      const { host } = stageWith([5060], state);
      expect(await host.check('elb_target', { ...inService, timeout: 5 })).toMatchObject({
        changes: true,
        summary: 'put in service in api-http:5060',
        takes: [],
      });
    },
  );

  it('registers again what is not registered any more', async () => {
    const { world, host, group, registrations } = stageWith([5060]);
    group.deregister('world', registrations[0]!);
    await world.clock.advance(20_000);
    const checked = await host.check('elb_target', inService);
    expect(checked).toMatchObject({ changes: true });
    if (checked.changes) await checked.apply();
    expect(group.healthOf(registrations[0]!).state).toBe('initial');
  });

  it('says so where a group has no target groups', async () => {
    const { host } = stageWith([5060]);
    for (const state of ['drained', 'in_service']) {
      expect(await host.check('elb_target', { state, target_groups: 'none' })).toMatchObject({
        changes: false,
        result: { message: 'not registered anywhere', values: { registrations: [] } },
      });
    }
  });
});

describe('elb_target', () => {
  it.each([{ state: 'gone', target_groups }, { target_groups }, { state: 'drained' }])(
    'refuses arguments such as %j',
    async (args) => {
      const { host } = stageWith([5060]);
      await expect(host.check('elb_target', args)).rejects.toThrow();
    },
  );
});
