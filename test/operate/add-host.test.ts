import { describe, expect, it } from 'vitest';
import { leaseUnavailable } from '../../src/errors/lease.js';
import { runAdHocWith } from '../../src/operate/ad-hoc.js';
import { recoverWith } from '../../src/recovery/recover.js';
import { groupName, region } from '../../src/model/ids.js';
import type { FakeHost } from '../fakes/world/fake-host.js';
import { Life, mortal, type Death } from '../fakes/mortal-world.js';
import { everyNth } from '../deep.js';
import { deployOptions, FleetStage, type StageOptions } from '../stages/fleet-stage.js';

/** A machine that no inventory lists: it is in a region that the environment does not have. */
const unlisted = (stage: FleetStage, id: string, address = '10.0.9.9'): FakeHost =>
  stage.join(id, { region: region('us-east-1'), address, targetIds: [address], groups: [] });

/** The group `api` of some hosts, and web9, which is not listed. */
function staged(options: StageOptions = { hosts: 1 }): FleetStage {
  const stage = new FleetStage(options);
  unlisted(stage, 'web9');
  return stage;
}

const ranOn = (stage: FleetStage): readonly string[] =>
  stage.transport.commands.map(({ host, text }) => `${host.id} ${text.trim()}`);

const leasesTaken = (stage: FleetStage): readonly string[] =>
  stage.world.calls.log
    .filter(({ port, method }) => port === 'lease' && method === 'acquire')
    .map(({ about }) => about);

const messages = (stage: FleetStage): readonly (string | undefined)[] =>
  stage
    .told('task.ended')
    .filter(({ task }) => task.module === 'debug')
    .map(({ message }) => message);

const adding = (args: string): string => `- hosts: api\n  tasks:\n    - add_host: ${args}\n`;
const web9 = adding('{ name: web9, address: 10.0.9.9, groups: [new] }');
const onNew = '- hosts: new\n  tasks: [{ shell: date }]';

