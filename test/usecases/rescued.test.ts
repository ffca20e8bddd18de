import { describe, expect, it } from 'vitest';
import { FleetStage } from '../stages/fleet-stage.js';

/** A play whose block takes the host out of service and fails before anything is replaced. */
const playbookOf = (rescue: string, after: string): string => `
- hosts: '{{ group }}'
  serial: 1
  tasks:
    - docker_image: { image: '{{ release.image }}' }
    - block:
        - elb_target: { state: drained, target_groups: [api-http] }
        - fail: the migration is not ready
      rescue:
        - ${rescue}
${after}`;

const putBack = 'elb_target: { state: in_service, target_groups: [api-http] }';
const asBefore = ['i-1: v1 running, in service', 'i-2: v1 running, in service'];

describe('what a rescued failure had taken from the host', () => {
  it.each([
    ['by its rescue', putBack, '', 0],
    ['by a later task of the turn', 'debug: rescued', `    - ${putBack}\n`, 0],
    ['at the end of the run, when no task does it', 'debug: rescued', '', 0],
    ['when its rescue fails too', 'fail: nothing helps', '', 1],
  ])('is given back: %s', async (_, rescue, after, failed) => {
    const stage = new FleetStage({ hosts: 2, playbook: playbookOf(rescue, after) });
    const result = await stage.deploy();
    // Neither host was rolled, which the last look finds.
    expect(result).toMatchObject({ exit: 4, named: [] });
    const [first] = result.hosts;
    expect(first).toMatchObject({ rescued: 1, failed });
    expect(await stage.later()).toEqual(asBefore);
  });

  it('is registered again without SSH when the host is lost in its rescue', async () => {
    const stage = new FleetStage({ hosts: 2, playbook: playbookOf('shell: ./undo', '') });
    stage.atTask('i-1', 'shell', 'task.started', () => stage.host('i-1').lose());
    expect(await stage.deploy()).toMatchObject({ exit: 4, named: [] });
    const [own] = stage.registrations;
    expect(own && stage.group.healthOf(own).state).not.toBe('unused');
  });
});
