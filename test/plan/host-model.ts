import { label, type ObservedContainer, type RestartPolicy } from '../../src/model/container.js';
import { containerId, containerName, holdId, hostId } from '../../src/model/ids.js';
import type {
  ContainerHold,
  Hold,
  RegistrationHold,
  RestoreObservation,
  RestoreStep,
} from '../../src/model/hold.js';
import { registrationKey, type Registration, type TargetState } from '../../src/model/registration.js';
import { gone, makeForeign, target } from '../stages/plan-parts.js';

interface ModelContainer {
  readonly id: string;
  name: string;
  running: boolean;
  policy: RestartPolicy;
  /** Two running containers cannot have the same. */
  readonly port: number;
}

/** What the containers of a host were before the deploy, by the names that the deploy gives to its own. */
export interface Place {
  readonly name: string;
  readonly port: number;
  readonly had: { readonly running: boolean; readonly policy: RestartPolicy } | undefined;
}

export interface Registered {
  readonly registration: Registration;
  /** `absent`: it was not registered, and the deploy registers it. */
  readonly state: RegistrationHold['state'];
}

/** A host as pure data: a deploy's mutations and a restore's steps change it, and it refuses what must not happen. */
export class HostModel {
  readonly containers: ModelContainer[] = [];
  readonly states = new Map<string, TargetState>();
  readonly breaches: string[] = [];
  readonly #registrations = new Map<string, Registration>();

  constructor(
    readonly places: readonly Place[],
    readonly registered: readonly Registered[],
  ) {
    for (const { name, port, had } of places) {
      if (had !== undefined) this.containers.push({ id: `old-${name}`, name, port, ...had });
    }
    for (const { registration, state } of registered) {
      this.#registrations.set(registrationKey(registration), registration);
      if (state !== 'absent') this.states.set(registrationKey(registration), state);
    }
  }

