import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breadth } from '../deep.js';
import { label, type RestartPolicy } from '../../src/model/container.js';
import { containerId, containerName, groupName, holdId, hostId } from '../../src/model/ids.js';
import {
  describeStep,
  type ContainerHold,
  type RegistrationHold,
  type RestoreStep,
} from '../../src/model/hold.js';
import { registrationKey } from '../../src/model/registration.js';
import { planRestore } from '../../src/plan/restore.js';
import { HostModel, type Place, type Registered } from './host-model.js';
import { gone, makeForeign, makeRegistration, target } from '../stages/plan-parts.js';

const policies: readonly RestartPolicy[] = [
  { name: 'no' },
  { name: 'always' },
  { name: 'unless-stopped' },
  { name: 'on-failure', maximumRetries: 3 },
];
const hads = fc.option(fc.record({ running: fc.boolean(), policy: fc.constantFrom(...policies) }), {
  nil: undefined,
});
const places: fc.Arbitrary<readonly Place[]> = fc
  .array(hads, { maxLength: 3 })
  .map((given) => given.map((had, index) => ({ name: `c${index}`, port: 5000 + index, had })));
const registrations: fc.Arbitrary<readonly Registered[]> = fc
  .array(fc.constantFrom<RegistrationHold['state']>('healthy', 'unhealthy', 'absent'), { maxLength: 3 })
  .map((states) =>
    states.map((state, index) => ({ registration: makeRegistration('h1', 'tg', 5000 + index), state })),
  );

/** What happens by itself between the deploy's last mutation and the restore. */
const accidents = fc.record({
  /** This one of the new containers, if it runs, ends. */
  crashed: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
  /** What was draining is drained by now. */
  drained: fc.boolean(),
});

const interrupted = fc
  .record({ places, registrations, accident: accidents })
  .chain(({ places: given, registrations: registered, accident }) =>
    fc.record({
      places: fc.constant(given),
      registered: fc.constant(registered),
      accident: fc.constant(accident),
      mutations: fc.integer({
        min: 0,
        max: new HostModel(given, registered).deployMutations().length,
      }),
    }),
  );

function interruptedAfter(
  mutations: number,
  given: readonly Place[],
  registered: readonly Registered[],
): HostModel {
  const host = new HostModel(given, registered);
  for (const mutate of host.deployMutations().slice(0, mutations)) mutate();
  return host;
}

describe('a planned restore', () => {
  it('makes a host match its holds again, wherever the deploy was interrupted', () => {
    fc.assert(
      fc.property(interrupted, ({ places: given, registered, mutations, accident }) => {
        const original = new HostModel(given, registered).summary;
        const host = interruptedAfter(mutations, given, registered);
        const crashed = host.containers.find(({ id }) => id === `new-c${accident.crashed ?? 9}`);
        if (crashed !== undefined) crashed.running = false;
        if (accident.drained) {
          for (const [key, state] of host.states) if (state === 'draining') host.states.delete(key);
        }
        const holds = host.holdsAfter(mutations);

        const steps = planRestore(holds, host.observe(holds));
        for (const step of steps) host.carryOut(step);

        expect(host.breaches).toEqual([]);
        expect(host.summary).toEqual(original);
        expect(planRestore(holds, host.observe(holds))).toEqual([]);
      }),
      { numRuns: breadth(375, 3_000) },
    );
  });

  it('never removes a container that a person started under a name that is held', () => {
    fc.assert(
      fc.property(interrupted, fc.nat(2), ({ places: given, registered, mutations }, which) => {
        const host = interruptedAfter(mutations, given, registered);
        const holds = host.holdsAfter(mutations);
        const { containers, registrations: targets } = host.observe(holds);
        const byHand = makeForeign(`c${which}`, { id: containerId('by-hand') });
        const others = (containers ?? []).filter(({ name }) => name !== byHand.name);
        const steps = planRestore(holds, { containers: [...others, byHand], registrations: targets });
        const touched = steps.filter((step) => 'container' in step && step.container === byHand.id);
        expect(touched).toEqual([]);
        const isHeld = holds.some((hold) => hold.kind === 'container' && hold.name === byHand.name);
        expect(doing(steps)).toEqual(isHeld ? ['give_up'] : expect.anything());
      }),
      { numRuns: breadth(125, 1_000) },
    );
  });

  it('gets there from wherever the restore itself was interrupted', () => {
    fc.assert(
      fc.property(interrupted, fc.nat(12), ({ places: given, registered, mutations }, cut) => {
        const original = new HostModel(given, registered).summary;
        const host = interruptedAfter(mutations, given, registered);
        // What a restore drains on its way it holds too, as the engine does.
        const holds = [...host.holdsAfter(mutations), ...heldOnTheWay(host, mutations)];

        const steps = planRestore(holds, host.observe(holds));
        for (const step of steps.slice(0, cut)) host.carryOut(step);
        for (const step of planRestore(holds, host.observe(holds))) host.carryOut(step);

        expect(host.breaches).toEqual([]);
        expect(host.summary).toEqual(original);
      }),
      { numRuns: breadth(250, 2_000) },
    );
  });
});

