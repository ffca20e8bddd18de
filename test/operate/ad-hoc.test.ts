import { describe, expect, it } from 'vitest';
import { deployWith } from '../../src/deploy/deploy.js';
import { recoverWith } from '../../src/recovery/recover.js';
import { listPlaybookWith } from '../../src/operate/list-playbook.js';
import { errorsOf } from '../../src/errors/adf-error.js';
import { runAdHocWith } from '../../src/operate/ad-hoc.js';
import { groupName } from '../../src/model/ids.js';
import type { Death } from '../fakes/mortal-world.js';
import { everyNth } from '../deep.js';
import { deployOptions, FleetStage } from '../stages/fleet-stage.js';

const ranOn = (stage: FleetStage): readonly string[] =>
  stage.transport.commands.map(({ host, text }) => `${host.id} ${text.trim()}`);

const asBefore = ['i-1: v1 running, in service', 'i-2: v1 running, in service'];
const leasesTaken = (stage: FleetStage): number =>
  stage.world.calls.log.filter(({ port, method }) => port === 'lease' && method === 'acquire').length;

describe('an ad-hoc playbook', () => {
  it('runs on the hosts that its plays name, one play after the other', async () => {
    const stage = new FleetStage({ hosts: 2 });
    const result = await stage.run(`
- hosts: api
  tasks: [{ shell: date }]
- hosts: i-2
  tasks: [{ shell: uptime }]
`);
    expect(result).toMatchObject({ exit: 0, verb: 'run', playbook: 'playbook.yml', groups: ['api'] });
    expect(ranOn(stage).toSorted()).toEqual(['i-1 date', 'i-2 date', 'i-2 uptime']);
    expect(result.hosts).toMatchObject([
      { name: 'i-1', status: 'ok', ok: 1, changed: 1 },
      { name: 'i-2', status: 'ok', ok: 2, changed: 2 },
    ]);
  });

  it('needs no image, container or target group', async () => {
    const stage = new FleetStage({
      hosts: 1,
      groupVars: { image: null, container: null, target_groups: null },
    });
    expect(await stage.run('- hosts: all\n  tasks: [{ shell: date }]')).toMatchObject({ exit: 0 });
  });

  it('is refused with the place of each mistake, also where two hosts have the same one in files of their own', async () => {
    const wrong = `size: '{{ from_json "many" }}'\n`;
    const files = { 'inventory/host_vars/i-1.yml': wrong, 'inventory/host_vars/i-2.yml': wrong };
    const stage = new FleetStage({ hosts: 2, files });
    const refused = stage.run("- hosts: all\n  tasks: [{ shell: 'resize {{ size }}' }]");
    const errors = await refused.then(
      () => [],
      (error: unknown) => errorsOf(error),
    );
    expect(errors.map(({ at }) => at?.file)).toEqual(Object.keys(files));
    expect(ranOn(stage)).toEqual([]);
  });

  it('takes no lease and writes no journal when it only reads', async () => {
    const stage = new FleetStage({ hosts: 1 });
    expect(await stage.run('- hosts: all\n  tasks: [{ debug: hello }]')).toMatchObject({ exit: 0 });
    expect(leasesTaken(stage)).toBe(0);
    expect(await stage.journals.runs()).toEqual([]);
    await stage.run('- hosts: all\n  tasks: [{ shell: date }]');
    expect(leasesTaken(stage)).toBe(1);
  });

  it('takes the leases of the hosts that it delegates to, whoever they are', async () => {
    const stage = new FleetStage({ hosts: 1 });
    stage.join('db-1', { groups: [groupName('db')] });
    const task = (to: string): string => `- hosts: api\n  tasks: [{ shell: add, delegate_to: ${to} }]`;
    expect(await stage.run(task('db-1'))).toMatchObject({ exit: 0 });
    expect(ranOn(stage)).toEqual(['db-1 add']);
    expect(leasesTaken(stage)).toBe(2);
  });

  it('takes the leases of those that only a template names, where the files tell which they are', async () => {
    const stage = new FleetStage({ hosts: 2 });
    for (const id of ['lb-1', 'lb-2']) stage.join(id, { groups: [groupName('lb')] });
    const tasks = `
- hosts: api
  serial: 1
  tasks:
    - { command: 'disable {{ inventory_hostname }}', delegate_to: '{{ item }}', loop: '{{ groups.lb }}' }
    - { shell: never, delegate_to: '{{ item }}', loop: '{{ groups.lb }}', when: item == "none" }
  handlers:
    - { name: tell, shell: tell, delegate_to: '{{ groups.lb.[0] }}' }
`;
    expect(await stage.run(tasks)).toMatchObject({ exit: 0, groups: ['api', 'lb'] });
    expect(ranOn(stage)).toEqual(
      ['i-1', 'i-2'].flatMap((host) => [`lb-1 disable ${host}`, `lb-2 disable ${host}`]),
    );
    expect(leasesTaken(stage)).toBe(2);
  });

  it('changes no host that it learns of only while it runs, and has no lease for', async () => {
    const stage = new FleetStage({ hosts: 1 });
    stage.join('db-1', { groups: [groupName('db')] });
    stage.transport.when(({ text }) => (text.trim() === 'which' ? { stdout: 'db-1' } : undefined));
    const tasks = `- hosts: api
  tasks:
    - { shell: which, register: which }
    - { shell: add, delegate_to: '{{ which.stdout }}' }`;
    const result = await stage.run(tasks);
    expect(result).toMatchObject({ exit: 4, errors: [{ code: 'interlock.not_leased' }] });
    expect(ranOn(stage)).toEqual(['i-1 which']);
  });

  it('changes nothing in a dry run, and says that it would', async () => {
    const stage = new FleetStage({ hosts: 1 });
    const result = await stage.run('- hosts: all\n  tasks: [{ shell: date }]', { check: true });
    expect(result).toMatchObject({ exit: 6, outcome: 'drift' });
    expect(ranOn(stage)).toEqual([]);
    expect(leasesTaken(stage)).toBe(0);
  });

  it('plays on this machine where a play says localhost, without a lease for it', async () => {
    const stage = new FleetStage({ hosts: 1 });
    const plays =
      '- hosts: api\n  tasks: [{ shell: date }]\n- hosts: localhost\n  tasks: [{ shell: ./tell }]';
    const result = await stage.run(plays, { limit: 'i-1' });
    expect(result).toMatchObject({ exit: 0, groups: ['api'] });
    expect(ranOn(stage)).toEqual(['i-1 date', 'localhost ./tell']);
    expect(await stage.run('- hosts: localhost\n  tasks: [{ shell: ./tell }]')).toMatchObject({
      exit: 0,
      groups: [],
    });
  });

  it('waits one connection timeout for a host that is out of reach from the start, and runs on the others', async () => {
    const stage = new FleetStage({ hosts: 3 });
    stage.host('i-2').lose();
    const result = await stage.run('- hosts: api\n  tasks: [{ shell: date }]');
    expect(result).toMatchObject({ exit: 4, hosts: [{ ok: 1 }, { unreachable: 1, failed: 0 }, { ok: 1 }] });
    expect(result.duration).toBeLessThan(20_000);
  });

  it.each([
    ['a pattern that nothing is called', 'web', {}, 'inventory.unknown_name'],
    ['a limit that nothing is called', 'api', { limit: 'web' }, 'inventory.unknown_name'],
    ['a limit that leaves no play a host', 'i-1', { limit: 'i-2' }, 'ad_hoc.no_hosts'],
    ['a delegate that is no host', 'i-1', {}, 'playbook.unknown_delegate', 'delegate_to: nowhere'],
    [
      'a template that names no host',
      'i-1',
      {},
      'playbook.unknown_delegate',
      "delegate_to: '{{ item }}', loop: [nowhere]",
    ],
    ['a pattern with the group, without one', "'{{ group }}'", {}, 'expression.unknown_variable'],
  ])('is refused for %s', async (_, hosts, choice, code, more = 'when: true') => {
    const stage = new FleetStage({ hosts: 2 });
    const played = stage.run(`- hosts: ${hosts}\n  tasks: [{ shell: date, ${more} }]`, choice);
    await expect(played).rejects.toMatchObject({ code });
    expect(ranOn(stage)).toEqual([]);
  });

  it('passes over a play that a limit empties, with a warning', async () => {
    const stage = new FleetStage({ hosts: 2 });
    const plays = '- hosts: i-1\n  tasks: [{ shell: date }]\n- hosts: i-2\n  tasks: [{ shell: uptime }]';
    expect(await stage.run(plays, { limit: 'i-2' })).toMatchObject({ exit: 0 });
    expect(ranOn(stage)).toEqual(['i-2 uptime']);
    expect(stage.told('warning').map(({ message }) => message)).toContainEqual(
      expect.stringContaining('has no host'),
    );
  });
});

