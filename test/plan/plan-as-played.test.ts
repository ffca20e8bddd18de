import { describe, expect, it } from 'vitest';
import { errorsOf } from '../../src/errors/adf-error.js';
import type { Layer } from '../../src/expression/scope.js';
import type { Amount } from '../../src/model/settings.js';
import { deployWith } from '../../src/deploy/deploy.js';
import { environment, group as groupName } from '../sim/project-of.js';
import { calmScenario, type Scenario } from '../sim/scenario.js';
import { simulate, type SimulatedProgram } from '../sim/simulate.js';
import { worldOf } from '../sim/world-of.js';

/** A deploy of a group that is in no target group when its scenario has none. */
const deploy =
  (limit?: string): SimulatedProgram =>
  async (ports) => {
    const none: Layer = { name: '--extra-vars', values: { target_groups: 'none' }, literal: true };
    const extraVars = ports.scenario.targetGroups.length === 0 ? [none] : [];
    return deployWith(
      await worldOf(ports),
      {
        project: '/project',
        environment,
        extraVars,
        groups: [groupName],
        check: false,
        diff: false,
        ...(limit === undefined ? {} : { limit }),
      },
      { readers: [ports.reader], stop: { signal: ports.stop, name: () => undefined, grace: 4_000 } },
    );
  };

/** The batches that the plan showed, and those that were rolled. */
async function batchesOf(
  scenario: Partial<Scenario>,
  minHealthy: Amount,
  limit?: string,
): Promise<{ readonly exit: number | undefined; readonly planned: unknown; readonly played: unknown }> {
  const rollout = { ...calmScenario.rollout, serial: [{ percent: 100 }], minHealthy };
  const { result, events } = await simulate(1, { ...calmScenario, ...scenario, rollout }, deploy(limit));
  return {
    exit: result?.exit,
    planned: events.flatMap((event) => (event.type === 'plan.made' ? event.plan.batches : [])),
    played: events
      .filter((event) => event.type === 'batch.started')
      .filter(({ play }) => play.startsWith('Roll'))
      .map(({ hosts }) => hosts.map(({ id }) => id)),
  };
}

const hosts = (...zones: readonly string[]): Scenario['hosts'] =>
  zones.map((zone, index) => ({ id: `h${index + 1}`, zone }));
const group = { name: 'api-http', ports: [5060], deregistrationDelay: 5_000, crossZone: true };
const twice = { ...group, ports: [5060, 5070] };
const ports = [5060, 5070];
const workers: Partial<Scenario> = { targetGroups: [], ports: [5060] };

describe('what is rolled is what the plan showed', () => {
  it.each<[string, Partial<Scenario>, Amount]>([
    ['two ports a host', { targetGroups: [twice], ports }, { percent: 50 }],
    [
      'two target groups, one of them with two ports a host',
      {
        targetGroups: [twice, { ...group, name: 'api-admin' }],
        ports,
        hosts: hosts('a', 'a', 'b', 'b', 'a'),
      },
      { hosts: 3 },
    ],
    [
      'zones that are not balanced across',
      { targetGroups: [{ ...group, crossZone: false }], hosts: hosts('a', 'a', 'a', 'a', 'b', 'b') },
      { percent: 25 },
    ],
    ['workers', workers, { percent: 50 }],
    [
      'workers of which most must stay',
      { ...workers, hosts: hosts('a', 'a', 'a', 'a', 'a') },
      { percent: 75 },
    ],
    ['a single worker, when downtime is accepted', { ...workers, hosts: hosts('a') }, { percent: 0 }],
    ['a first deploy of workers', { ...workers, hasPrevious: false }, { percent: 50 }],
    [
      'the first deploy of a single worker',
      { ...workers, hasPrevious: false, hosts: hosts('a') },
      { percent: 50 },
    ],
  ])('with %s', async (_, scenario, minHealthy) => {
    const { exit, planned, played } = await batchesOf(scenario, minHealthy);
    expect(exit).toBe(0);
    expect(played).toEqual(planned);
  });

  it('with workers that --limit chose: those that it left out are taken to run', async () => {
    const { exit, planned, played } = await batchesOf(workers, { percent: 50 }, 'h1:h2');
    expect({ exit, planned }).toEqual({ exit: 0, planned: [['h1', 'h2']] });
    expect(played).toEqual(planned);
  });

  it('which is nothing for a single running worker that its floor needs', async () => {
    const scenario = { ...calmScenario, ...workers, hosts: hosts('a') };
    const { thrown, events } = await simulate(1, scenario, deploy());
    expect(errorsOf(thrown).map(({ code }) => code)).toEqual(['preflight.floor']);
    expect(events.filter(({ type }) => type === 'batch.started')).toEqual([]);
  });
});