  /** The mutations of a deploy, in its order, each small enough for the run to end after it. */
  deployMutations(): readonly (() => void)[] {
    const present = this.registered.filter(({ state }) => state !== 'absent');
    const replaced = this.places;
    return [
      ...present.map((one) => () => this.#be(one, 'draining')),
      ...present.map((one) => () => this.#be(one, 'gone')),
      ...replaced
        .toReversed()
        .flatMap(({ name, had }) =>
          had === undefined
            ? []
            : [
                () => void (this.#old(name).name = `${name}.kept`),
                () => void (this.#old(name).policy = { name: 'no' }),
                () => void (this.#old(name).running = false),
              ],
        ),
      ...replaced.flatMap(({ name, port }) => [
        () =>
          void this.containers.push({
            id: `new-${name}`,
            name,
            port,
            running: false,
            policy: { name: 'unless-stopped' },
          }),
        () => void (this.#container(`new-${name}`).running = true),
      ]),
      ...this.registered.map((one) => () => this.#be(one, 'initial')),
      ...this.registered.map((one) => () => this.#be(one, 'healthy')),
    ];
  }

  /** The holds that a deploy has open after so many of its mutations. */
  holdsAfter(mutations: number): readonly Hold[] {
    const present = this.registered.filter(({ state }) => state !== 'absent');
    const drained = 2 * present.length;
    const swapped = drained + this.deploySwaps();
    const done = swapped + 2 * this.registered.length;
    const opened: Hold[] = [];
    // They are given back when the balancer says healthy again.
    if (mutations < done) opened.push(...present.map((one) => this.#registrationHold(one)));
    if (mutations >= drained) opened.push(...this.places.map((place) => this.#containerHold(place)));
    if (mutations >= swapped) {
      const added = this.registered.filter(({ state }) => state === 'absent');
      opened.push(...added.map((one) => this.#registrationHold(one)));
    }
    return opened;
  }

  deploySwaps(): number {
    const had = this.places.filter((place) => place.had !== undefined).length;
    return 3 * had + 2 * this.places.length;
  }

  observe(holds: readonly Hold[]): RestoreObservation {
    const held = holds.flatMap((hold) => (hold.kind === 'registration' ? [hold.registration] : []));
    const absent = held.filter((registration) => !this.states.has(registrationKey(registration)));
    return {
      containers: this.containers.map(observed),
      registrations: [
        ...[...this.states].map(([key, state]) => target(this.#registrations.get(key)!, state)),
        ...absent.map(gone),
      ],
    };
  }

  carryOut(step: RestoreStep): void {
    switch (step.do) {
      case 'drain':
        for (const registration of step.registrations) this.states.delete(registrationKey(registration));
        return;
      case 'remove_container':
        if (this.#container(step.container).running) this.#mustBeDrained(`${step.container} is removed`);
        this.containers.splice(this.containers.indexOf(this.#container(step.container)), 1);
        return;
      case 'rename_container':
        if (this.containers.some(({ name }) => name === step.name))
          this.#breach(`the name ${step.name} is taken`);
        this.#container(step.container).name = step.name;
        return;
      case 'set_restart_policy':
        this.#container(step.container).policy = step.policy;
        return;
      case 'start_container': {
        const container = this.#container(step.container);
        if (this.containers.some(({ running, port }) => running && port === container.port))
          this.#breach(`the port of ${step.container} is taken`);
        this.#mustBeDrained(`${step.container} is started`);
        container.running = true;
        return;
      }
      case 'prove_health': {
        this.#containersMustBeBack('health is proven');
        return;
      }
      case 'register':
        this.#containersMustBeBack('it is registered');
        for (const registration of step.registrations) {
          const key = registrationKey(registration);
          this.states.set(key, step.await === 'healthy' ? 'healthy' : 'unhealthy');
          this.#registrations.set(key, registration);
        }
        return;
      case 'give_up': {
        this.#breach(`given up: ${step.reason}`);
        return;
      }
    }
  }

  /** The host as people would compare it with what it was: names, policies, what runs, where it is registered. */
  get summary(): HostSummary {
    return {
      containers: this.containers
        .filter(({ id }) => id.startsWith('old-'))
        .map(({ id, name, running, policy }) => ({ id, name, running, policy }))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
      others: this.containers.filter(({ id }) => !id.startsWith('old-')).map(({ id }) => id),
      registrations: [...this.states.keys()].sort(),
    };
  }

  #be({ registration }: Registered, state: TargetState | 'gone'): void {
    const key = registrationKey(registration);
    if (state === 'gone') this.states.delete(key);
    else this.states.set(key, state);
  }

  #old(name: string): ModelContainer {
    return this.#container(`old-${name}`);
  }

  #container(id: string): ModelContainer {
    const found = this.containers.find((container) => container.id === id);
    if (found === undefined) throw new Error(`there is no container ${id}`);
    return found;
  }

  #containersMustBeBack(what: string): void {
    for (const { name, had } of this.places) {
      const now = this.containers.find((container) => container.name === name);
      if (had === undefined && now !== undefined) this.#breach(`${what} beside the new ${name}`);
      if (had?.running === true && (now?.id !== `old-${name}` || !now.running))
        this.#breach(`${what} before the old ${name} runs`);
    }
  }

  #mustBeDrained(what: string): void {
    const serving = [...this.states].find(([, state]) => state !== 'unused');
    if (serving !== undefined) this.#breach(`${what} while ${serving[0]} is ${serving[1]}`);
  }

  #breach(what: string): void {
    this.breaches.push(what);
  }

  #registrationHold({ registration, state }: Registered): RegistrationHold {
    const id = holdId(registrationKey(registration));
    return { kind: 'registration', id, host: hostId('h1'), registration, state };
  }

  #containerHold({ name, had }: Place): ContainerHold {
    return {
      kind: 'container',
      id: holdId(name),
      host: hostId('h1'),
      name: containerName(name),
      probe: {
        kind: 'command',
        argv: ['true'],
        passes: 1,
        interval: 1_000,
        timeout: 10_000,
        attemptTimeout: 1_000,
      },
      ...(had === undefined
        ? {}
        : {
            previous: {
              id: containerId(`old-${name}`),
              running: had.running,
              restartPolicy: had.policy,
            },
          }),
    };
  }
}

export interface HostSummary {
  readonly containers: readonly {
    readonly id: string;
    readonly name: string;
    readonly running: boolean;
    readonly policy: RestartPolicy;
  }[];
  readonly others: readonly string[];
  readonly registrations: readonly string[];
}

const observed = ({ id, name, running, policy }: ModelContainer): ObservedContainer =>
  makeForeign(name, {
    id: containerId(id),
    running,
    restartPolicy: policy,
    // What was there before may be somebody's own, adopted; what is new is the deploy's.
    labels: id.startsWith('new-') ? { [label.run]: 'the-run' } : {},
  });
