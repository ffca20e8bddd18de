import { inject, test } from 'vitest';
import { Fleet } from './fleet.js';

const machines = inject('machines');

const withFleet = test.extend('fleet', async ({ task: _task }, { onCleanup }) => {
  if (machines === undefined) throw new Error('the fleet was left out');
  const fleet = await Fleet.open(machines);
  onCleanup(async () => fleet.close());
  return fleet;
});

/** A case on a fleet of its own: clean hosts, a cloud, a project. Left out when the global setup has no fleet. */
export const fleetTest = machines === undefined ? withFleet.skip : withFleet;