function heldOnTheWay(host: HostModel, mutations: number): readonly RegistrationHold[] {
  const held = host
    .holdsAfter(mutations)
    .flatMap((hold) => (hold.kind === 'registration' ? [registrationKey(hold.registration)] : []));
  return host.registered
    .filter(({ registration, state }) => state !== 'absent' && !held.includes(registrationKey(registration)))
    .map(({ registration }) => holdOf(registration, 'healthy'));
}

const holdOf = (
  registration: RegistrationHold['registration'],
  state: RegistrationHold['state'] = 'healthy',
): RegistrationHold => ({
  kind: 'registration',
  id: holdId(registrationKey(registration)),
  host: hostId('h1'),
  registration,
  state,
});

const probe = {
  kind: 'command',
  argv: ['true'],
  passes: 3,
  interval: 1_000,
  timeout: 60_000,
  attemptTimeout: 5_000,
} as const;

const held = (given: Partial<ContainerHold> = {}): ContainerHold => ({
  kind: 'container',
  id: holdId('container'),
  host: hostId('h1'),
  name: containerName('api'),
  previous: { id: containerId('old'), running: true, restartPolicy: { name: 'always' } },
  probe,
  ...given,
});
const oldAside = makeForeign('api.kept', {
  id: containerId('old'),
  running: false,
  restartPolicy: { name: 'no' },
});
const labels = { [label.run]: 'the-run' };
const current = makeForeign('api', { id: containerId('new'), labels });
const doing = (steps: readonly RestoreStep[]): readonly string[] => steps.map((step) => step.do);