/** Out of service, something, and back. */
const maintenance = (command: string): string => `
- hosts: '{{ group }}'
  serial: 1
  tasks:
    - elb_target: { state: drained, target_groups: '{{ target_groups }}' }
    - shell: ${command}
    - health: '{{ health }}'
    - elb_target: { state: in_service, target_groups: '{{ target_groups }}' }
`;

describe('an ad-hoc playbook that takes hosts out of service', () => {
  it('brings them back, in the target groups of their group', async () => {
    const stage = new FleetStage({ hosts: 2 });
    let out: readonly string[] = [];
    stage.atTask('i-1', 'shell', 'task.started', () => {
      out = stage.now;
    });
    expect(await stage.run(maintenance('./upgrade'), { group: 'api' })).toMatchObject({ exit: 0, named: [] });
    expect(out).toEqual(['i-1: v1 running, not registered', 'i-2: v1 running, in service']);
    expect(await stage.later()).toEqual(asBefore);
  });

  it('has the release that a host runs, and not the next one', async () => {
    const stage = new FleetStage({ hosts: 2 });
    const said = '    - debug: "{{ release.version }} {{ release.image }}"\n';
    await stage.run(`${maintenance('date')}${said}`, { group: 'api', limit: 'i-1' });
    const [told] = stage.told('task.ended').filter(({ task }) => task.module === 'debug');
    expect(told?.message).toBe(`v1 registry:5000/api@${stage.v1}`);
  });

  it('gives a host back that fails, and stops at once when none may be spared', async () => {
    const stage = new FleetStage({ hosts: 2 });
    stage.transport.when(({ text }) =>
      text.trim() === './upgrade' ? { outcome: { kind: 'exited', code: 1 } } : undefined,
    );
    const result = await stage.run(maintenance('./upgrade'), { group: 'api' });
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(await stage.later()).toEqual(asBefore);
  });

  it('keeps the floor of the group', async () => {
    const stage = new FleetStage({ hosts: 2, rollout: { min_healthy: '100%', floor_wait: '10s' } });
    const result = await stage.run(maintenance('date'), { group: 'api' });
    expect(result).toMatchObject({ exit: 4 });
    expect(await stage.later()).toEqual(asBefore);
  });

  it('is refused for a host of several groups, unless one is asked for', async () => {
    const files = {
      'inventory/group_vars/worker.yml': JSON.stringify({
        image: 'registry:5000/worker',
        container: { name: 'worker' },
        target_groups: 'none',
      }),
    };
    const groups = ['api', 'worker'] as never;
    const stage = new FleetStage({ hosts: [{ groups }, { groups }], files });
    const playbook = maintenance('date').replace("'{{ group }}'", 'all');
    await expect(stage.run(playbook)).rejects.toMatchObject({ code: 'ad_hoc.several_groups' });
    expect(await stage.run(playbook, { group: 'api' })).toMatchObject({ exit: 0, groups: ['api', 'worker'] });
  });

  it('is recovered by the next deploy when it was killed, wherever that was', async () => {
    const { project, environment, extraVars, check } = deployOptions;
    const options = { project, environment, extraVars, check, playbook: 'playbook.yml', group: 'api' };
    const killed = async (death?: Death): Promise<{ stage: FleetStage; calls: number }> => {
      const stage = new FleetStage({ hosts: 2 });
      stage.adHoc = maintenance('date');
      const life = await stage.untilDeath(death, (world, hooks) => runAdHocWith(world, options, hooks));
      return { stage, calls: life.calls.length };
    };
    const { calls } = await killed();
    expect(calls).toBeGreaterThan(20);
    for (const call of everyNth(
      3,
      Array.from({ length: calls - 1 }, (_, index) => index + 1),
    )) {
      const { stage } = await killed({ call, when: 'after' });
      await stage.world.clock.advance(600_000);
      const recovery = recoverWith(await stage.elsewhere(), { project, environment, extraVars }, stage.hooks);
      const recovered = await stage.world.clock.run(recovery);
      expect(recovered, `killed after call ${call}`).toMatchObject({ exit: 0, named: [] });
      expect(await stage.later(), `killed after call ${call}`).toEqual(asBefore);
    }
  });
});

