import { expect } from 'vitest';
import { fleetTest } from './fleet-test.js';

fleetTest('plans, lists and runs commands without changing a host', async ({ fleet }) => {
  const before = await fleet.given('v1');
  const target = ['--group', 'api', '--env', 'prod'];

  const plan = await fleet.start('plan', ...target, '--version', 'v2').ended;
  const status = await fleet.start('status', ...target).ended;
  const list = await fleet.start('inventory', 'list', '--env', 'prod').ended;
  const exec = await fleet.start('exec', ...target, '--', 'hostname', '-I').ended;

  expect([plan.exit, status.exit, list.exit, exec.exit]).toEqual([0, 0, 0, 0]);
  for (const { name, address } of fleet.hosts) {
    expect(plan.stdout).toContain(name);
    expect(status.stdout).toContain(name);
    expect(list.stdout).toContain(address);
    expect(exec.stdout).toContain(address);
  }
  expect(await fleet.reality()).toEqual(before);
});