describe('the steps of a restore', () => {
  const registration = makeRegistration('h1');

  it('are in the order that keeps requests whole: drain, swap back, prove, register', () => {
    const steps = planRestore([held(), holdOf(registration)], {
      containers: [current, oldAside],
      registrations: [target(registration)],
    });
    expect(steps.map(describeStep)).toEqual([
      'drain its registration',
      'remove the new container "api"',
      'give the old container its name "api" back',
      'give the old container its restart policy "always" back',
      'start the old container "api"',
      'prove it healthy',
      'put it back in service',
    ]);
  });

  it('only register where the containers were not touched, and ask for no look at the host', () => {
    const steps = planRestore([holdOf(registration)], {
      containers: undefined,
      registrations: [target(registration, 'draining')],
    });
    expect(steps).toEqual([{ do: 'register', registrations: [registration], await: 'healthy' }]);
  });

  it('give up where a container was touched and the host cannot be asked', () => {
    const steps = planRestore([held(), holdOf(registration)], {
      containers: undefined,
      registrations: [gone(registration)],
    });
    expect(steps).toEqual([
      { do: 'give_up', reason: 'the host cannot be reached, and its container was touched' },
    ]);
  });

  it('give up, and change nothing, where others started a container under the name', () => {
    const byHand = makeForeign('api', { id: containerId('by-hand') });
    const [step, ...others] = planRestore([held(), holdOf(registration)], {
      containers: [byHand, oldAside],
      registrations: [target(registration)],
    });
    expect(others).toEqual([]);
    expect(step?.do === 'give_up' && step.reason).toMatch(
      /^the container "api" \(by-hand\) was not started by this group's deploys, and it is in service, healthy: it is left as it is\. To have the old one back: docker rename by-hand/,
    );
  });

  it('say what is known of such a container: that it runs, or no more', () => {
    const reasonFor = (running: boolean): string => {
      const containers = [makeForeign('api', { id: containerId('by-hand'), running }), oldAside];
      const [step] = planRestore([held()], { containers, registrations: [] });
      return step?.do === 'give_up' ? step.reason : '';
    };
    expect(reasonFor(true)).toContain('deploys, and it runs: it is left as it is.');
    expect(reasonFor(false)).toContain('deploys: it is left as it is.');
  });

  it('leave a container of another group that stands under the name', () => {
    const group = groupName('api');
    const others = makeForeign('api', {
      id: containerId('theirs'),
      labels: { ...labels, [label.group]: 'web' },
    });
    const steps = planRestore([held({ group })], { containers: [others, oldAside], registrations: [] });
    expect(doing(steps)).toEqual(['give_up']);
  });

  it('give up, and change nothing, where the container it had is gone', () => {
    const steps = planRestore([held(), holdOf(registration)], {
      containers: [current],
      registrations: [target(registration)],
    });
    expect(steps).toEqual([{ do: 'give_up', reason: 'the container "api" (old) it had is gone' }]);
  });

  it('register what was unhealthy exactly so: a proof of health is tried, not required', () => {
    const steps = planRestore([held(), holdOf(registration, 'unhealthy')], {
      containers: [current, oldAside],
      registrations: [gone(registration)],
    });
    expect(steps).toContainEqual({ do: 'prove_health', probe, required: false });
    expect(steps.at(-1)).toEqual({ do: 'register', registrations: [registration], await: 'registered' });
  });

  it('take away a registration that was not there before', () => {
    const steps = planRestore([holdOf(registration, 'absent')], {
      containers: [],
      registrations: [target(registration, 'initial')],
    });
    expect(steps).toEqual([{ do: 'drain', registrations: [registration] }]);
  });

  it('wait for a draining registration before a container is touched', () => {
    const steps = planRestore([held(), holdOf(registration)], {
      containers: [current, oldAside],
      registrations: [target(registration, 'draining')],
    });
    expect(steps[0]).toEqual({ do: 'drain', registrations: [registration] });
  });

  it('put a registration that was not held back in service after draining it on the way', () => {
    const unheld = makeRegistration('h1', 'other');
    const steps = planRestore([held()], {
      containers: [current, oldAside],
      registrations: [target(unheld)],
    });
    expect(steps[0]).toEqual({ do: 'drain', registrations: [unheld] });
    expect(steps.at(-1)).toEqual({ do: 'register', registrations: [unheld], await: 'healthy' });
  });

  it('register a host that ran nothing as it was found, though it was on its way into service when it was taken', () => {
    const { previous: _, ...nothing } = held();
    const steps = planRestore([nothing, holdOf(registration, 'initial')], {
      containers: [current],
      registrations: [gone(registration)],
    });
    expect(steps.at(-1)).toEqual({ do: 'register', registrations: [registration], await: 'registered' });
  });

  it('do not start a container that was stopped before, and prove nothing of it', () => {
    const previous = { id: containerId('old'), running: false, restartPolicy: { name: 'no' } as const };
    const steps = planRestore([held({ previous })], { containers: [current, oldAside], registrations: [] });
    expect(doing(steps)).toEqual(['remove_container', 'rename_container']);
  });

  it('are none for a host that already matches its holds', () => {
    const restored = makeForeign('api', { id: containerId('old'), restartPolicy: { name: 'always' } });
    const steps = planRestore([held(), holdOf(registration)], {
      containers: [restored],
      registrations: [target(registration)],
    });
    expect(steps).toEqual([]);
  });
});
