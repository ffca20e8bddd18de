import { describe, expect, it } from 'vitest';
import { AdHocStage, exited } from '../stages/ad-hoc-stage.js';
import { FleetStage, packaged, type StageOptions } from '../stages/fleet-stage.js';

type Turn = { readonly type: string; readonly host: string };

/** `+1 +2 -1`: hosts as they began and ended their turns. */
const turnsOf = ({ events }: Pick<FleetStage, 'events'>, play?: string): string =>
  events
    .flatMap((event): readonly Turn[] =>
      (event.type === 'turn.started' || event.type === 'turn.ended') &&
      (play === undefined || event.play.startsWith(play))
        ? [{ type: event.type, host: event.host.id }]
        : [],
    )
    .map(({ type, host }) => `${type === 'turn.started' ? '+' : '-'}${host.slice(2)}`)
    .join(' ');

describe('max_unavailable', () => {
  it.each([
    ['2', '+1 +2 -2 +3 -3 +4 -4 -1'],
    ['50%', '+1 +2 -2 +3 -3 +4 -4 -1'],
    ['1', '+1 -1 +2 -2 +3 -3 +4 -4'],
    ['9', '+1 +2 +3 +4 -2 -3 -4 -1'],
  ])('%s lets the next host begin as soon as one is done', async (most, turns) => {
    const stage = new AdHocStage({ hosts: 4 });
    await stage.tasks(
      `- pause: { seconds: 1 }\n- { pause: { seconds: 60 }, when: name == 'i-1' }`,
      `max_unavailable: ${most}`,
    );
    expect(turnsOf(stage.fleet)).toBe(turns);
  });

  it('begins no other host once one failed, and lets those that are under way end', async () => {
    const stage = new AdHocStage({ hosts: 5 });
    stage.command('bad', exited(1));
    const tasks = `
- { command: bad, when: name == 'i-2' }
- pause: { seconds: 10 }`;
    const result = await stage.tasks(tasks, 'max_unavailable: 2');
    expect(turnsOf(stage.fleet)).toBe('+1 +2 -2 -1');
    expect(result).toMatchObject({ stopped: true, untouched: new Set(['i-3', 'i-4', 'i-5']) });
    const lenient = await stage.tasks(tasks, 'max_unavailable: 2\n  max_failures: 30%');
    expect(lenient).toMatchObject({ stopped: false, untouched: new Set() });
    expect(lenient.turns).toHaveLength(5);
  });

  it('ends with the play when a host ends it', async () => {
    const stage = new AdHocStage({ hosts: 4 });
    const result = await stage.tasks(`- { meta: end_play, when: name == 'i-2' }`, 'max_unavailable: 1');
    expect(turnsOf(stage.fleet)).toBe('+1 -1 +2 -2');
    expect(result).toMatchObject({ stopped: false, untouched: new Set(['i-3', 'i-4']) });
  });

  it('has a bake for each host before its place is free, and never goes below the floor', async () => {
    const stage = windowStage('3', { hosts: 4, rollout: { min_healthy: 2 } });
    const lowest = lowestHealthy(stage);
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 0 });
    expect(lowest()).toBe(2);
    const bakes = stage.told('bake.started').map(({ batch }) => batch);
    expect(bakes.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4]);
    expect(stage.now.every((line) => line.includes('v2 running, in service'))).toBe(true);
  });

  it('keeps hosts of a group without a balancer above the floor, too', async () => {
    const stage = windowStage('4', {
      hosts: 4,
      groupVars: { target_groups: 'none' },
      rollout: { min_healthy: 3 },
    });
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
    expect(turnsOf(stage, 'Roll')).toBe('+1 -1 +2 -2 +3 -3 +4 -4');
  });

  it('rolls back what had finished when a host fails its bake', async () => {
    const stage = windowStage('2', { hosts: 4, rollout: { min_healthy: 1 } });
    stage.at(
      (event) => event.type === 'bake.started' && event.batch === 3,
      () => stage.host('i-3').named('api')?.exit(1),
    );
    expect(await stage.deploy()).toMatchObject({ exit: 4 });
    expect(await stage.later()).toEqual(
      ['i-1', 'i-2', 'i-3', 'i-4'].map((id) => `${id}: v1 running, in service`),
    );
  });
});

