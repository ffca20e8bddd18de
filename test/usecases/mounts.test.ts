import { describe, expect, it } from 'vitest';
import { errorsOf, type AdfError } from '../../src/errors/adf-error.js';
import { label } from '../../src/model/container.js';
import { deployWith } from '../../src/deploy/deploy.js';
import { planWith } from '../../src/deploy/plan.js';
import { deployOptions, FleetStage, repository, type StageOptions } from '../stages/fleet-stage.js';
import { labelsOf } from '../fakes/fake-container-runtime.js';
import type { Death } from '../fakes/mortal-world.js';
import { image } from '../fakes/world/image-behaviour.js';

const conf = '/etc/shop/app.conf';

/** Each host has the file, and the container mounts it. */
function stageOf(volumes: readonly unknown[], options: StageOptions = {}): FleetStage {
  const container = { name: 'api', ports: ['5060:5000'], volumes };
  const stage = new FleetStage({ hosts: 3, ...options, groupVars: { container } });
  for (const host of stage.hosts) host.sources.set(conf, 'file');
  return stage;
}

async function refusals(stage: FleetStage): Promise<readonly AdfError[]> {
  const thrown: unknown = await stage.deploy().catch((error: unknown) => error);
  expect(stage.mutations).toEqual([]);
  return errorsOf(thrown);
}

const mountsIt = [`${conf}:/app.conf:ro`];

describe('a bind mount whose source', () => {
  it('is there on all hosts is no reason to refuse', async () => {
    const stage = stageOf(mountsIt);
    expect(await stage.deploy()).toMatchObject({ exit: 0, warnings: [] });
  });

  it.each([
    ['in the short form', mountsIt],
    ['in the long form', [{ type: 'bind', source: conf, target: '/app.conf' }]],
    ['with a label of SELinux', [`${conf}:/app.conf:ro,Z`]],
  ])('is missing on a host is refused, by host, path and place: %s', async (_, volumes) => {
    const stage = stageOf(volumes);
    stage.host('i-3').sources.set(conf, 'missing');
    const [error, ...others] = await refusals(stage);
    expect(others).toEqual([]);
    expect(error).toMatchObject({
      code: 'preflight.mount_missing',
      class: 'refused',
      at: { file: 'inventory/group_vars/api.yml', line: 1 },
    });
    expect(error?.message).toBe(`i-3 does not have ${conf}, which the container "api" mounts.`);
    expect(error?.hint).toContain('create');
  });

  it('is a folder where others have a file is refused', async () => {
    const stage = stageOf(mountsIt);
    stage.host('i-1').sources.set(conf, 'folder');
    stage.host('i-2').sources.set(conf, 'missing');
    expect((await refusals(stage)).map(({ code, host }) => [host, code])).toEqual([
      ['i-1', 'preflight.mount_is_folder'],
      ['i-2', 'preflight.mount_missing'],
    ]);
  });

  it('is a folder on all hosts is what is wanted', async () => {
    const stage = stageOf(['/srv/data:/data']);
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
  });

  it.each([
    [['/srv/data:/data:create']],
    [[{ type: 'bind', source: '/srv/data', target: '/data', bind: { create_host_path: true } }]],
  ])('may be made is not looked for, and that is written on the container: %j', async (volumes) => {
    const stage = stageOf(volumes);
    for (const host of stage.hosts) host.sources.set('/srv/data', 'missing');
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
    expect(stage.host('i-1').named('api')?.birth.labels[label.creates]).toBe('["/srv/data"]');
  });

  it('may not be looked at is a warning, not a refusal', async () => {
    const stage = stageOf(mountsIt);
    stage.host('i-2').sources.set(conf, 'unknown');
    await stage.deploy();
    expect(stage.told('plan.made')[0]?.plan.warnings).toEqual([
      `Whether ${conf} is there on i-2 is unknown: the login user may not look.`,
    ]);
  });
});

/** The packaged playbook with one more task, before the swap or after it. */
const playbook = (before: string, after = ''): string => `
- name: roll
  hosts: "{{ group }}"
  serial: 1
  tasks:
    - name: pull
      docker_image: { image: "{{ release.image }}" }
${before}    - name: drain
      elb_target: { state: drained, target_groups: "{{ target_groups }}" }
    - name: swap
      docker_container: { image: "{{ release.image }}", container: "{{ container }}" }
    - name: prove
      health: "{{ health }}"
    - name: in service
      elb_target: { state: in_service, target_groups: "{{ target_groups }}" }
${after}`;
const copies = `    - name: configure
      copy: { dest: ${conf}, content: "x" }
`;

const fetches = `    - name: configure
      shell: fetch-config > ${conf}
`;