describe('a playbook whose included file is known only when it runs', () => {
  const included = { files: { 'change.yml': '- shell: ./change' } };
  const plays = "- hosts: api\n  tasks: [{ include_tasks: '{{ what }}.yml' }]";
  const extraVars = [{ name: 'extra vars', values: { what: 'change' } }];

  it('takes the leases, since the file may change something', async () => {
    const stage = new FleetStage({ hosts: 1, ...included });
    expect(await stage.run(plays, { extraVars })).toMatchObject({ exit: 0 });
    expect(ranOn(stage)).toEqual(['i-1 ./change']);
    expect(leasesTaken(stage)).toBe(1);
    expect(await stage.journals.runs()).toHaveLength(1);
  });

  it('keeps the floor, and gives back what the file took', async () => {
    const file = maintenance('./change').split('tasks:\n')[1]?.replaceAll(/^ {4}/gm, '') ?? '';
    const stage = new FleetStage({ hosts: 2, files: { 'change.yml': file } });
    stage.transport.when(({ text }) =>
      text.trim() === './change' ? { outcome: { kind: 'exited', code: 1 } } : undefined,
    );
    let out: readonly string[] = [];
    stage.atTask('i-1', 'shell', 'task.started', () => {
      out = stage.now;
    });
    const result = await stage.run(plays, { extraVars, group: 'api' });
    expect(out[0]).toBe('i-1: v1 running, not registered');
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(await stage.later()).toEqual(asBefore);
  });
});

