import { expect, it } from 'vitest';
import { rollQuestion } from '../../src/cli/confirm.js';
import { planWith } from '../../src/deploy/plan.js';
import type { PlanReport } from '../../src/model/plan.js';
import { renderPlan } from '../../src/report/plan-view.js';
import { deployOptions, FleetStage, type StageOptions } from '../stages/fleet-stage.js';

const playbook = `- name: Migrate to {{ release.version }}
  hosts: '{{ group }}'
  tasks:
    - name: migrate {{ env }}
      command: shopctl migrate
      run_once: true
      one_way: true
    - include_tasks: more.yml
- hosts: '{{ group }}'
  serial: 1
  pre_tasks:
    - docker_image: '{{ release.image }}'
    - { elb_target: { state: drained, target_groups: '{{ target_groups }}' } }
  tasks:
    - block:
        - docker_container: { image: '{{ release.image }}', containers: '{{ containers }}' }
      always:
        - name: note it
          command: logger restarted
          tags: [notes]
  post_tasks:
    - { elb_target: { state: in_service, target_groups: '{{ target_groups }}' } }
`;
const files = { 'playbooks/more.yml': '- { name: announce, command: date, run_once: true }\n' };

async function planned(given: StageOptions, options = {}): Promise<PlanReport> {
  const stage = new FleetStage(given);
  const planning = planWith(await stage.ports(), { ...deployOptions, ...options }, stage.hooks);
  const [plan] = await stage.world.clock.run(planning);
  return plan!;
}

it('a plan lists plays and tasks in the order in which they are played, marked where they are special', async () => {
  const plan = await planned({ playbook, files });

  expect(plan.plays?.map(({ name, hosts }) => `${name} on ${hosts}`)).toEqual([
    'Migrate to v2 on api',
    'api on api',
  ]);
  expect(plan.plays?.map(({ tasks }) => tasks)).toEqual([
    [
      {
        name: 'migrate test',
        module: 'command',
        at: 'playbooks/deploy.yml:4:7',
        oneWay: true,
        runOnce: true,
      },
      { name: 'announce', module: 'command', at: 'playbooks/more.yml:1:3', runOnce: true },
    ],
    [
      { name: 'docker_image', module: 'docker_image', at: 'playbooks/deploy.yml:12:7' },
      { name: 'elb_target', module: 'elb_target', at: 'playbooks/deploy.yml:13:7' },
      { name: 'docker_container', module: 'docker_container', at: 'playbooks/deploy.yml:16:11' },
      { name: 'note it', module: 'command', at: 'playbooks/deploy.yml:18:11' },
      { name: 'elb_target', module: 'elb_target', at: 'playbooks/deploy.yml:22:7' },
    ],
  ]);
  expect(renderPlan(plan)).toContain(`
Play 1 of 2: Migrate to v2
  migrate test  one-way, run once
  announce  run once
Play 2 of 2: api
  docker_image
  elb_target
  docker_container
  note it
  elb_target
`);
});

it('the tasks are those that run, in the order in which they began', async () => {
  const stage = new FleetStage({ playbook, files, hosts: 2 });
  const plan = await planned({ playbook, files, hosts: 2 });
  await stage.deploy();

  const began = stage.told('task.started').filter(({ host }) => host.id === 'i-1');

  expect(began.map(({ task }) => task.name).filter((name) => name !== 'more.yml')).toEqual(
    plan.plays?.flatMap(({ tasks }) => tasks.map(({ name }) => name)),
  );
});

it('those that tags leave out are not among them', async () => {
  const plan = await planned({ playbook, files }, { skipTags: ['notes'] });

  expect(plan.plays?.flatMap(({ tasks }) => tasks).map(({ name }) => name)).not.toContain('note it');
});

it('the question on the terminal shows the tasks that are one-way or run once', async () => {
  const plan = await planned({ playbook, files });

  expect(rollQuestion([plan, plan], 3)).toBe(`It runs these tasks:
  migrate test: one-way, run once  (playbooks/deploy.yml:4:7)
  announce: run once  (playbooks/more.yml:1:3)
Roll api v2, api v2 over 3 hosts in test?`);
  expect(rollQuestion([await planned({})], 1)).toBe('Roll api v2 over 1 host in test?');
});