describe('a task that makes the source', () => {
  it.each([
    ['copy', copies],
    ['a folder above', '    - name: configure\n      copy: { dest: /etc/shop/, content: "x" }\n'],
    ['a command', `    - name: configure\n      shell: fetch-config > ${conf}\n`],
  ])('before the swap makes it unknown: %s', async (_, task) => {
    const stage = stageOf(mountsIt, { playbook: playbook(task) });
    stage.host('i-3').sources.set(conf, 'missing');
    const [plan] = await stage.world.clock.run(
      planWith(await stage.ports(), { ...deployOptions, check: true }, stage.hooks),
    );
    expect(plan?.warnings).toEqual([
      `Whether ${conf} is there on i-3 is unknown until the task "configure" (playbooks/deploy.yml:8:7) has run, before the swap.`,
    ]);
  });

  it('goes through, when it did', async () => {
    const stage = stageOf(mountsIt, { playbook: playbook(fetches) });
    stage.host('i-3').sources.set(conf, 'missing');
    stage.atTask('i-3', 'shell', 'task.ended', () => stage.host('i-3').sources.set(conf, 'file'));
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
  });

  it('and did not, fails its host before anything is stopped there', async () => {
    const stage = stageOf(mountsIt, { playbook: playbook(fetches) });
    stage.host('i-1').sources.set(conf, 'missing');
    const result = await stage.deploy();
    expect(result.exit).toBe(4);
    expect(result.errors.map(({ code }) => code)).toContain('container.source_missing');
    expect(stage.mutations.filter((call) => / (stop|create|start) /.test(call))).toEqual([]);
    expect(await stage.later()).toEqual(stage.hosts.map(({ host }) => `${host.id}: v1 running, in service`));
  });

  it.each([
    ['comes after the swap', playbook('', copies)],
    ['removes it', playbook(`    - name: tidy\n      file: { path: ${conf}, state: absent }\n`)],
    [
      'makes something else',
      playbook('    - name: configure\n      copy: { dest: /etc/shop/app.conf2, content: "x" }\n'),
    ],
  ])('is none when it %s', async (_, text) => {
    const stage = stageOf(mountsIt, { playbook: text });
    stage.host('i-3').sources.set(conf, 'missing');
    expect((await refusals(stage)).map(({ code }) => code)).toEqual(['preflight.mount_missing']);
  });
});

describe('a container that is there already', () => {
  /** On v1 with the mount; v2 never gets healthy, and the file goes while it starts. */
  function losesItsSource(creates: string | undefined): FleetStage {
    const stage = stageOf([]);
    const host = stage.host('i-1');
    host.remove('world', host.named('api')!);
    const labels = {
      ...labelsOf('api', { digest: stage.v1, version: 'v1' }),
      ...(creates === undefined ? {} : { [label.creates]: creates }),
    };
    const bindSources = creates === undefined ? [conf] : [];
    host.runs({ name: 'api', repository, digest: stage.v1, ports: [5060], labels, bindSources });
    stage.release(image.neverHealthy());
    stage.atTask('i-1', 'health', 'task.started', () => host.sources.set(conf, 'missing'));
    return stage;
  }

  it('is not started onto a source that is gone: the host is named, with the reason', async () => {
    const stage = losesItsSource(undefined);
    const result = await stage.deploy();
    expect(result.exit).toBe(5);
    expect(JSON.stringify(result)).toContain(`it mounts ${conf}, which is not there`);
    expect(result.named.map(({ host }) => host)).toEqual(['i-1']);
    expect(stage.mutations.filter((call) => call === 'i-1 start api')).toHaveLength(1);
  });

  it('is not started by a recovery either', async () => {
    const stage = losesItsSource(undefined);
    stage.release(image.healthy());
    const deploy = (death?: Death) =>
      stage.untilDeath(death, (world, hooks) => deployWith(world, deployOptions, hooks));
    const { calls } = await losesItsSource(undefined).untilDeath(undefined, (world, hooks) =>
      deployWith(world, deployOptions, hooks),
    );
    await deploy({ call: calls.indexOf('runtime.stop') + 1, when: 'after' });
    stage.host('i-1').sources.set(conf, 'missing');
    await stage.world.clock.advance(120_000);
    const result = await stage.recover();
    expect(result.exit).toBe(5);
    expect(JSON.stringify(result.named)).toContain(`it mounts ${conf}, which is not there`);
    expect(stage.mutations.filter((call) => call === 'i-1 start api')).toEqual([]);
  });

  it('is started when its source may be made', async () => {
    const stage = losesItsSource(JSON.stringify([conf]));
    expect(await stage.deploy()).toMatchObject({ exit: 4, named: [] });
  });
});