describe('the release that an ad-hoc playbook sees', () => {
  const telling = maintenance('date') + '    - debug: "{{ release.version }}"\n';
  const told = (stage: FleetStage): readonly (string | undefined)[] =>
    stage
      .told('task.ended')
      .filter(({ task }) => task.module === 'debug')
      .map(({ message }) => message);

  it('is that of the host under the lease, after an interrupted deploy was recovered', async () => {
    const whole = await new FleetStage({ hosts: 1, rollout: { min_healthy: 0 } }).untilDeath(
      undefined,
      (world, hooks) => deployWith(world, deployOptions, hooks),
    );
    const started = whole.calls.indexOf('runtime.start') + 1;
    const stage = new FleetStage({ hosts: 1, rollout: { min_healthy: 0 } });
    await stage.untilDeath({ call: started, when: 'after' }, (world, hooks) =>
      deployWith(world, deployOptions, hooks),
    );
    expect(stage.now[0]).toContain('v2 running');
    await stage.world.clock.advance(600_000);
    expect(await stage.run(telling, { group: 'api' })).toMatchObject({ exit: 0 });
    expect(told(stage)).toEqual(['v1']);
    expect(await stage.later()).toEqual(['i-1: v1 running, in service']);
  });
});

describe('groups of one play', () => {
  const worker = (min_healthy: string) => ({
    'inventory/group_vars/worker.yml': JSON.stringify({
      image: 'registry:5000/worker',
      container: { name: 'worker' },
      target_groups: 'none',
      rollout: { min_healthy },
    }),
  });
  const hosts = [{ groups: ['api'] as never }, { groups: ['api'] as never }, { groups: ['worker'] as never }];
  const plays = maintenance('date').replace("'{{ group }}'", 'all');

  it.each([
    ['100%', undefined, 'ad_hoc.floors_differ'],
    ['50%', undefined, undefined],
    ['100%', '50%', undefined],
  ])('with a floor of %s and that of the play %s', async (floor, ofPlay, code) => {
    const stage = new FleetStage({ hosts, files: worker(floor) });
    const own =
      ofPlay === undefined ? plays : plays.replace('serial: 1', `serial: 1\n  min_healthy: ${ofPlay}`);
    const played = stage.run(own, { limit: 'api:worker' });
    if (code === undefined)
      expect((await played).errors.map((one) => one.code)).not.toContain('ad_hoc.floors_differ');
    else await expect(played).rejects.toMatchObject({ code });
  });
});

