import { describe, expect, it, vi } from 'vitest';
import { AdfError } from '../../src/errors/adf-error.js';
import type { Event } from '../../src/events/event.js';
import { environmentName, groupName, holdId, hostId, runId } from '../../src/model/ids.js';
import type { RunResult } from '../../src/model/run-result.js';
import { FleetStage, packaged } from '../stages/fleet-stage.js';
import { image } from '../fakes/world/image-behaviour.js';

const codes = ({ errors }: RunResult): readonly string[] => errors.map(({ code }) => code);
/** While the first host is rolled. */
const meanwhile = (stage: FleetStage, act: () => void): void =>
  stage.atTask('i-1', 'health', 'task.ended', act);
const rolls = (event: Event, id: string): boolean =>
  event.type === 'turn.started' && event.host.id === id && event.play.startsWith('Roll');

describe('a host that joins during a roll', () => {
  it('is rolled after it with the same release, and goes where its peers are', async () => {
    const stage = new FleetStage({ hosts: 2 });
    const pinned = stage.world.images.tagged('registry:5000/api', 'v2');
    meanwhile(stage, () => {
      stage.join('i-9');
      stage.release(image.healthy(), 'v2');
    });

    const result = await stage.deploy();

    expect(result).toMatchObject({ exit: 0, outcome: 'converged', mixed: false });
    expect(result.hosts.map(({ host, status, joined }) => [host, status, joined])).toEqual([
      ['i-1', 'deployed', undefined],
      ['i-2', 'deployed', undefined],
      ['i-9', 'deployed', true],
    ]);
    expect(stage.host('i-9').named('api')!.birth.digest).toBe(pinned);
    expect(stage.seen('i-9')).toContain('in service on 5060');
    const order = stage.events.filter((event) => rolls(event, 'i-2') || rolls(event, 'i-9'));
    expect(order.map((event) => (event.type === 'turn.started' ? event.host.id : ''))).toEqual([
      'i-2',
      'i-9',
    ]);
  });

  it('is rolled too when it joins while joiners are rolled, until no host joins any more', async () => {
    const stage = new FleetStage({ hosts: 2 });
    meanwhile(stage, () => void stage.join('i-8'));
    stage.at(
      (event) => rolls(event, 'i-8'),
      () => void stage.join('i-9'),
    );
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
    expect([stage.seen('i-8'), stage.seen('i-9')]).toEqual([
      'v2 running, in service on 5060',
      'v2 running, in service on 5060',
    ]);
  });

  it('is rolled when it is the only one that is not converged', async () => {
    const stage = new FleetStage({ hosts: 2 });
    await stage.deploy();
    stage.at(
      (event) => event.type === 'phase.started' && event.phase === 'lease',
      () => void stage.join('i-9'),
    );
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
    expect(stage.seen('i-9')).toBe('v2 running, in service on 5060');
  });

  it('is fenced like the others: a newer epoch that it met keeps the run from changing it', async () => {
    const stage = new FleetStage({ hosts: 2 });
    meanwhile(stage, () => {
      stage.join('i-9').fences.set('test.api', { epoch: 99, run: runId('another') });
    });
    const result = await stage.deploy();
    expect(result.exit).not.toBe(0);
    expect(stage.mutations.filter((call) => /^i-9 (pull|create|start)/.test(call))).toEqual([]);
    expect(stage.host('i-9').containers.size).toBe(0);
  });

  it('that an earlier run still holds is not rolled over that: the next deploy recovers it first', async () => {
    const stage = new FleetStage({ hosts: 2 });
    const [registration] = stage.registrations;
    meanwhile(stage, () => {
      const { host, holds } = stage.join('i-9');
      const hold = {
        id: holdId('api/i-9#1'),
        kind: 'registration',
        host: host.id,
        group: groupName('api'),
        registration: { ...registration!, id: 'i-9' },
        state: 'healthy',
      } as const;
      const environment = environmentName('test');
      const owner = { who: 'bob@desk' };
      holds.set('before', { run: runId('before'), verb: 'deploy', environment, owner, at: 1, hold });
    });
    const result = await stage.deploy();
    expect(result.exit).toBe(4);
    expect(result.errors.map(({ message }) => message).join()).toContain('run before (deploy by bob@desk)');
    expect(stage.host('i-9').containers.size).toBe(0);
    expect(stage.host('i-9').holds.size).toBe(1);
  });

  it('that another run has is not rolled', async () => {
    const stage = new FleetStage({ hosts: 2 });
    const acquire = stage.leases.acquire.bind(stage.leases);
    vi.spyOn(stage.leases, 'acquire').mockImplementation(async (request) => {
      const lease = await acquire(request);
      return Object.assign(Object.create(lease) as typeof lease, { extend: () => Promise.reject(held) });
    });
    meanwhile(stage, () => void stage.join('i-9'));
    const result = await stage.deploy();
    expect(result.exit).toBe(4);
    expect(result.errors).toMatchObject([{ code: 'fleet.joiner_not_rolled', host: 'i-9' }]);
    expect(stage.host('i-9').images.size).toBe(0);
  });

  it('runs no task again that runs once', async () => {
    const stage = new FleetStage({
      hosts: 2,
      playbook: `${packaged}
- name: Tell
  hosts: '{{ group }}'
  tasks:
    - name: migrate
      run_once: true
      command: [migrate]
`,
    });
    meanwhile(stage, () => void stage.join('i-9'));
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
    expect(stage.transport.commands.filter(({ text }) => text === 'migrate')).toHaveLength(1);
  });

  it('that is on the release already needs nothing, and is told', async () => {
    const stage = new FleetStage({ hosts: 3 });
    await stage.deploy();
    const third = stage.host('i-3');
    third.tagged = false;
    stage.at(
      (event) => event.type === 'phase.started' && event.phase === 'lease',
      () => void (third.tagged = true),
    );

    const result = await stage.deploy();

    expect(result).toMatchObject({ exit: 0 });
    expect(result.hosts.map(({ host, status }) => [host, status])).toEqual([
      ['i-1', 'converged'],
      ['i-2', 'converged'],
      ['i-3', 'converged'],
    ]);
    expect(result.warnings).toEqual(['i-3 joined "api" during the run, and is on this release already.']);
  });

  it('that fails is restored by itself: the fleet stays on the release, exit 4', async () => {
    const stage = new FleetStage({ hosts: 2 });
    meanwhile(stage, () => {
      const joiner = stage.join('i-9');
      stage.runsV1(joiner);
      stage.world.registered(stage.group, joiner, 5060);
    });
    stage.atTask('i-9', 'docker_container', 'task.ended', () =>
      stage.host('i-9').named('api')!.stop('world'),
    );

    const result = await stage.deploy();

    expect(result).toMatchObject({ exit: 4, outcome: 'failed', named: [], mixed: true });
    expect(result.hosts.map(({ status }) => status)).toEqual(['deployed', 'deployed', 'restored']);
    expect(stage.told('rollback.started')).toEqual([]);
    expect(await stage.later()).toEqual(['i-1: v2 running, in service', 'i-2: v2 running, in service']);
    expect(stage.seen('i-9')).toBe('v1 running, in service on 5060');
  });

  it('that is lost in its turn is named, exit 5, and the fleet stays on the release', async () => {
    const stage = new FleetStage({ hosts: 2, rollout: { reconnect: '10s' } });
    meanwhile(stage, () => void stage.join('i-9'));
    stage.atTask('i-9', 'docker_container', 'task.ended', () => stage.host('i-9').lose());

    const result = await stage.deploy();

    expect(result).toMatchObject({ exit: 5, outcome: 'needs_person', named: [{ host: 'i-9' }] });
    expect(await stage.later()).toEqual(['i-1: v2 running, in service', 'i-2: v2 running, in service']);
  });

  it('whose release never gets healthy on it is restored to nothing', async () => {
    const stage = new FleetStage({ hosts: 2 });
    meanwhile(stage, () => void stage.join('i-9'));
    stage.atTask('i-9', 'docker_container', 'task.ended', () =>
      stage.host('i-9').named('api')!.stop('world'),
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, outcome: 'failed', named: [] });
    expect(result.hosts.map(({ status }) => status)).toEqual(['deployed', 'deployed', 'restored']);
    expect(stage.told('rollback.started')).toEqual([]);
    expect(stage.seen('i-9')).toBe('no container, not registered');
    expect((await stage.later()).every((line) => line.endsWith('v2 running, in service'))).toBe(true);
  });

  it('that is unfit is named with its reason, and the others are rolled: exit 4', async () => {
    const stage = new FleetStage({ hosts: 2 });
    meanwhile(stage, () => {
      stage.join('i-8').freeBytes = 1;
      stage.join('i-9');
    });
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, outcome: 'failed', named: [] });
    expect(codes(result)).toEqual(['fleet.joiner_not_rolled']);
    expect(result.errors[0]).toMatchObject({
      host: 'i-8',
      message: expect.stringMatching(
        /joined "api" during the run and was not rolled: i-8 has 0 MiB free/,
      ) as string,
    });
    expect(stage.seen('i-9')).toBe('v2 running, in service on 5060');
    expect(stage.seen('i-8')).toBe('no container, not registered');
  });

  it('is waited for while it starts up', async () => {
    const stage = new FleetStage({ hosts: 2 });
    meanwhile(stage, () => {
      stage.join('i-9').lose();
      stage.world.clock.after(120_000, () => stage.host('i-9').find(), true);
    });
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
    expect(stage.seen('i-9')).toBe('v2 running, in service on 5060');
  });

  it('that never answers is named', async () => {
    const stage = new FleetStage({ hosts: 2, rollout: { reconnect: '30s' } });
    meanwhile(stage, () => {
      stage.join('i-9').lose();
    });
    const result = await stage.deploy();
    expect(result.exit).toBe(4);
    expect(codes(result)).toEqual(['fleet.joiner_not_rolled']);
  });

  it('and is gone again is noted', async () => {
    const stage = new FleetStage({ hosts: 2 });
    meanwhile(stage, () => {
      stage.join('i-9').lose();
      stage.world.clock.after(
        60_000,
        () => {
          stage.world.end(hostId('i-9'));
        },
        true,
      );
    });
    const result = await stage.deploy();
    expect(result.exit).toBe(0);
    expect(result.warnings.some((line) => line.includes('is gone again'))).toBe(true);
  });

  it('is only told with --limit', async () => {
    const stage = new FleetStage({ hosts: 3 });
    meanwhile(stage, () => void stage.join('i-9'));
    const result = await stage.deploy({ limit: 'i-1,i-2' });
    expect(result.exit).toBe(0);
    expect(result.warnings).toEqual([
      'i-9 joined "api" during the run, which is limited to i-1,i-2, and was not rolled.',
    ]);
    expect(stage.host('i-9').containers.size).toBe(0);
  });

  it('gets no release that failed', async () => {
    const stage = new FleetStage({ hosts: 2 });
    stage.release(image.neverHealthy());
    stage.atTask('i-1', 'docker_container', 'task.ended', () => void stage.join('i-9'));
    const result = await stage.deploy();
    expect(result.exit).toBe(4);
    expect(codes(result)).toEqual(['health.not_proven', 'fleet.joiner_not_rolled']);
    expect(stage.host('i-9').images.size).toBe(0);
  });

  it('is rolled only so often: a fleet that grows for ever is left', async () => {
    const stage = new FleetStage({ hosts: 2 });
    let joined = 10;
    const grow = (): void => {
      const id = `i-${joined}`;
      joined += 1;
      stage.join(id);
      stage.at((event) => rolls(event, id), grow);
    };
    meanwhile(stage, grow);
    const result = await stage.deploy();
    expect(result.exit).toBe(4);
    expect(codes(result)).toEqual(['fleet.joiner_not_rolled']);
    expect(result.errors[0]?.message).toContain('faster than they are rolled');
  });
});

