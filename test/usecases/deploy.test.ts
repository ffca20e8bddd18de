import { describe, expect, it } from 'vitest';
import { AdfError, AdfErrors, errorsOf } from '../../src/errors/adf-error.js';
import { groupName } from '../../src/model/ids.js';
import type { PlanReport } from '../../src/model/plan.js';
import { planWith } from '../../src/deploy/plan.js';
import { deployOptions, FleetStage, repository } from '../stages/fleet-stage.js';
import { digestOf } from '../fakes/digest-of.js';
import { labelsOf } from '../fakes/fake-container-runtime.js';
import { image } from '../fakes/world/image-behaviour.js';

const all = (hosts: number, what: string): readonly string[] =>
  Array.from({ length: hosts }, (_, index) => `i-${index + 1}: ${what}`);

/** Everything that speaks against a deploy, which must have changed nothing. */
async function refusals(
  stage: FleetStage,
  options: Parameters<FleetStage['deploy']>[0] = {},
): Promise<readonly AdfError[]> {
  const before = JSON.stringify({ ...stage.world.state(), at: 0 });
  const thrown = await stage.deploy(options).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(JSON.stringify({ ...stage.world.state(), at: 0 })).toBe(before);
  expect(stage.mutations).toEqual([]);
  expect(stage.leases.holder('test.api')).toBeUndefined();
  if (thrown instanceof AdfErrors || thrown instanceof AdfError)
    expect(['refused', 'invalid']).toContain(thrown.class);
  return thrown === undefined ? [] : errorsOf(thrown);
}
const codes = (errors: readonly { readonly code: string }[]): readonly string[] =>
  errors.map(({ code }) => code);