/** The packaged deploy, with a window instead of batches. */
function windowStage(most: string, options: StageOptions): FleetStage {
  const playbook = packaged.replace(/^( +)serial: .*$/m, `$1max_unavailable: ${most}`);
  expect(playbook).not.toBe(packaged);
  return new FleetStage({ ...options, playbook });
}

/** The fewest healthy targets that there were when something happened. */
function lowestHealthy(stage: FleetStage): () => number {
  let lowest = stage.registrations.length;
  const measure = (): boolean => {
    const healthy = stage.registrations.filter((one) => stage.group.healthOf(one).state === 'healthy');
    lowest = Math.min(lowest, healthy.length);
    return false;
  };
  stage.at(measure, () => undefined);
  return () => lowest;
}

it('max_unavailable begins no more hosts at once than --forks', async () => {
  const stage = new AdHocStage({ hosts: 4, forks: 2 });
  await stage.tasks('- pause: { seconds: 1 }', 'max_unavailable: 4');
  expect(turnsOf(stage.fleet).slice(0, 9)).toMatch(/^\+1 \+2 -[12] /);
});

describe('throttle', () => {
  it.each([
    ['throttle: 1', 1],
    ['throttle: 2', 2],
    ['throttle: 0', 5],
  ])('%s is how many hosts run the task at once', async (keyword, most) => {
    const stage = new AdHocStage({ hosts: 5 });
    await stage.tasks(`- pause: { seconds: 10 }\n  ${keyword}`);
    let [now, highest] = [0, 0];
    for (const { type } of stage.fleet.events) {
      if (type === 'task.started') highest = Math.max(highest, (now += 1));
      if (type === 'task.ended') now -= 1;
    }
    expect(highest).toBe(most);
  });

  it('holds for a task that was included, and in a role', async () => {
    const files = { 'more.yml': '- { name: alone, pause: { seconds: 10 }, throttle: 1 }' };
    const stage = new AdHocStage({ hosts: 4, files });
    await stage.tasks('- include_tasks: more.yml');
    let [now, highest] = [0, 0];
    for (const event of stage.fleet.events) {
      if (event.type !== 'task.started' && event.type !== 'task.ended') continue;
      if (event.task.name !== 'alone') continue;
      if (event.type === 'task.started') highest = Math.max(highest, (now += 1));
      else now -= 1;
    }
    expect(highest).toBe(1);
  });

  it('of a play and a block is for each of their tasks, also in batches and under linear', async () => {
    const stage = new AdHocStage({ hosts: 3 });
    await stage.tasks(
      `- pause: { seconds: 1 }\n- block:\n    - pause: { seconds: 1 }\n  throttle: 2`,
      'throttle: 1\n  strategy: linear',
    );
    expect(stage.endings).toHaveLength(6);
  });
});

describe('order', () => {
  it.each([
    ['inventory', ['web', 'api', 'db']],
    ['reverse_inventory', ['db', 'api', 'web']],
    ['sorted', ['api', 'db', 'web']],
    ['reverse_sorted', ['web', 'db', 'api']],
  ])('%s', async (order, names) => {
    const stage = new AdHocStage({ hosts: ['web', 'api', 'db'].map((name) => ({ name })) });
    await stage.tasks('- command: a', `order: ${order}\n  serial: 1`);
    expect(stage.fleet.told('turn.started').map(({ host }) => host.name)).toEqual(names);
  });

  it('shuffle has every host once, and the same order for the same random numbers', async () => {
    const played = async (): Promise<readonly string[]> => {
      const stage = new AdHocStage({ hosts: 8 });
      await stage.tasks('- command: a', 'order: shuffle\n  serial: 1');
      return stage.fleet.told('turn.started').map(({ host }) => host.id);
    };
    const order = await played();
    expect(order).not.toEqual(order.toSorted());
    expect(order.toSorted()).toEqual(Array.from({ length: 8 }, (_, index) => `i-${index + 1}`));
    expect(await played()).toEqual(order);
  });

  it('of a deploy is that of its plan', async () => {
    const playbook = packaged.replace(/^( +)serial: .*$/m, '$&\n$1order: reverse_inventory');
    const stage = new FleetStage({ hosts: 2, playbook, rollout: { min_healthy: 1 } });
    await stage.deploy();
    expect(turnsOf(stage, 'Roll')).toBe('+1 -1 +2 -2');
    expect(stage.told('warning').map(({ message }) => message)).toContainEqual(
      expect.stringContaining('a deploy keeps the order of its plan'),
    );
  });
});
