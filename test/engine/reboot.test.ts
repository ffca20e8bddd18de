import { describe, expect, it } from 'vitest';
import { modules } from '../../src/modules/catalogue.js';
import { loadPlaybook } from '../../src/playbook/load.js';
import { MemoryFiles } from '../fakes/memory-files.js';
import { fakeReboots, type FakeReboots } from './fake-reboot.js';
import { FleetStage } from '../stages/fleet-stage.js';

const playbook = (reboot: string, drained = true): string => `
- hosts: api
  serial: 1
  become: true
  tasks:
${drained ? "    - elb_target: { state: drained, target_groups: '{{ target_groups }}' }\n" : ''}    - reboot: ${reboot}
      register: restart
    - health: '{{ health }}'
    - elb_target: { state: in_service, target_groups: '{{ target_groups }}' }
`;

function stage(reboots: FakeReboots = {}, hosts = 3) {
  const fleet = new FleetStage({ hosts, playbook: '' });
  fakeReboots(fleet.transport, (id) => fleet.host(id), reboots);
  return fleet;
}

const boots = (fleet: FleetStage): readonly number[] => fleet.hosts.map((host) => host.boots);
const inService = [1, 2, 3].map((id) => `i-${id}: v1 running, in service`);

describe('reboot', () => {
  it('restarts each host once, out of service, and puts it back when it has proven its health', async () => {
    const fleet = stage();
    const result = await fleet.run(playbook('{}'));
    expect(result.errors).toEqual([]);
    expect(result.exit).toBe(0);
    expect(boots(fleet)).toEqual([1, 1, 1]);
    expect(fleet.now).toEqual(inService);
    // A restart that was asked for is no blip.
    expect(fleet.told('blip')).toEqual([]);
  });

  it('does not restart a host that is in service', async () => {
    const fleet = stage();
    const result = await fleet.run(playbook('{}', false));
    expect(result.errors.map(({ code }) => code)).toContain('interlock.not_drained');
    expect(boots(fleet)).toEqual([0, 0, 0]);
    expect(fleet.now).toEqual(inService);
  });

  it('a lost answer is no second restart', async () => {
    const fleet = stage({ request: () => ({ outcome: { kind: 'unknown', reason: 'connection lost' } }) });
    const result = await fleet.run(playbook('{}'));
    expect(result.exit).toBe(0);
    expect(boots(fleet)).toEqual([1, 1, 1]);
    expect(fleet.now).toEqual(inService);
  });

  it('a request that got lost on its way is made again', async () => {
    const fleet = stage();
    let lost = 0;
    fleet.transport.when(({ host, text, options }) => {
      if (!text.includes('shutdown') || host.id !== 'i-1' || lost > 0) return undefined;
      lost += 1;
      fleet.transport.records.set(options.step?.id ?? '', { state: 'absent' });
      return { outcome: { kind: 'unknown', reason: 'connection lost' } };
    });
    const result = await fleet.run(playbook('{}'));
    expect(result.exit).toBe(0);
    expect(lost).toBe(1);
    expect(boots(fleet)).toEqual([1, 1, 1]);
  });

  it('a signal while the host is down leaves it neither down nor out', async () => {
    const fleet = stage();
    fleet.at(
      (event) => event.type === 'task.progress' && event.message === 'waiting until the host is back',
      () => fleet.interrupt(),
    );
    const result = await fleet.run(playbook('{}'));
    expect(result).toMatchObject({ exit: 143, named: [] });
    expect(boots(fleet)).toEqual([1, 0, 0]);
    expect(fleet.now).toEqual(inService);
  });

  it('a host that does not come back in time is a failure, and is put back when it comes later', async () => {
    const fleet = stage({ lasts: 90_000 });
    const result = await fleet.run(playbook('{ reboot_timeout: 60s }'));
    expect(result.errors.map(({ code }) => code)).toContain('reboot.not_back');
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(boots(fleet)).toEqual([1, 0, 0]);
    expect(fleet.now).toEqual(inService);
  });

  it('a host that stays down is named with what it held', async () => {
    const fleet = stage({ lasts: 9_000_000 });
    const result = await fleet.run(playbook('{}'));
    expect(result).toMatchObject({
      exit: 5,
      named: [{ host: 'i-1', held: ['its registration in api-http:5060'] }],
    });
  });

  it('needs no container, no balancer and no Docker Engine', async () => {
    const fleet = new FleetStage({
      previous: false,
      groupVars: { container: undefined, image: undefined, health: undefined, target_groups: 'none' },
    });
    for (const host of fleet.hosts) host.engineRuns = false;
    fakeReboots(fleet.transport, (id) => fleet.host(id));
    const result = await fleet.run('- hosts: api\n  become: true\n  tasks:\n    - reboot:\n');
    expect(result.errors).toEqual([]);
    expect(result.exit).toBe(0);
    expect(boots(fleet)).toEqual([1, 1, 1]);
  });

  it('changes nothing in a dry run, and says what it would do', async () => {
    const fleet = stage();
    await fleet.run(playbook('{}'), { check: true });
    expect(boots(fleet)).toEqual([0, 0, 0]);
    const said = fleet.told('task.ended').filter(({ task }) => task.module === 'reboot');
    expect(said.map(({ message }) => message)).toEqual([1, 2, 3].map(() => 'reboot (cannot be taken back)'));
  });

  it('never restarts this machine', async () => {
    const fleet = stage();
    const result = await fleet.run('- hosts: localhost\n  tasks:\n    - reboot:\n');
    expect(result.errors.map(({ code }) => code)).toEqual(['reboot.control_machine']);
    expect(fleet.transport.commands.filter(({ text }) => text.includes('shutdown'))).toEqual([]);
  });

  it('an argument of Ansible that it does not take says what to write instead', async () => {
    const files = new MemoryFiles({
      'a.yml': '- hosts: all\n  tasks:\n    - reboot: { boot_time_command: uptime }\n',
    });
    await expect(loadPlaybook(files, 'a.yml', modules)).rejects.toMatchObject({
      code: 'playbook.unknown_argument',
      at: { file: 'a.yml', line: 3, column: 17 },
      hint: expect.stringContaining('boot id') as unknown,
    });
  });
});