describe('a deploy', () => {
  it('refuses in the pull stage an image for another platform that its registry did not tell of', async () => {
    const stage = new FleetStage();
    stage.release({ ...image.healthy(), architecture: 'arm64', hidesPlatform: true });

    const result = await stage.deploy();

    expect(new Set(codes(result.errors))).toEqual(new Set(['image.wrong_platform']));
    expect(result.exit).toBe(4);
    expect(stage.mutations.filter((call) => !/ pull /.test(call))).toEqual([]);
    expect(stage.now).toEqual(stage.hosts.map(({ host }) => `${host.id}: v1 running, in service`));
  });

  it('tells what an Engine warns of when it creates a container, with its task and in the result', async () => {
    const stage = new FleetStage({ hosts: 2, rollout: { serial: '100%', min_healthy: 0 } });
    const warning = 'Your kernel does not support swap limit capabilities.';
    stage.release({ ...image.healthy(), createWarnings: [warning] });

    const result = await stage.deploy();

    const told = stage.told('warning').filter(({ message }) => message.includes(warning));
    expect(told.map(({ host, task }) => `${host?.id} ${task?.module}`).sort()).toEqual([
      'i-1 docker_container',
      'i-2 docker_container',
    ]);
    expect(result.warnings.filter((line) => line.includes(warning))).toEqual([
      `i-1, i-2: container api: ${warning}`,
    ]);
  });

  it('warns once of a secret that is too short to be masked, by its name and not by its value', async () => {
    const stage = new FleetStage({
      files: { 'adfpush.yml': 'secrets: [pin, password]\nvars: { pin: "47114", password: correct-horse }' },
      groupVars: {
        container: {
          name: 'api',
          ports: ['5060:5000'],
          env: { PIN: '{{ pin }}', PASSWORD: '{{ password }}' },
        },
      },
    });

    const result = await stage.deploy();

    const warning =
      'the secret pin is shorter than 6 characters, so it is not masked in what is shown: give it a longer value.';
    expect(stage.told('warning').map(({ message }) => message)).toEqual([warning]);
    expect(result.warnings).toEqual([warning]);
    expect(JSON.stringify(stage.events)).not.toMatch(/47114|correct-horse/);
  });

  it('tells of an Engine that is another than when the plan was made', async () => {
    const stage = new FleetStage();
    const confirm = () => {
      stage.host('i-2').engineVersion = '29.0.1';
      return Promise.resolve(true);
    };

    const result = await stage.deploy({}, { confirm });

    expect(result.exit).toBe(0);
    expect(stage.told('warning').map(({ host, message }) => `${host?.id} ${message}`)).toEqual([
      'i-2 its Docker Engine is 29.0.1 now, 27.0.0 before.',
    ]);
  });

  it('ends with every host in service on one digest', async () => {
    const stage = new FleetStage({ hosts: 4 });
    const result = await stage.deploy();
    expect(result).toMatchObject({
      verb: 'deploy',
      outcome: 'converged',
      exit: 0,
      environment: 'test',
      groups: ['api'],
      mixed: false,
      named: [],
      errors: [],
      warnings: [],
      releases: [{ group: 'api', version: 'v2', image: `${repository}@${digestOf(`${repository}:v2`)}` }],
    });
    expect(result.hosts.map(({ status, version }) => `${status} ${version}`)).toEqual(
      all(4, '').map(() => 'deployed v2'),
    );
    expect(await stage.later()).toEqual(all(4, 'v2 running, in service'));
  });

  it('tells in its plan which variables stood for flags', async () => {
    const variables = [{ variable: 'ADFPUSH_ENV', flag: '--env', value: 'test', used: true }];
    const stage = new FleetStage();
    await stage.deploy({ variables });
    expect(stage.told('plan.made').map(({ plan }) => plan.variables)).toEqual([variables]);
  });

  it('pulls everywhere before the first host is drained', async () => {
    const stage = new FleetStage();
    await stage.deploy();
    const calls = stage.mutations.map((call) => call.split(' ')[1]);
    expect(calls.lastIndexOf('pull')).toBeLessThan(calls.indexOf('deregister'));
    expect(calls.filter((call) => call === 'pull')).toHaveLength(3);
  });

  it('never leaves a request without an answer', async () => {
    const stage = new FleetStage({ hosts: 4, rollout: { serial: [1, '50%'] } });
    await stage.deploy();
    for (const entry of stage.world.timeline.entries) {
      if (entry.type === 'routes' && entry.at > 0)
        expect(entry.targets.every(({ serving }) => serving)).toBe(true);
    }
  });

  it('keeps the old container, stopped, with the restart policy no', async () => {
    const stage = new FleetStage({ hosts: 2 });
    await stage.deploy();
    const kept = [...stage.host('i-1').containers.values()].find(({ name }) => name.startsWith('api.kept-'));
    expect(kept).toMatchObject({ running: false, restartPolicy: { name: 'no' } });
  });

  it('has everything in its journal before it happens, and settles every hold', async () => {
    const stage = new FleetStage({ hosts: 2 });
    await stage.deploy();
    const records = await stage.journal();
    expect(records[0]).toMatchObject({
      type: 'run.started',
      verb: 'deploy',
      hosts: ['i-1', 'i-2'],
      owner: { who: 'ann@desk' },
    });
    expect(records.at(-1)).toMatchObject({ type: 'run.ended', exit: 0 });
    const opened = records.flatMap((one) => (one.type === 'hold.opened' ? [one.hold.id] : []));
    const settled = records.flatMap((one) => (one.type === 'hold.settled' ? [`${one.hold} ${one.as}`] : []));
    expect(settled.map((one) => one.split(' ')[0]).sort()).toEqual([...opened].sort());
    expect(new Set(settled.map((one) => one.split(' ')[1]))).toEqual(new Set(['returned', 'replaced']));
    const intended = records.flatMap((one) => (one.type === 'mutation.intended' ? [one.id] : []));
    const done = records.flatMap((one) => (one.type === 'mutation.done' ? [one.id] : []));
    expect(done.sort()).toEqual(intended.sort());
  });

  it('lets go of the lease at its end, and of the journal', async () => {
    const stage = new FleetStage({ hosts: 2 });
    await stage.deploy();
    expect(stage.leases.holder('test.api')).toBeUndefined();
  });

  it('changes nothing when all is converged, and says so', async () => {
    const stage = new FleetStage();
    await stage.deploy();
    const before = stage.mutations.length;
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 0, outcome: 'converged' });
    expect(result.hosts.map(({ status }) => status)).toEqual(['converged', 'converged', 'converged']);
    expect(stage.mutations.slice(before)).toEqual([]);
  });

  it('has nothing against a converged group that is too small to be rolled', async () => {
    const rollout = { min_healthy: 0 };
    const stage = new FleetStage({ hosts: 1, rollout });
    await stage.deploy();
    const extraVars = [{ name: '-e', values: { rollout: { min_healthy: '50%' } } }];
    expect(await stage.deploy({ extraVars })).toMatchObject({ exit: 0, outcome: 'converged' });
  });

  it('takes a part of the rollout from -e, and its own defaults for the rest', async () => {
    const stage = new FleetStage();
    const extraVars = [{ name: '-e', values: { rollout: { serial: '100%', min_healthy: 0, bake: '1s' } } }];
    const result = await stage.deploy({ extraVars });
    expect(result).toMatchObject({ exit: 0, outcome: 'converged' });
    expect(await stage.later()).toEqual(all(3, 'v2 running, in service'));
  });

  it('rolls only the hosts that are not converged', async () => {
    const stage = new FleetStage();
    await stage.deploy();
    stage.host('i-2').named('api')!.restartPolicy = { name: 'no' };
    stage.host('i-2').named('api')!.exit(1);
    await stage.world.clock.advance(60_000);
    const before = stage.mutations.length;
    const result = await stage.deploy();
    expect(result.hosts.map(({ status }) => status)).toEqual(['converged', 'deployed', 'converged']);
    expect(new Set(stage.mutations.slice(before).map((call) => call.split(' ')[0]))).toEqual(
      new Set(['i-2', 'traffic']),
    );
    expect(await stage.later()).toEqual(all(3, 'v2 running, in service'));
  });

  it('rolls when only the environment variables changed, and says why', async () => {
    const stage = new FleetStage({ hosts: 2 });
    await stage.deploy();
    const container = { name: 'api', ports: ['5060:5000'], env: { LEVEL: 'debug' } };
    const plans: PlanReport[] = [];
    const again = await stage.with({ container }).deploy(
      {},
      {
        confirm: (given) => {
          plans.push(...given);
          return Promise.resolve(true);
        },
      },
    );
    expect(plans[0]?.hosts.map(({ reasons }) => reasons)).toEqual([
      ['environment variables changed'],
      ['environment variables changed'],
    ]);
    expect(again.hosts.map(({ status }) => status)).toEqual(['deployed', 'deployed']);
  });

  it('keeps to one digest though the tag moves meanwhile', async () => {
    const stage = new FleetStage();
    const wanted = stage.world.images.tagged(repository, 'v2');
    stage.atTask('i-1', 'health', 'task.ended', () => {
      const other = stage.world.images.publish(repository, 'other', image.healthy()).digest;
      stage.world.images.moveTag(repository, 'v2', other);
    });
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
    const running = stage.hosts.map((host) => host.named('api')?.birth.digest);
    expect(new Set(running)).toEqual(new Set([wanted]));
  });

  it('takes a version, or a digest, from its options', async () => {
    const stage = new FleetStage({ hosts: 2 });
    const v3 = stage.release(image.healthy(), 'v3');
    expect((await stage.deploy({ version: 'v3' })).releases[0]?.version).toBe('v3');
    expect(stage.now).toEqual(all(2, 'v3 running, in service'));
    const result = await stage.deploy({ version: v3 });
    expect(result).toMatchObject({ exit: 0, releases: [{ version: v3, image: `${repository}@${v3}` }] });
  });

  it('touches only the hosts of --limit', async () => {
    const stage = new FleetStage();
    const result = await stage.deploy({ limit: 'i-2' });
    expect(result.hosts.map(({ host, status }) => `${host} ${status}`)).toEqual(['i-2 deployed']);
    expect(await stage.later()).toEqual([
      'i-1: v1 running, in service',
      'i-2: v2 running, in service',
      'i-3: v1 running, in service',
    ]);
  });

  it('deploys for the first time on hosts that have nothing yet', async () => {
    const stage = new FleetStage({ previous: false, hosts: 2 });
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
    expect(await stage.later()).toEqual(all(2, 'v2 running, in service'));
  });

  it('finds its target groups by itself with auto', async () => {
    const stage = new FleetStage({ hosts: 2, groupVars: { target_groups: 'auto' } });
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
    expect(stage.mutations.filter((call) => call.includes('deregister'))).toHaveLength(2);
  });

  it('rolls workers that no load balancer looks at', async () => {
    const stage = new FleetStage({ hosts: 2, groupVars: { target_groups: 'none', health: 'none' } });
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
    expect(stage.mutations.filter((call) => call.startsWith('traffic'))).toEqual([]);
    expect(stage.now.map((host) => host.slice(5, 7))).toEqual(['v2', 'v2']);
  });

  it('heals workers most of which are down, those first, and keeps the rest up meanwhile', async () => {
    const stage = new FleetStage({ hosts: 4, groupVars: { target_groups: 'none' } });
    for (const id of ['i-1', 'i-2', 'i-3']) {
      stage.host(id).named('api')!.restartPolicy = { name: 'no' };
      stage.host(id).named('api')!.exit(1);
    }
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 0, outcome: 'converged' });
    const stopped = stage.mutations
      .filter((call) => call.includes(' stop '))
      .map((call) => call.split(' ')[0]);
    expect(stopped.at(-1)).toBe('i-4');
  });

  it('rolls several containers of a host together, in their order', async () => {
    const stage = new FleetStage({
      hosts: 2,
      groupVars: {
        container: undefined,
        containers: [
          { name: 'app', image: `${repository}:v2` },
          { name: 'api', ports: ['5060:5000'] },
        ],
      },
    });
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
    const started = stage.mutations.filter((call) => call.startsWith('i-1 start'));
    expect(started).toEqual(['i-1 start app', 'i-1 start api']);
  });

  it('brings back every registration exactly as it was, on all its ports', async () => {
    const stage = new FleetStage({
      hosts: 2,
      groupVars: { container: { name: 'api', ports: ['5060:5000', '5061:5000'] } },
    });
    for (const host of stage.hosts) {
      const api = host.named('api')!;
      host.remove('world', api);
      const labels = labelsOf('api', { digest: stage.v1, version: 'v1' });
      host.runs({ name: 'api', repository, digest: stage.v1, ports: [5060, 5061], labels });
      stage.world.registered(stage.group, host, 5061);
    }
    const registered = () =>
      stage.group
        .health()
        .map(({ registration, state }) => `${registration.id}:${registration.port} ${state}`)
        .sort();
    const before = registered();
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
    await stage.world.clock.advance(60_000);
    expect(registered()).toEqual(before);
  });

  it('fails when a host is not as planned at its end', async () => {
    const stage = new FleetStage({ hosts: 2 });
    stage.at(
      (event) => event.type === 'phase.started' && event.phase === 'audit',
      () => {
        stage.host('i-1').named('api')!.restartPolicy = { name: 'no' };
        stage.host('i-1').named('api')!.exit(1);
      },
    );
    const result = await stage.deploy();
    expect(result.exit).toBe(4);
    expect(codes(result.errors)).toEqual(['audit.failed']);
    expect(result.errors[0]?.message).toContain('"api" is not running');
  });
});

