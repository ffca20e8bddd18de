import { describe, expect, it } from 'vitest';
import { FleetStage } from '../stages/fleet-stage.js';

/** A play that drains, runs these tasks, and puts back in service. */
const playbookOf = (tasks: string, vars = ''): string => `
- hosts: '{{ group }}'
  serial: 1
  on_failure: rollback
${vars}  tasks:
    - docker_image: { image: '{{ release.image }}' }
    - elb_target: { state: drained, target_groups: [api-http] }
${tasks}
    - health: '{{ health }}'
    - elb_target: { state: in_service, target_groups: [api-http] }
`;

const replaceAll = `    - docker_container: { image: '{{ release.image }}', containers: '{{ containers }}' }`;
const container = { name: 'api', ports: ['5060:5000'], env: { LEVEL: '{{ level }}' } };

describe('the plan is what runs', () => {
  it.each([
    [
      'variables of the play that its containers are rendered with',
      playbookOf(replaceAll, '  vars: { level: debug }\n'),
      'environment variables',
    ],
    [
      'a container of that name which the task describes itself',
      playbookOf(
        `    - docker_container: { image: '{{ release.image }}', container: { name: api, ports: ['5061:5000'] } }`,
      ),
      'environment variables, ports',
    ],
    ['another image', playbookOf(replaceAll.replace('{{ release.image }}', 'registry:5000/api:v1')), 'image'],
  ])(
    'a task that would make something else is refused, and every host is as it was: %s',
    async (_, playbook, parts) => {
      const stage = new FleetStage({ hosts: 3, playbook, groupVars: { container, level: 'info' } });
      const result = await stage.deploy();
      expect(result.exit).toBe(4);
      expect(result.errors).toMatchObject([
        {
          code: 'container.not_as_planned',
          message: `The task would start the container "api" otherwise than planned: ${parts}.`,
        },
      ]);
      expect(await stage.later()).toEqual(
        ['i-1', 'i-2', 'i-3'].map((host) => `${host}: v1 running, in service`),
      );
    },
  );

  it('a container that has a task of its own is the planned one, with the network that it shares with the others', async () => {
    const containers = [
      { name: 'api', ports: ['5060:5000'] },
      { name: 'proxy', ports: ['5061:5000'] },
    ];
    const one = (index: number): string =>
      `    - docker_container: { image: '{{ release.image }}', containers: ['{{ containers.[${index}] }}'] }`;
    const stage = new FleetStage({
      hosts: 2,
      playbook: playbookOf(`${one(0)}\n${one(1)}`),
      groupVars: { container: undefined, containers },
    });
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
    expect(await stage.deploy()).toMatchObject({
      exit: 0,
      hosts: [{ status: 'converged' }, { status: 'converged' }],
    });
  });
});

describe('the batches of the plan are those of the playbook', () => {
  it.each([
    ['the play says otherwise than the settings', 'serial: [1, 3]', [['i-1'], ['i-2', 'i-3'], ['i-4']]],
    [
      'the play says nothing, and takes all it may',
      '',
      [
        ['i-1', 'i-2'],
        ['i-3', 'i-4'],
      ],
    ],
  ])('%s', async (_, keyword, batches) => {
    const pull = "- hosts: '{{ group }}'\n  tasks:\n    - docker_image: { image: '{{ release.image }}' }\n";
    const playbook = `${pull}${playbookOf(replaceAll).replace('serial: 1', keyword)}`;
    const rollout = { serial: 1, min_healthy: 2, bake: '1m' };
    const stage = new FleetStage({ hosts: 4, playbook, rollout });
    await stage.deploy();
    const rolled = stage
      .told('batch.started')
      .filter(({ hosts }) => hosts.length < 4)
      .map(({ hosts }) => hosts.map(({ id }) => id));
    expect(stage.told('plan.made').map(({ plan }) => [plan.batches, plan.rollout.bake])).toEqual([
      [batches, 0],
    ]);
    expect(rolled).toEqual(batches);
  });
});