describe('a host that is replaced by another of its name', () => {
  it('is gone, and the other is a joiner', async () => {
    const stage = new FleetStage({
      hosts: [{ name: 'api-1' }, { name: 'api-2' }, { name: 'api-3' }, { name: 'api-4' }],
    });
    stage.at(
      (event) => event.type === 'batch.ended' && event.batch === 1 && event.play.startsWith('Roll'),
      () => {
        stage.world.end(hostId('i-1'));
        stage.join('i-9', { name: 'api-1', groups: [groupName('api')] });
      },
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 0, named: [] });
    expect(result.warnings).toContain('api-1 (i-1) left "api" during the run: it was terminated or stopped.');
    expect(stage.seen('i-9')).toBe('v2 running, in service on 5060');
  });
});

describe('a fleet that cannot be listed again', () => {
  it('is no success: joined hosts would not be known', async () => {
    const stage = new FleetStage({ hosts: 2 });
    meanwhile(stage, () => {
      stage.world.calls.intercept = async (call, proceed) => {
        if (call.port === 'fleet') throw refused;
        return proceed();
      };
    });
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, outcome: 'failed' });
    expect(codes(result)).toEqual(['fleet.not_listed_again']);
  });
});

const held = new AdfError({ code: 'lease.held', class: 'refused', message: 'Group "api" is locked by bob.' });
const refused = new AdfError({ code: 'aws.access_denied', class: 'refused', message: 'not allowed' });