describe('a deploy of two groups', () => {
  const hosts = [
    { groups: [groupName('api')] },
    { groups: [groupName('api')] },
    { groups: [groupName('worker')] },
    { groups: [groupName('worker')] },
  ];
  const worker = JSON.stringify({
    image: repository,
    version: 'v2',
    container: { name: 'api', ports: ['5060:5000'] },
    health: { port: 5060, passes: 3, timeout: '20s' },
    target_groups: 'none',
    rollout: { serial: 1, bake: '10s' },
  });
  const files = { 'inventory/group_vars/worker.yml': worker };
  const relabel = (stage: FleetStage): void => {
    for (const id of ['i-3', 'i-4']) {
      stage.host(id).remove('world', stage.host(id).named('api')!);
      const labels = { ...labelsOf('api', { digest: stage.v1, version: 'v1' }), 'adfpush.group': 'worker' };
      stage.host(id).runs({ name: 'api', repository, digest: stage.v1, ports: [5060], labels });
    }
  };
  const groups = ['api', 'worker'];

  it('rolls one after the other', async () => {
    const stage = new FleetStage({ hosts, files });
    relabel(stage);
    const result = await stage.deploy({ groups });
    expect(result).toMatchObject({ exit: 0, groups, mixed: false });
    expect(result.hosts.map(({ host }) => host)).toEqual(['i-1', 'i-2', 'i-3', 'i-4']);
    expect(stage.now.map((host) => host.slice(5, 7))).toEqual(['v2', 'v2', 'v2', 'v2']);
    const swaps = stage.mutations.filter((call) => / start api$/.test(call)).map((call) => call.slice(0, 3));
    expect(swaps).toEqual(['i-1', 'i-2', 'i-3', 'i-4']);
  });

  it('runs the commands of the playbook for each group, also on a host of both', async () => {
    const playbook =
      '- name: roll\n  hosts: "{{ group }}"\n  tasks:\n    - name: tell\n      shell: "tell {{ group }}"\n';
    const both = [{ groups: [groupName('api'), groupName('worker')] }];
    const other = JSON.stringify({
      ...(JSON.parse(worker) as object),
      container: { name: 'worker', ports: ['5061:5000'] },
      health: { port: 5061 },
      rollout: { min_healthy: 0 },
    });
    const stage = new FleetStage({
      hosts: both,
      files: { 'inventory/group_vars/worker.yml': other },
      playbook,
      rollout: { min_healthy: 0 },
    });
    await stage.deploy({ groups });
    const told = stage.transport.commands.filter(({ text }) => text.startsWith('tell'));
    expect(told.map(({ text }) => text)).toEqual(["tell 'api'", "tell 'worker'"]);
    expect(new Set(told.map(({ options }) => options.step?.id)).size).toBe(2);
  });

  it('does not begin the second when the first failed', async () => {
    const stage = new FleetStage({ hosts, files });
    relabel(stage);
    stage.release(image.exitsAtOnce());
    const result = await stage.deploy({ groups });
    expect(result.exit).toBe(4);
    expect(result.hosts.map(({ status }) => status)).toEqual([
      'restored',
      'untouched',
      'untouched',
      'untouched',
    ]);
    expect(stage.mutations.filter((call) => /^i-[34] (stop|create)/.test(call))).toEqual([]);
  });

  it('refuses both when anything speaks against one', async () => {
    const stage = new FleetStage({ hosts, files });
    relabel(stage);
    stage.host('i-4').lose();
    expect(codes(await refusals(stage, { groups }))).toEqual(['ssh.unreachable']);
  });
});

