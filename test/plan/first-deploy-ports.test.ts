import { describe, expect, it } from 'vitest';
import { deployProgram } from '../sim/deploy-program.js';
import { calmScenario, type Scenario } from '../sim/scenario.js';
import { simulate } from '../sim/simulate.js';

/** Nobody is registered yet, and the target group was made with another port than the containers publish. */
const first: Scenario = {
  ...calmScenario,
  hasPrevious: false,
  hosts: ['i-1', 'i-2'].map((id) => ({ id, zone: 'a' })),
  targetGroups: calmScenario.targetGroups.map((group) => ({ ...group, ports: [] })),
};

describe('a first deploy', () => {
  it('registers its hosts on the port that their containers publish', async () => {
    const { result, thrown, ended } = await simulate(1, first, deployProgram);
    expect({ thrown, exit: result?.exit }).toEqual({ exit: 0 });
    const targets = ended.targets.map(
      ({ registration, state }) => `${registration.id}:${registration.port} ${state}`,
    );
    expect(targets.toSorted()).toEqual(['i-1:5060 healthy', 'i-2:5060 healthy']);
  });
});