describe('add_host', () => {
  it('adds a host that a later play runs on, under a lease of its own, and writes nothing to the inventory', async () => {
    const stage = staged();
    const played = `${web9}${onNew}`;
    expect(await stage.run(played)).toMatchObject({
      exit: 0,
      groups: ['api', 'new'],
      hosts: [
        { name: 'i-1', ok: 1, changed: 0 },
        { name: 'web9', ok: 1, changed: 1 },
      ],
    });
    expect(ranOn(stage)).toEqual(['web9 date']);
    expect(leasesTaken(stage)).toEqual(['test.api', 'test.host web9']);
    expect(await stage.run(played)).toMatchObject({ exit: 0 });
    await expect(stage.run(onNew)).rejects.toMatchObject({ code: 'inventory.unknown_name' });
  });

  it('runs once for each batch, with all items of its loop', async () => {
    const stage = new FleetStage({ hosts: 3 });
    unlisted(stage, 'w-1', '10.0.9.1');
    unlisted(stage, 'w-2', '10.0.9.2');
    const played = `
- hosts: api
  tasks:
    - add_host: { name: "{{ inventory_hostname }}", groups: late }
    - add_host: { name: "{{ item }}", groups: "looped, late" }
      loop: [w-1, w-2]
- hosts: looped
  tasks: [{ shell: one }]
- hosts: late
  serial: 1
  tasks: [{ shell: two }]
`;
    expect(await stage.run(played)).toMatchObject({ exit: 0, errors: [] });
    expect(ranOn(stage).toSorted()).toEqual(['i-1 two', 'w-1 one', 'w-1 two', 'w-2 one', 'w-2 two']);
    const each = played.replace('tasks:', 'serial: 1\n  tasks:');
    await stage.run(each);
    expect(ranOn(stage)).toEqual(expect.arrayContaining(['i-2 two', 'i-3 two']));
  });

  it('is known to groups and hostvars at once, with its variables and those of its groups', async () => {
    const files = {
      'inventory/group_vars/new.yml': 'colour: red',
      'inventory/host_vars/web9.yml': 'size: 2',
    };
    const stage = staged({ hosts: 1, files });
    const { errors } = await stage.run(`
- hosts: api
  tasks:
    - add_host: { hostname: web9, groupname: new, ansible_host: 10.0.9.9, role: canary, size: 1 }
    - debug: "{{ json groups.new }} {{ hostvars.web9.role }} {{ hostvars.web9.ansible_host }}"
    - debug: in time
      when: groups.new.size() == 1 && "web9" in hostvars
- hosts: new
  tasks:
    - debug: "{{ json group_names }} {{ role }} {{ colour }} {{ size }}"
`);
    expect(errors).toEqual([]);
    expect(messages(stage)).toEqual(['["web9"] canary 10.0.9.9', 'in time', '["new"] canary red 2']);
  });

  it('keeps values for later plays in a host that is never reached', async () => {
    const stage = new FleetStage({ hosts: 2 });
    const played = `
- hosts: i-1
  tasks:
    - shell: ./token
      register: made
    - add_host: { name: kept, token: "{{ made.rc }}" }
- hosts: i-2
  tasks: [{ debug: "token {{ hostvars.kept.token }}" }]
`;
    expect(await stage.run(played)).toMatchObject({ errors: [], exit: 0 });
    expect(messages(stage)).toEqual(['token 0']);
    expect(leasesTaken(stage)).toEqual(['test.api']);
  });

  it('gives a host that is there more groups and variables, and what it registered stays known', async () => {
    const stage = new FleetStage({ hosts: 2 });
    const { errors } = await stage.run(`
- hosts: api
  tasks:
    - shell: date
      register: out
    - add_host: { name: i-2, groups: late, colour: red }
- hosts: late
  tasks:
    - debug: "{{ json group_names }} {{ colour }} {{ out.rc }}"
      when: out.rc == 0 && colour == "red"
`);
    expect(errors).toEqual([]);
    expect(messages(stage)).toEqual(['["api","late"] red 0']);
    expect(leasesTaken(stage)).toEqual(['test.api']);
  });

  it.each(['{ name: i-1, colour: red }', '{ name: "{{ who }}", colour: red }', '"{{ given }}"'])(
    'gives a listed host a variable that its next play uses: %s',
    async (args) => {
      const stage = new FleetStage({
        hosts: 1,
        groupVars: { who: 'i-1', given: { name: 'i-1', colour: 'red' } },
      });
      const { errors } = await stage.run(
        `${adding(args)}- hosts: api\n  tasks: [{ debug: "is {{ colour }}", when: colour == "red" }]`,
      );
      expect(errors).toEqual([]);
      expect(messages(stage)).toEqual(['is red']);
    },
  );

  it('takes the lease of a group that the host joins, and of one whose host joins a group', async () => {
    const stage = staged();
    stage.join('db-1', { groups: [groupName('db')] });
    stage.join('db-2', { groups: [groupName('db')] });
    const joins = adding('{ name: web9, address: 10.0.9.9, groups: [new, db] }');
    expect(await stage.run(`${joins}${onNew}`)).toMatchObject({ exit: 0, groups: ['api', 'db', 'new'] });
    expect(leasesTaken(stage)).toEqual(['test.api', 'test.db', 'test.host web9']);
    await stage.run(`${adding('{ name: db-2, groups: new }')}${onNew}`);
    expect(leasesTaken(stage).slice(3)).toEqual(['test.api', 'test.db']);
    expect(ranOn(stage)).toEqual(['web9 date', 'db-2 date']);
  });

  it('does nothing on a host that another run has', async () => {
    const stage = staged();
    const owner = { run: 'other', who: 'bob' };
    const lease = { environment: 'test' as never, group: groupName('host web9'), hosts: [] };
    await stage.leases.acquire({ ...lease, owner, duration: 3_600_000 });
    const result = await stage.run(`${web9}${onNew}`);
    expect(result).toMatchObject({ exit: 4, errors: [{ code: 'lease.held' }] });
    expect(ranOn(stage)).toEqual([]);
  });

  it('takes the lease of a host that tasks of a later play are delegated to', async () => {
    const stage = staged();
    const played = `${web9}- hosts: api\n  tasks: [{ shell: date, delegate_to: web9 }]`;
    expect(await stage.run(played)).toMatchObject({ exit: 0 });
    expect(ranOn(stage)).toEqual(['web9 date']);
    expect(leasesTaken(stage)).toEqual(['test.api', 'test.host web9']);
  });

  it('begins with this machine alone, and leases what it adds', async () => {
    const stage = staged();
    const local = web9.replace('api', 'localhost');
    expect(await stage.run(`${local}${onNew}`)).toMatchObject({ exit: 0, groups: ['new'] });
    expect(ranOn(stage)).toEqual(['web9 date']);
    expect(leasesTaken(stage)).toEqual(['test.host web9']);
  });

  it('waits for a machine that is still starting', async () => {
    const stage = staged();
    let asked = 0;
    const acquire = stage.leases.acquire.bind(stage.leases);
    stage.leases.acquire = (request) => {
      asked += request.group === 'host web9' ? 1 : 0;
      if (request.group !== 'host web9' || asked > 3) return acquire(request);
      return Promise.reject(leaseUnavailable(request, 0, 1, ['web9: connection refused.'], []));
    };
    expect(await stage.run(`${web9}${onNew}`)).toMatchObject({ exit: 0 });
    expect(ranOn(stage)).toEqual(['web9 date']);
  });

  it('passes over a play whose group it did not add', async () => {
    const stage = staged();
    const skipped = web9.replace('\n    - add', '\n    - when: false\n      add');
    expect(await stage.run(`${skipped}${onNew}`)).toMatchObject({ exit: 0 });
    expect(stage.told('warning').map(({ message }) => message)).toContainEqual(
      expect.stringContaining('has no host'),
    );
  });

  it('adds in a dry run too, which changes nothing', async () => {
    const stage = staged();
    expect(await stage.run(`${web9}${onNew}`, { check: true })).toMatchObject({
      exit: 6,
      hosts: [{ changed: 0 }, { name: 'web9', changed: 1 }],
    });
    const unknown = `
- hosts: api
  tasks:
    - { shell: ./make, register: made }
    - add_host: { name: "{{ made.stdout }}", groups: new }
    - debug: "{{ groups.new }}"
`;
    const onUnknown = '- hosts: web9\n  tasks: [{ shell: date }]';
    expect(await stage.run(`${unknown}${onNew}`, { check: true })).toMatchObject({ errors: [] });
    expect(await stage.run(`${unknown}${onUnknown}`, { check: true })).toMatchObject({ errors: [] });
    expect(ranOn(stage)).toEqual([]);
    expect(leasesTaken(stage)).toEqual([]);
  });

  it('keeps to --limit, and says so', async () => {
    const stage = staged({ hosts: 2 });
    expect(await stage.run(`${web9}${onNew}`, { limit: 'i-1' })).toMatchObject({ exit: 0 });
    expect(ranOn(stage)).toEqual([]);
    expect(stage.told('warning').map(({ message }) => message)).toContainEqual(
      expect.stringContaining('--limit i-1 leaves it out'),
    );
    expect(await stage.run(`${web9}${onNew}`, { limit: 'i-1,web9' })).toMatchObject({ exit: 0 });
    expect(ranOn(stage)).toEqual(['web9 date']);
  });

  it.each([
    ['a name with a sign of patterns', '{ name: "web:*" }', 25],
    ['no name', '{ groups: new }', 17],
    ['a group that is no name', '{ name: web9, groups: [new, "a b"] }', 45],
    ['a port that is none', '{ name: web9, ansible_port: ssh }', 45],
    ['two words for one', '{ name: web9, hostname: web8 }', 41],
    ['a connection that is not SSH', '{ name: web9, ansible_connection: winrm }', 51],
    ['a bastion in the words of ssh', '{ name: web9, ansible_ssh_common_args: -J b }', 56],
  ])('is refused before anything runs for %s', async (_, args, column) => {
    const stage = staged();
    await expect(stage.run(adding(args))).rejects.toMatchObject({
      code: 'playbook.arguments',
      at: { file: 'playbook.yml', line: 3, column },
    });
    expect(ranOn(stage)).toEqual([]);
  });

  it.each([
    ['an ssh setting that is not there', '{ name: web9, ssh: { usr: admin } }', 'playbook.arguments'],
    [
      'another address for a host of the inventory',
      '{ name: i-1, address: 10.1.1.1 }',
      'add_host.reached_otherwise',
    ],
  ])('fails at its place for %s', async (_, args, code) => {
    const stage = staged();
    const result = await stage.run(`${adding(args)}- hosts: api\n  tasks: [{ shell: date }]`);
    expect(result).toMatchObject({
      exit: 2,
      errors: [{ code, at: expect.stringMatching(/^playbook.yml:3:/) as string }],
    });
  });

  it('names a misspelt group before the run where its names are written out, and else before the play', async () => {
    const stage = staged();
    const misspelt = onNew.replace('new', 'nwe');
    await expect(stage.run(`${web9}${misspelt}`)).rejects.toMatchObject({
      code: 'inventory.unknown_name',
      hint: 'Did you mean "new"?',
    });
    const templated = web9.replace('web9', '"{{ \'web9\' }}"');
    expect(await stage.run(`${templated}${misspelt}`)).toMatchObject({
      exit: 4,
      errors: [{ code: 'inventory.unknown_name', hint: 'Did you mean "new"?' }],
    });
  });

  it('checks a play for the hosts that were added to it before it begins', async () => {
    const stage = staged();
    const result = await stage.run(
      `${web9}- hosts: new\n  tasks:\n    - shell: one\n    - shell: "{{ nothing }}"`,
    );
    expect(result).toMatchObject({ exit: 2, errors: [{ code: 'expression.unknown_variable' }] });
    expect(ranOn(stage)).toEqual([]);
  });

  it('tells of a host that does not answer', async () => {
    const stage = staged();
    stage.host('web9').lose();
    expect(await stage.run(`${web9}${onNew}`)).toMatchObject({ exit: 4 });
    expect(ranOn(stage)).toEqual([]);
  });

  it('is refused in a deploy, with what to do', async () => {
    const playbook = adding('{ name: web9 }');
    const stage = staged({ hosts: 1, playbook });
    await expect(stage.deploy()).rejects.toMatchObject({
      code: 'add_host.in_deploy',
      at: { line: 3 },
      hint: expect.stringContaining('adfpush run') as string,
    });
  });
});