describe('a refused deploy changes nothing', () => {
  it.each<[string, (stage: FleetStage) => void, readonly string[]]>([
    ['a host cannot be reached', (stage) => stage.host('i-2').lose(), ['ssh.unreachable']],
    ['a disk is full', (stage) => void (stage.host('i-2').freeBytes = 1), ['preflight.disk']],
    [
      'a host was left out',
      (stage) => {
        stage.group.deregister('world', stage.registrations[1]!);
      },
      ['preflight.left_out'],
    ],
    [
      'somebody else has the name',
      (stage) => {
        stage.host('i-1').remove('world', stage.host('i-1').named('api')!);
        stage.host('i-1').runs({ name: 'api', ports: [5060] });
      },
      ['preflight.foreign_container'],
    ],
    [
      'the release is for another platform',
      (stage) => stage.release({ ...image.healthy(), architecture: 'arm64' }),
      ['preflight.platform', 'preflight.platform', 'preflight.platform'],
    ],
  ])('when %s', async (_, arrange, expected) => {
    const stage = new FleetStage();
    arrange(stage);
    await stage.world.clock.advance(20_000);
    expect(codes(await refusals(stage))).toEqual(expected);
  });

  it.each<[string, Parameters<FleetStage['deploy']>[0], string]>([
    ['the version does not exist', { version: 'v99' }, 'registry.image_missing'],
    ['the version is none', { version: 'no tag' }, 'config.invalid_value'],
    ['nobody is in the group', { groups: ['web'] }, 'inventory.empty_group'],
    ['the group is a wildcard', { groups: ['*'] }, 'inventory.wildcard_group'],
    ['all groups are meant', { groups: ['all'] }, 'inventory.wildcard_group'],
    ['the limit leaves nobody', { limit: 'api:!api' }, 'inventory.empty_selection'],
    ['the limit is empty', { limit: ',' }, 'inventory.empty_pattern'],
  ])('when %s', async (_, options, code) => {
    expect(codes(await refusals(new FleetStage(), options))).toEqual([code]);
  });

  it('when the drain timeout is shorter than the deregistration delay', async () => {
    const stage = new FleetStage({ rollout: { drain_timeout: '5s' } });
    expect(codes(await refusals(stage))).toEqual(['preflight.drain_timeout']);
  });

  it('when the group is too small for its floor', async () => {
    expect(codes(await refusals(new FleetStage({ hosts: 1 })))).toEqual(['preflight.floor']);
  });

  it('when a condition of the playbook reads an undefined variable', async () => {
    const playbook = "- hosts: api\n  tasks:\n    - { debug: x, when: colour == 'blue' }\n";
    const [error] = await refusals(new FleetStage({ playbook }));
    expect(error).toMatchObject({ code: 'expression.unknown_variable', at: { line: 3 } });
  });

  it('when another run holds the lease', async () => {
    const stage = new FleetStage();
    const lease = await stage.leases.acquire({
      environment: stage.hosts[0]!.host.environment,
      group: groupName('api'),
      hosts: [],
      owner: { run: 'other', who: 'bob@desk' },
      duration: 1_000_000,
    });
    await expect(stage.deploy()).rejects.toMatchObject({ code: 'lease.held' });
    expect(stage.mutations).toEqual([]);
    await lease.release();
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
  });

  it('when the plan is not confirmed', async () => {
    const stage = new FleetStage();
    const confirm = () => Promise.resolve(false);
    await expect(stage.deploy({}, { confirm })).rejects.toMatchObject({ code: 'preflight.declined' });
    expect(stage.mutations).toEqual([]);
  });

  it('when other containers run by the time the plan is confirmed', async () => {
    const stage = new FleetStage();
    const confirm = () => {
      stage.host('i-1').remove('world', stage.host('i-1').named('api')!);
      stage.runsV1(stage.host('i-1'));
      return Promise.resolve(true);
    };
    await expect(stage.deploy({}, { confirm })).rejects.toMatchObject({
      code: 'preflight.changed_since_plan',
    });
    expect(stage.mutations).toEqual([]);
    expect(stage.leases.holder('test.api')).toBeUndefined();
  });

  it('when it is interrupted before it began', async () => {
    const stage = new FleetStage();
    stage.at(
      ({ type }) => type === 'plan.made',
      () => stage.interrupt('SIGINT'),
    );
    await expect(stage.deploy()).rejects.toMatchObject({ code: 'run.interrupted' });
    expect(stage.mutations).toEqual([]);
    expect(stage.leases.holder('test.api')).toBeUndefined();
  });
});

