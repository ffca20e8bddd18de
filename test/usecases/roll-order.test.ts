import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planWith } from '../../src/deploy/plan.js';
import { errorsFromAsync, textOf } from '../stages/error-text.js';
import { deployOptions, FleetStage, type StageOptions } from '../stages/fleet-stage.js';

const packaged = readFileSync(join(import.meta.dirname, '../../playbooks/deploy.yml'), 'utf8');

const tasks: Readonly<Record<string, string>> = {
  pull: "docker_image: { image: '{{ release.image }}' }",
  drain: "elb_target: { state: drained, target_groups: '{{ target_groups }}' }",
  'drain, maybe': "elb_target: { state: drained, target_groups: '{{ target_groups }}' }, when: out.rc == 0",
  'drain, never': "elb_target: { state: drained, target_groups: '{{ target_groups }}' }, when: false",
  'drain another': 'elb_target: { state: drained, target_groups: [other] }',
  swap: "docker_container: { image: '{{ release.image }}', containers: '{{ containers }}' }",
  'swap, maybe':
    "docker_container: { image: '{{ release.image }}', containers: '{{ containers }}' }, when: out.rc == 0",
  'swap another': 'docker_container: { container: { name: cache, image: redis } }',
  restart: "docker_container: { state: restarted, containers: '{{ containers }}' }",
  return: "elb_target: { state: in_service, target_groups: '{{ target_groups }}' }",
  'return, maybe':
    "elb_target: { state: in_service, target_groups: '{{ target_groups }}' }, when: out.rc == 0",
  ask: 'command: date, register: out',
};

/** Line 4 is the first task. */
const playbookOf = (names: readonly string[]): string =>
  `- hosts: '{{ group }}'\n  serial: 1\n  tasks:\n${names.map((name) => `    - { ${tasks[name] ?? ''} }\n`).join('')}`;

/** What plan, a dry run and a deploy say of a playbook, which must be the same, as `line code`. */
async function refusals(playbook: string, given: StageOptions = {}): Promise<readonly string[]> {
  const stage = new FleetStage({ ...given, playbook });
  const options = { ...deployOptions, check: true };
  const world = await stage.ports();
  const errors = await errorsFromAsync(() => stage.world.clock.run(planWith(world, options, stage.hooks)));
  const checked = await errorsFromAsync(() => new FleetStage({ ...given, playbook }).deploy({ check: true }));

  expect(checked.map(textOf)).toEqual(errors.map(textOf));
  expect(stage.mutations).toEqual([]);
  return errors.map(({ at, code }) => `${at?.line ?? '-'} ${code}`);
}

const swapped = 'playbook.swapped_in_service';
const lost = 'playbook.never_returned';

describe('a playbook of deploy', () => {
  it.each<[tasks: readonly string[], refused: readonly string[]]>([
    [['pull', 'drain', 'swap', 'return'], []],
    [['pull', 'swap', 'return'], [`5 ${swapped}`]],
    [['pull', 'swap', 'drain', 'return'], [`5 ${swapped}`]],
    [['pull', 'drain', 'swap'], [`5 ${lost}`]],
    [['pull', 'swap'], [`5 ${swapped}`]],
    [['pull', 'drain', 'return', 'swap'], [`7 ${swapped}`]],
    [['pull', 'drain', 'swap', 'return', 'restart'], [`8 ${swapped}`]],
    [['pull', 'drain', 'swap', 'return', 'drain', 'restart', 'return'], []],
    [['pull', 'drain', 'swap', 'return', 'drain'], []],
    [['pull', 'drain', 'swap', 'return', 'drain', 'restart'], [`8 ${lost}`]],
    [['pull', 'drain'], []],
    [['pull', 'drain, never', 'swap', 'return'], [`6 ${swapped}`]],
    [['pull', 'drain another', 'swap', 'return'], [`6 ${swapped}`]],
    [['pull', 'ask', 'drain, maybe', 'swap', 'return'], []],
    [['pull', 'ask', 'drain, maybe', 'swap'], [`6 ${lost}`]],
    [['pull', 'ask', 'drain', 'swap', 'return, maybe'], []],
    [['pull', 'ask', 'swap, maybe'], []],
    [['pull', 'swap another'], []],
    [['ask'], []],
  ])('%j', async (names, refused) => {
    expect((await refusals(playbookOf(names))).filter((one) => one.includes('playbook.'))).toEqual(refused);
  });

  it('is right in any order for a group behind no load balancer', async () => {
    const groupVars = { target_groups: 'none' };

    expect(await refusals(playbookOf(['pull', 'swap']), { groupVars })).toEqual([]);
  });

  it('may do so in several plays, in blocks and in included files', async () => {
    const text = `- hosts: '{{ group }}'
  tasks:
    - { ${tasks['pull'] ?? ''} }
    - block:
        - { ${tasks['drain'] ?? ''} }
        - { ${tasks['swap'] ?? ''} }
      rescue:
        - { ${tasks['restart'] ?? ''} }
      always:
        - { ${tasks['return'] ?? ''} }
`;
    expect(await refusals(text)).toEqual([]);
    expect(
      await refusals(text.replace(tasks['drain'] ?? '', 'include_tasks: drain.yml'), {
        files: { 'playbooks/drain.yml': `- { ${tasks['drain'] ?? ''} }\n` },
      }),
    ).toEqual([]);
    expect(await refusals(playbookOf(['pull', 'drain']) + playbookOf(['swap', 'return']))).toEqual([]);
  });

  it('is told what put the host back, and what to write', async () => {
    const stage = new FleetStage({ playbook: playbookOf(['pull', 'drain', 'return', 'swap']) });

    expect((await errorsFromAsync(() => stage.deploy())).map(textOf)).toEqual([
      'playbooks/deploy.yml:7:7 this task would replace containers of a host that is in service in api-http, which is refused: playbooks/deploy.yml:6:7 put it back | Put a task before it: elb_target: { state: drained, target_groups: … }. A group behind no load balancer says target_groups: none.',
    ]);
  });
});

it('what is refused could not have been deployed, and what deploys is not refused', async () => {
  const names = fc.array(fc.constantFrom('drain', 'swap', 'return', 'swap another'), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(names, async (some) => {
      const playbook = playbookOf(['pull', ...some]);
      const stage = new FleetStage({ playbook });
      const errors = await errorsFromAsync(() => stage.deploy());
      if (errors.length > 0) return;
      // It was played: no interlock had to stop it, and no host was left out.
      expect(stage.told('task.ended').map(({ error }) => error?.code)).not.toContain('interlock.not_drained');
      expect(stage.now.filter((host) => !host.endsWith('in service'))).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

it('the packaged playbook is right without a load balancer, and with one that is found', async () => {
  for (const target_groups of ['none', 'auto', ['api-http']])
    expect(await refusals(packaged, { groupVars: { target_groups } })).toEqual([]);
});