describe('a task that is delegated to a host which the same play added', () => {
  const addAnd = (tasks: string, hosts = 'api'): string =>
    `- hosts: ${hosts}\n  tasks:\n    - add_host: { name: web9, address: 10.0.9.9, groups: [new] }\n${tasks}`;

  /** What happened first to last, as far as it is one of these. */
  const order = (stage: FleetStage): readonly string[] =>
    stage.world.calls.log.flatMap(({ port, method, about }) =>
      port === 'lease' && method === 'acquire'
        ? [`lease ${about}`]
        : method === 'runStep'
          ? [`run ${about.trim()}`]
          : port === 'journal' && about === 'run.grown'
            ? ['run.grown']
            : [],
    );

  it.each([
    ['by its name', '    - { shell: date, delegate_to: web9 }\n'],
    ['by a template', '    - set_fact: { new: web9 }\n    - { shell: date, delegate_to: "{{ new }}" }\n'],
    ['by the name of its group', '    - { shell: date, delegate_to: "{{ groups.new.[0] }}" }\n'],
  ])('acts there once its lease is held and it is written down, %s', async (_, tasks) => {
    const stage = staged();
    expect(await stage.run(addAnd(tasks))).toMatchObject({ exit: 0, errors: [], groups: ['api', 'new'] });
    expect(ranOn(stage)).toEqual(['web9 date']);
    expect(order(stage)).toEqual(['lease test.api', 'lease test.host web9', 'run.grown', 'run date']);
    const grown = (await stage.journal()).find(({ type }) => type === 'run.grown');
    expect(grown).toMatchObject({
      added: [{ id: 'web9', address: '10.0.9.9' }],
      epochs: [{ group: 'host web9', epoch: 1 }],
    });
  });

  it('takes one lease where all hosts of the play act there at once', async () => {
    const stage = staged({ hosts: 3 });
    expect(
      await stage.run(addAnd('    - { command: "a {{ inventory_hostname }}", delegate_to: web9 }\n')),
    ).toMatchObject({ exit: 0 });
    expect(ranOn(stage).toSorted()).toEqual(['web9 a i-1', 'web9 a i-2', 'web9 a i-3']);
    expect(leasesTaken(stage)).toEqual(['test.api', 'test.host web9']);
    expect((await stage.journal()).filter(({ type }) => type === 'run.grown')).toHaveLength(1);
  });

  it('writes down all of the hosts that tasks act on at the same time, each under its own lease', async () => {
    const stage = new FleetStage({ hosts: 3 });
    for (const id of ['1', '2', '3']) unlisted(stage, `w-${id}`, `10.0.9.${id}`);
    const played = `
- hosts: api
  vars: { mine: "{{ replace inventory_hostname 'i' 'w' }}" }
  tasks:
    - add_host: { name: "{{ item }}", groups: new }
      loop: [w-1, w-2, w-3]
    - { shell: date, delegate_to: "{{ mine }}" }
`;
    expect(await stage.run(played)).toMatchObject({ exit: 0, errors: [] });
    expect(ranOn(stage).toSorted()).toEqual(['w-1 date', 'w-2 date', 'w-3 date']);
    const last = (await stage.journal()).findLast(({ type }) => type === 'run.grown');
    expect(last).toMatchObject({ added: [{ id: 'w-1' }, { id: 'w-2' }, { id: 'w-3' }] });
  });

  it('leases no other host that is added and named in a later task', async () => {
    const stage = staged();
    unlisted(stage, 'web8', '10.0.9.8').lose();
    const tasks =
      '    - add_host: { name: web8, address: 10.0.9.8 }\n    - { shell: date, delegate_to: web9 }\n    - { shell: date, delegate_to: web8, when: false }\n';
    expect(await stage.run(addAnd(tasks))).toMatchObject({ exit: 0, errors: [] });
    expect(leasesTaken(stage)).toEqual(['test.api', 'test.host web9']);
    const grown = (await stage.journal()).find(({ type }) => type === 'run.grown');
    expect(grown).toMatchObject({ added: [{ id: 'web9' }] });
  });

  it('leases a listed host that the play added to a group', async () => {
    const stage = staged();
    stage.join('db-1', { groups: [groupName('db')] });
    const tasks =
      '    - add_host: { name: db-1, groups: new }\n    - set_fact: { to: db-1 }\n    - { shell: date, delegate_to: "{{ to }}" }\n';
    expect(await stage.run(addAnd(tasks))).toMatchObject({ exit: 0, errors: [] });
    expect(leasesTaken(stage)).toEqual(['test.api', 'test.db']);
    expect(ranOn(stage)).toEqual(['db-1 date']);
  });

  it('needs no lease to look, nor in a dry run', async () => {
    const stage = staged();
    await stage.run(
      addAnd('    - { stat: { path: /etc/motd }, delegate_to: web9 }\n    - { shell: here }\n'),
    );
    await stage.run(addAnd('    - { shell: date, delegate_to: web9 }\n'), { check: true });
    expect(leasesTaken(stage)).toEqual(['test.api']);
  });

  it('does nothing where another run has the host', async () => {
    const stage = staged();
    const owner = { run: 'other', who: 'bob' };
    const lease = { environment: 'test' as never, group: groupName('host web9'), hosts: [] };
    await stage.leases.acquire({ ...lease, owner, duration: 3_600_000 });
    const result = await stage.run(addAnd('    - { shell: date, delegate_to: web9 }\n'));
    expect(result).toMatchObject({ exit: 4, errors: [{ code: 'lease.held' }] });
    expect(ranOn(stage)).toEqual([]);
  });

  it('waits for a machine that is still starting', async () => {
    const stage = staged();
    let asked = 0;
    const acquire = stage.leases.acquire.bind(stage.leases);
    stage.leases.acquire = (request) => {
      asked += request.group === 'host web9' ? 1 : 0;
      if (request.group !== 'host web9' || asked > 3) return acquire(request);
      return Promise.reject(leaseUnavailable(request, 0, 1, ['web9: connection refused.'], []));
    };
    expect(await stage.run(addAnd('    - { shell: date, delegate_to: web9, timeout: 1s }\n'))).toMatchObject({
      exit: 0,
    });
    expect(ranOn(stage)).toEqual(['web9 date']);
  });

  it('has its job waited for by a recovery, by what the journal tells of the host', async () => {
    const { project, environment, extraVars, check } = deployOptions;
    const options = { project, environment, extraVars, check, playbook: 'playbook.yml' };
    const stage = staged();
    stage.adHoc = addAnd(
      '    - { command: reindex, async: 1h, poll: 0, delegate_to: web9 }\n    - pause: 30m\n',
    );
    const life = new Life();
    stage.atTask('i-1', 'pause', 'task.started', () => life.end());
    const working = runAdHocWith(mortal(await stage.ports(), life), options, stage.hooks);
    await stage.world.clock.run(Promise.race([working.catch(() => undefined), life.died]));
    const begun = stage.world.clock.elapsed();
    for (const lease of ['test.api', 'test.host web9']) stage.leases.lapse(lease);
    const [job] = [...stage.transport.records].flatMap(([id, { state }]) => (state === 'running' ? id : []));
    const end = { state: 'ended', outcome: { kind: 'exited', code: 0 }, stdout: '', stderr: '' } as const;
    void stage.world.clock.sleep(1_200_000).then(() => stage.transport.records.set(job ?? '', end));
    expect(await stage.recover()).toMatchObject({ exit: 0 });
    expect(stage.world.clock.elapsed() - begun).toBeGreaterThanOrEqual(1_200_000);
    expect(leasesTaken(stage).slice(-2)).toEqual(['test.api', 'test.host web9']);
  });
});