describe('a dry run', () => {
  it('changes nothing, writes no journal and takes no lease; and tells that there is something to do', async () => {
    const stage = new FleetStage();
    const before = JSON.stringify({ ...stage.world.state(), at: 0 });
    const result = await stage.deploy({ check: true });
    expect(result).toMatchObject({ verb: 'check', outcome: 'drift', exit: 6 });
    expect(JSON.stringify({ ...stage.world.state(), at: 0 })).toBe(before);
    expect(stage.mutations).toEqual([]);
    expect(await stage.journals.runs()).toEqual([]);
    expect(stage.world.calls.of('lease')).toEqual([]);
  });

  it('shows for each host what each task would do', async () => {
    const stage = new FleetStage({ hosts: 2 });
    await stage.deploy({ check: true });
    const told = stage
      .told('task.ended')
      .filter(({ host }) => host.id === 'i-1')
      .map(({ task, status }) => `${task.module} ${status}`);
    expect(told.slice(0, 3)).toEqual([
      'docker_image changed',
      'elb_target changed',
      'docker_container changed',
    ]);
  });

  it('does not wait for hosts to get well that only the run itself would heal', async () => {
    const stage = new FleetStage({ hosts: 2, states: ['healthy', 'unhealthy'] });
    stage.host('i-2').named('api')!.stop('world');
    const begun = stage.world.clock.elapsed();
    expect(await stage.deploy({ check: true })).toMatchObject({ exit: 6, errors: [] });
    expect(stage.world.clock.elapsed() - begun).toBeLessThan(60_000);
  });

  it('of a converged group finds nothing to do', async () => {
    const stage = new FleetStage({ hosts: 2 });
    await stage.deploy();
    expect(await stage.deploy({ check: true })).toMatchObject({ exit: 0, outcome: 'converged' });
  });

  it('refuses what a run would refuse', async () => {
    const stage = new FleetStage({ hosts: 1 });
    expect(codes(await refusals(stage, { check: true }))).toEqual(['preflight.floor']);
  });
});

describe('a plan', () => {
  it('is what a deploy would do, and changes nothing', async () => {
    const stage = new FleetStage({ hosts: 4, rollout: { serial: [1, '100%'] } });
    const plans = await stage.world.clock.run(planWith(await stage.ports(), deployOptions, stage.hooks));
    expect(plans.map(({ batches }) => batches)).toEqual([[['i-1'], ['i-2', 'i-3'], ['i-4']]]);
    expect(stage.mutations).toEqual([]);
    await stage.deploy();
    const batches = stage
      .told('batch.started')
      .filter(({ play }) => play.startsWith('Roll'))
      .map(({ hosts }) => hosts.map(({ id }) => id));
    expect(batches).toEqual(plans[0]?.batches);
  });
});