describe('what of a playbook is run', () => {
  const playbook = `
- hosts: i-1
  tasks: [{ name: first, shell: one }]
- hosts: api
  tasks:
    - { name: second, shell: two }
    - block:
        - { name: third, shell: three, tags: [late] }
        - { name: fourth, shell: four, notify: restart }
  post_tasks: [{ name: fifth, shell: five }]
  handlers: [{ name: restart, shell: again }]
`;

  it.each([
    ['third', ['three', 'four', 'again', 'five']],
    ['f*th', ['four', 'again', 'five']],
    ['fifth', ['five']],
  ])('begins at the task %s', async (startAt, ran) => {
    const stage = new FleetStage({ hosts: 1 });
    expect(await stage.run(playbook, { startAt })).toMatchObject({ exit: 0 });
    expect(ranOn(stage)).toEqual(ran.map((word) => `i-1 ${word}`));
  });

  it('is refused to begin at a task that is not there', async () => {
    const stage = new FleetStage({ hosts: 1 });
    await expect(stage.run(playbook, { startAt: 'secnd' })).rejects.toMatchObject({
      code: 'playbook.no_such_task',
      hint: expect.stringContaining('second') as string,
    });
  });

  it('is refused with a tag that no task has, unless a file that is included may have it', async () => {
    const stage = new FleetStage({
      hosts: 1,
      files: { 'more.yml': '- { shell: more, tags: [later] }' },
    });
    for (const flags of [{ tags: ['lat'] }, { skipTags: ['lat'] }]) {
      await expect(stage.run(playbook, flags)).rejects.toMatchObject({
        code: 'playbook.unknown_tag',
        hint: 'Did you mean "late"?',
      });
    }
    expect(leasesTaken(stage)).toBe(0);
    const open = `
- hosts: api
  tasks: [{ set_fact: { which: more }, tags: [always] }, { include_tasks: '{{ which }}.yml', tags: [always] }]
`;
    await stage.run(open, { tags: ['later'] });
    expect(ranOn(stage)).toEqual(['i-1 more']);
  });

  it('is what a person says to each task, once for all hosts', async () => {
    const stage = new FleetStage({ hosts: 2 });
    const asked: string[] = [];
    const answers = ['pass_over', 'run', 'run_all'] as const;
    await stage.run(
      playbook,
      {},
      {
        askTask: async (name) => {
          asked.push(name);
          return answers[asked.length - 1] ?? 'pass_over';
        },
      },
    );
    expect(asked).toEqual(['first', 'second', 'third']);
    expect(ranOn(stage).filter((line) => line.startsWith('i-2'))).toEqual(
      ['two', 'three', 'four', 'again', 'five'].map((word) => `i-2 ${word}`),
    );
  });

  it('is shown without asking any host', async () => {
    const stage = new FleetStage({ hosts: 2 });
    stage.adHoc = playbook;
    const { project, environment, extraVars, check } = deployOptions;
    const options = { project, environment, extraVars, check, playbook: 'playbook.yml', limit: 'i-2' };
    const listing = await listPlaybookWith(await stage.ports(), { ...options, tags: ['late'] }, stage.hooks);
    expect(listing.plays).toEqual([
      { name: 'i-1', hosts: [], tasks: [] },
      { name: 'api', hosts: ['i-2'], tasks: [{ name: 'third', tags: ['late'] }] },
    ]);
    expect(stage.world.calls.log.filter(({ port }) => port === 'transport')).toEqual([]);
  });
});

describe('--limit @retry', () => {
  it('is the hosts that failed in the last playbook', async () => {
    const stage = new FleetStage({ hosts: 3 });
    stage.transport.when(({ host, text }) =>
      text.trim() === 'flaky' && host.id === 'i-2' ? { outcome: { kind: 'exited', code: 1 } } : undefined,
    );
    expect(await stage.run('- hosts: api\n  tasks: [{ shell: flaky }]')).toMatchObject({ exit: 4 });
    await stage.run('- hosts: api\n  tasks: [{ shell: date }]', { limit: '@retry' });
    expect(ranOn(stage).filter((line) => line.endsWith('date'))).toEqual(['i-2 date']);
    const again = stage.run('- hosts: api\n  tasks: [{ shell: date }]', { limit: '@retry' });
    await expect(again).rejects.toMatchObject({ code: 'ad_hoc.nothing_to_retry' });
  });
});