describe('the leases of several added hosts', () => {
  const names = ['w-1', 'w-2', 'w-3', 'w-4'];
  const played = `
- hosts: api
  tasks:
    - add_host: { name: "{{ item }}", groups: new }
      loop: [w-3, w-1, w-4, w-2]
- hosts: new
  tasks: [{ shell: date }]
`;
  const several = (): FleetStage => {
    const stage = new FleetStage({ hosts: 1 });
    names.forEach((name, index) => unlisted(stage, name, `10.0.9.${index + 1}`));
    return stage;
  };

  it('are taken side by side, and written down in the order of their names', async () => {
    const stage = several();
    const acquire = stage.leases.acquire.bind(stage.leases);
    let under = 0;
    let most = 0;
    stage.leases.acquire = async (request) => {
      under += 1;
      most = Math.max(most, under);
      // The last is the first to answer.
      await stage.world.clock.sleep(10_000 - 1_000 * Number(request.group.slice(-1)) || 0);
      return acquire(request).finally(() => (under -= 1));
    };
    expect(await stage.run(played)).toMatchObject({ exit: 0, errors: [] });
    expect(most).toBe(names.length);
    const grown = (await stage.journal()).filter(({ type }) => type === 'run.grown');
    expect(grown).toMatchObject([{ epochs: names.map((name) => ({ group: `host ${name}` })) }]);
  });

  it('are all let go when one of them is not to be had', async () => {
    const stage = several();
    const owner = { run: 'other', who: 'bob' };
    const lease = { environment: 'test' as never, group: groupName('host w-2'), hosts: [] };
    await stage.leases.acquire({ ...lease, owner, duration: 3_600_000 });
    expect(await stage.run(played)).toMatchObject({ exit: 4, errors: [{ code: 'lease.held' }] });
    expect(ranOn(stage)).toEqual([]);
    for (const name of ['w-1', 'w-3', 'w-4'])
      expect(stage.leases.holder(`test.host ${name}`)).toBeUndefined();
  });

  it('are waited for with only those in hand whose names come before, so that two runs do not wait for each other', async () => {
    const stage = several();
    const owner = { run: 'other', who: 'bob' };
    const lease = { environment: 'test' as never, group: groupName('host w-2'), hosts: [] };
    const other = await stage.leases.acquire({ ...lease, owner, duration: 3_600_000 });
    let meanwhile: readonly boolean[] = [];
    void stage.world.clock.sleep(300_000).then(async () => {
      meanwhile = names.map((name) => stage.leases.holder(`test.host ${name}`)?.owner.run !== undefined);
      await other.release();
    });
    expect(await stage.run(played, { lockWait: 600_000 })).toMatchObject({ exit: 0, errors: [] });
    expect(meanwhile).toEqual([true, true, false, false]);
    expect(ranOn(stage).toSorted()).toEqual(names.map((name) => `${name} date`));
  });
});

describe('an added host that is taken out of service', () => {
  const playbook = `
- hosts: i-1
  tasks:
    - add_host: { name: web9, address: 10.0.9.9, groups: [new, api] }
- hosts: new
  tasks:
    - elb_target: { state: drained, target_groups: '{{ target_groups }}' }
    - shell: ./upgrade
    - health: '{{ health }}'
    - elb_target: { state: in_service, target_groups: '{{ target_groups }}' }
`;
  const { project, environment, extraVars, check } = deployOptions;
  const options = { project, environment, extraVars, check, playbook: 'playbook.yml' };

  function serving(): FleetStage {
    const stage = staged({ hosts: 2 });
    const host = stage.host('web9');
    stage.runsV1(host);
    stage.world.registered(stage.group, host, 5060);
    stage.adHoc = playbook;
    return stage;
  }

  it('comes back, also when its turn fails', async () => {
    const stage = serving();
    let out = '';
    stage.atTask('web9', 'shell', 'task.started', () => {
      out = stage.seen('web9');
    });
    stage.transport.when(({ text }) =>
      text.trim() === './upgrade' ? { outcome: { kind: 'exited', code: 1 } } : undefined,
    );
    expect(await stage.run(playbook)).toMatchObject({ exit: 4, named: [] });
    expect(out).toBe('v1 running, not registered');
    await stage.later();
    expect(stage.seen('web9')).toBe('v1 running, in service on 5060');
  });

  it('is recovered when the run was killed, wherever that was, by the address in its journal', async () => {
    const killed = async (death?: Death): Promise<{ stage: FleetStage; calls: number }> => {
      const stage = serving();
      const life = await stage.untilDeath(death, (world, hooks) => runAdHocWith(world, options, hooks));
      return { stage, calls: life.calls.length };
    };
    const { calls } = await killed();
    const every = Array.from({ length: calls - 1 }, (_, index) => index + 1);
    for (const call of everyNth(3, every)) {
      const { stage } = await killed({ call, when: 'after' });
      await stage.world.clock.advance(600_000);
      const recovery = recoverWith(await stage.ports(), { project, environment, extraVars }, stage.hooks);
      const recovered = await stage.world.clock.run(recovery);
      expect(recovered, `killed after call ${call}`).toMatchObject({ exit: 0, named: [] });
      await stage.later();
      expect(stage.seen('web9'), `killed after call ${call}`).toBe('v1 running, in service on 5060');
    }
  });

  it('is recovered first when the playbook is run again', async () => {
    const stage = serving();
    const whole = await serving().untilDeath(undefined, (world, hooks) =>
      runAdHocWith(world, options, hooks),
    );
    const call = whole.calls.indexOf('traffic.deregister') + 1;
    await stage.untilDeath({ call, when: 'after' }, (world, hooks) => runAdHocWith(world, options, hooks));
    await stage.world.clock.advance(600_000);
    expect(stage.seen('web9')).toBe('v1 running, not registered');
    expect(await stage.run(playbook)).toMatchObject({ exit: 0, named: [] });
    expect(stage.told('recovery.ended')).toMatchObject([{ restored: [{ id: 'web9' }], named: [] }]);
  });

  it('is left alone while a run that was killed elsewhere still holds it', async () => {
    const stage = serving();
    const whole = await serving().untilDeath(undefined, (world, hooks) =>
      runAdHocWith(world, options, hooks),
    );
    const call = whole.calls.indexOf('traffic.deregister') + 1;
    await stage.untilDeath({ call, when: 'after' }, (world, hooks) => runAdHocWith(world, options, hooks));
    await stage.world.clock.advance(600_000);
    const world = await stage.elsewhere();
    const result = await stage.world.clock.run(runAdHocWith(world, options, stage.hooks));
    expect(result).toMatchObject({ exit: 4, errors: [{ code: 'add_host.held', host: 'web9' }] });
    expect(ranOn(stage)).toEqual([]);
    const add = '- hosts: i-1\n  tasks:\n    - add_host: { name: web9, address: 10.0.9.9 }\n';
    const acts = '{ shell: ./upgrade, delegate_to: web9 }';
    for (const there of [`    - ${acts}`, `- hosts: i-1\n  tasks: [${acts}]`]) {
      stage.adHoc = add + there;
      const again = await stage.world.clock.run(runAdHocWith(await stage.elsewhere(), options, stage.hooks));
      expect(again.errors, there).toMatchObject([{ code: 'add_host.held', host: 'web9' }]);
      expect(ranOn(stage), there).toEqual([]);
    }
  });
});
