import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NamedSecrets } from '../../src/config/named-secrets.js';
import { loadProject } from '../../src/config/project.js';
import type { Event } from '../../src/events/event.js';
import { Redaction } from '../../src/events/redaction.js';
import { unmatchedFiles } from '../../src/inventory/unmatched-files.js';
import { loadInventory } from '../../src/inventory/inventory.js';
import type { Host } from '../../src/model/host.js';
import { groupName, hostId, type Digest } from '../../src/model/ids.js';
import type { JournalRecord } from '../../src/model/journal-record.js';
import type { DrainedHosts } from '../../src/model/drained-hosts.js';
import type { ReleaseRecord } from '../../src/model/release-record.js';
import type { Registration, TargetGroup, TargetState } from '../../src/model/registration.js';
import type { RunResult } from '../../src/model/run-result.js';
import { loadPlaybook } from '../../src/playbook/load.js';
import { deployWith } from '../../src/deploy/deploy.js';
import { runAdHocWith, type AdHocOptions } from '../../src/operate/ad-hoc.js';
import { rollbackWith, type RollbackOptions } from '../../src/deploy/rollback.js';
import { recoverWith, type RecoverOptions } from '../../src/recovery/recover.js';
import type { DeployOptions } from '../../src/deploy/plan-groups.js';
import { drainWith, undrainWith, type DrainOptions } from '../../src/operate/drain.js';
import type { RunHooks } from '../../src/world/context.js';
import { ProjectSecrets } from '../../src/world/project-secrets.js';
import { RecordedFiles } from '../../src/world/project-digest.js';
import { modules } from '../../src/modules/catalogue.js';
import { RecordedDrains } from '../../src/world/drained-records.js';
import { Notices } from '../../src/world/notices.js';
import type { World } from '../../src/world/world.js';
import { FakeControlSide } from '../fakes/fake-control-side.js';
import { FakeContainerRuntime, labelsOf } from '../fakes/fake-container-runtime.js';
import { FakeHostHttp } from '../fakes/fake-host-http.js';
import { FakeRegistry } from '../fakes/fake-registry.js';
import { FakeScalingGroups } from '../fakes/fake-scaling-groups.js';
import { FakeTraffic } from '../fakes/fake-traffic.js';
import { SecretFreeTransport } from '../../src/transport/secret-free-transport.js';
import { FakeTransport } from '../fakes/fake-transport.js';
import { Life, mortal, type Death } from '../fakes/mortal-world.js';
import { MemoryConfirmations } from '../fakes/memory-confirmations.js';
import { MemoryGroupKeys } from '../fakes/memory-group-keys.js';
import { MemoryFence } from '../fakes/memory-fence.js';
import { MemoryFiles } from '../fakes/memory-files.js';
import { FakeProcesses } from '../fakes/fake-processes.js';
import { MemoryLedgers } from '../fakes/memory-ledgers.js';
import { MemoryHostHolds } from '../fakes/memory-host-holds.js';
import { MemoryHostFiles } from '../fakes/memory-host-files.js';
import { MemoryJournalStore, MemoryRetry } from '../fakes/memory-journal.js';
import { MemoryLeaseStore } from '../fakes/memory-leases.js';
import { SeededRandom } from '../fakes/seeded-random.js';
import { FleetPresence } from '../../src/inventory/fleet-presence.js';
import { WorldFleet } from '../fakes/world-fleet.js';
import { image, type ImageBehaviour } from '../fakes/world/image-behaviour.js';
import type { FakeHost } from '../fakes/world/fake-host.js';
import type { FakeTargetGroup } from '../fakes/world/fake-target-group.js';
import { World as FakeWorld } from '../fakes/world/world.js';

export const repository = 'registry:5000/api';

const packagedPlaybook = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../playbooks/${name}.yml`, import.meta.url)), 'utf8');

/** What `adfpush deploy` runs. */
export const packaged = packagedPlaybook('deploy');

export interface StageOptions {
  /** How many hosts, or each with what matters about it. */
  readonly hosts?: number | readonly Partial<Omit<Host, 'id'>>[];
  readonly targetGroup?: Partial<TargetGroup>;
  /** The states in which the hosts are registered, the first host's first; `healthy` when absent. */
  readonly states?: readonly (TargetState | undefined)[];
  /** What the containers that run before the deploy do; false when none run. */
  readonly previous?: ImageBehaviour | false;
  /** Keys of the group's variables that replace those of an ordinary group. */
  readonly groupVars?: Readonly<Record<string, unknown>>;
  readonly rollout?: Readonly<Record<string, unknown>>;
  /** Instead of the packaged one. */
  readonly playbook?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** What each secret is that a template names; none is known when absent. */
  readonly secret?: string;
  /** Its hosts keep records of releases. */
  readonly recordsReleases?: boolean;
}

/** A group `api` of hosts `i-1`, `i-2` … behind the target group `api-http`, all on v1, and the real deploy for it. */
export class FleetStage {
  readonly world = new FakeWorld();
  readonly group: FakeTargetGroup;
  readonly hosts: readonly FakeHost[];
  readonly registrations: readonly Registration[];
  readonly transport = new FakeTransport(this.world);
  readonly hostFiles = new MemoryHostFiles();
  readonly control = new FakeControlSide();
  readonly journals = new MemoryJournalStore(this.world.calls);
  readonly retry = new MemoryRetry();
  readonly leases = new MemoryLeaseStore(this.world.clock, this.world.calls);
  readonly events: Event[] = [];
  readonly notices = new Notices();
  readonly v1: Digest;
  /** One for all its runs: each has an id of its own. */
  readonly #random = new SeededRandom(1);
  readonly #confirmations = new MemoryConfirmations(this.world);
  readonly groupKeys = new MemoryGroupKeys(this.world);
  readonly drainedLedgers = new MemoryLedgers<DrainedHosts>(this.world);
  readonly #releaseLedgers = new MemoryLedgers<ReleaseRecord>(this.world);
  readonly #stop = new AbortController();
  readonly #ended = new Set<number>();
  /** The ad-hoc playbook that `run` was given last. */
  adHoc = '';
  /** What each secret is that a template names. */
  secret: string | undefined;
  #pid = 0;
  #options: StageOptions;
  #watchers: { readonly when: (event: Event) => boolean; readonly act: () => void }[] = [];
  #signal: 'SIGINT' | 'SIGTERM' = 'SIGTERM';

  constructor(options: StageOptions = {}) {
    const { hosts = 3, states = [], previous = image.healthy(), targetGroup = {} } = options;
    this.#options = options;
    this.secret = options.secret;
    this.v1 = this.world.images.publish(
      repository,
      'v1',
      previous === false ? image.healthy() : previous,
    ).digest;
    this.world.images.publish(repository, 'v2', image.healthy());
    this.group = this.world.addTargetGroup('api-http', targetGroup);
    const given = typeof hosts === 'number' ? Array.from({ length: hosts }, () => ({})) : hosts;
    this.hosts = given.map((one, index) => this.world.addHost(`i-${index + 1}`, one));
    this.registrations = this.hosts.map((host, index) => {
      if (previous !== false) this.runsV1(host);
      return this.world.registered(
        this.group,
        host,
        5060,
        states[index] ?? (previous === false ? 'unhealthy' : 'healthy'),
      );
    });
  }

  /** From now on the group has these variables, too. */
  with(groupVars: Readonly<Record<string, unknown>>): this {
    this.#options = { ...this.#options, groupVars: { ...this.#options.groupVars, ...groupVars } };
    return this;
  }

  /** Publishes what v2 is. */
  release(behaviour: ImageBehaviour, tag = 'v2'): Digest {
    return this.world.images.publish(repository, tag, behaviour).digest;
  }

  runsV1(host: FakeHost, name = 'api', ports: readonly number[] = [5060]): void {
    const labels = labelsOf(name, { digest: this.v1, version: 'v1' });
    host.runs({ name, repository, digest: this.v1, ports, labels });
  }

  host(id: string): FakeHost {
    return this.world.host(hostId(id));
  }

  /** A machine starts and gets the tag of the group: nothing runs on it, and it is registered nowhere. */
  join(id: string, given: Partial<Omit<Host, 'id'>> = {}): FakeHost {
    return this.world.addHost(id, given);
  }

  /** What is true of any host, joined ones too, in the words of `now`. */
  seen(id: string): string {
    const host = this.host(id);
    const states = this.group
      .health()
      .filter(({ registration }) => host.host.targetIds.includes(registration.id))
      .map(({ registration: { port }, state }) => `${state === 'healthy' ? 'in service' : state} on ${port}`);
    return `${this.#running(host)}, ${states.length === 0 ? 'not registered' : states.join(', ')}`;
  }

  /** Once, at the first event like this. */
  at(when: (event: Event) => boolean, act: () => void): void {
    this.#watchers.push({ when, act });
  }

  /** The task with this module has begun, or ended, on this host. */
  atTask(id: string, module: string, type: 'task.started' | 'task.ended', act: () => void): void {
    this.at((event) => event.type === type && event.host.id === id && event.task.module === module, act);
  }

  interrupt(signal: 'SIGINT' | 'SIGTERM' = 'SIGTERM'): void {
    this.#signal = signal;
    this.#stop.abort(new Error(signal));
  }

  /** Runs a rollback to its end, in virtual time. */
  async rollback(given: Partial<RollbackOptions> = {}, hooks: Partial<RunHooks> = {}): Promise<RunResult> {
    const options = { ...deployOptions, ...given };
    return this.world.clock.run(rollbackWith(await this.ports(), options, { ...this.hooks, ...hooks }));
  }

  /** Runs a deploy to its end, in virtual time. */
  async deploy(given: Partial<DeployOptions> = {}, hooks: Partial<RunHooks> = {}): Promise<RunResult> {
    const options = { ...deployOptions, ...given };
    return this.world.clock.run(deployWith(await this.ports(), options, { ...this.hooks, ...hooks }));
  }

  /** Runs an ad-hoc playbook to its end, in virtual time. */
  async run(
    playbook: string,
    given: Partial<AdHocOptions> = {},
    hooks: Partial<RunHooks> = {},
  ): Promise<RunResult> {
    const { project, environment, extraVars, check } = deployOptions;
    this.adHoc = playbook;
    // The fake knows steps by their ids alone: this is a run of its own, in which no step has begun.
    this.transport.records.clear();
    const options = { project, environment, extraVars, check, playbook: 'playbook.yml', ...given };
    return this.world.clock.run(runAdHocWith(await this.ports(), options, { ...this.hooks, ...hooks }));
  }

  /** Takes hosts out of service, and keeps them out; to its end, in virtual time. */
  async drain(limit: string, given: Partial<DrainOptions> = {}): Promise<RunResult> {
    const options = { ...drainOptions, limit, ...given };
    return this.world.clock.run(drainWith(await this.ports(), options, this.hooks));
  }

  /** Brings them back; to its end, in virtual time. */
  async undrain(limit: string, given: Partial<DrainOptions> = {}): Promise<RunResult> {
    const options = { ...drainOptions, limit, ...given };
    return this.world.clock.run(undrainWith(await this.ports(), options, this.hooks));
  }

  /** Restores what interrupted runs hold, to its end, in virtual time. */
  async recover(given: Partial<RecoverOptions> = {}, hooks: Partial<RunHooks> = {}): Promise<RunResult> {
    const { project, environment, extraVars } = deployOptions;
    const options = { project, environment, extraVars, ...given };
    return this.world.clock.run(recoverWith(await this.ports(), options, { ...this.hooks, ...hooks }));
  }

  /** The same fleet as another machine meets it: without this one's journals, and knowing nothing of its processes. */
  async elsewhere(): Promise<World> {
    const processes = new FakeProcesses((this.#pid += 1), new Set(), 'other');
    return { ...(await this.ports()), journals: new MemoryJournalStore(), processes };
  }

  /** Begins some work in a process that dies by `death`; what its calls were. What it leaves in the world stays. */
  async untilDeath(
    death: Death | undefined,
    work: (world: World, hooks: RunHooks) => Promise<unknown>,
  ): Promise<Life> {
    const life = new Life(death);
    const read = (event: Event): void => {
      if (!life.dead) this.#read(event);
    };
    const readers = [{ read }];
    const world = await this.ports();
    const working = work(mortal(world, life), { ...this.hooks, readers }).catch(() => undefined);
    await this.world.clock.run(Promise.race([working, life.died]));
    if (life.dead) this.#ended.add(world.processes.self.pid);
    return life;
  }

  get hooks(): RunHooks {
    return {
      readers: [{ read: (event) => this.#read(event) }],
      stop: {
        signal: this.#stop.signal,
        name: () => (this.#stop.signal.aborted ? this.#signal : undefined),
        grace: 4_000,
      },
    };
  }

  async ports(): Promise<World> {
    const { world } = this;
    const files = new RecordedFiles(new MemoryFiles({ ...this.#projectFiles(), ...this.#options.files }));
    const redaction = new Redaction();
    const named = this.#namedSecrets(redaction);
    const project = await loadProject(files, '/project', {
      keeper: redaction,
      environment: () => undefined,
      named,
    });
    const fleet = new WorldFleet(world);
    return {
      clock: world.clock,
      begun: world.clock.elapsed(),
      random: this.#random,
      files,
      redaction,
      secrets: new ProjectSecrets(named),
      hostFiles: this.hostFiles,
      transport: new SecretFreeTransport(this.transport, redaction),
      runtime: new FakeContainerRuntime(world),
      control: this.control,
      http: new FakeHostHttp(world),
      traffic: new FakeTraffic(world),
      scaling: new FakeScalingGroups(world),
      registry: new FakeRegistry(world),
      notices: this.notices,
      journals: this.journals,
      retry: this.retry,
      leases: this.leases,
      leaseDuration: 60_000,
      hostHolds: new MemoryHostHolds(world),
      presence: new FleetPresence(fleet),
      fence: new MemoryFence(world),
      confirmations: this.#confirmations,
      groupKeys: this.groupKeys,
      drained: new RecordedDrains(this.drainedLedgers, { forks: 50, ports: { clock: world.clock } }),
      ...(this.#options.recordsReleases === true
        ? {
            releases: {
              on: (host: Host) => this.#releaseLedgers.on(host),
              shared: [],
              revision: () => Promise.resolve(undefined),
            },
          }
        : {}),
      processes: new FakeProcesses((this.#pid += 1), this.#ended),
      owner: { who: 'ann@desk' },
      listHosts: () => loadInventory(project, 'test', () => fleet),
      unmatchedFiles: async (inventory) =>
        unmatchedFiles(new MemoryFiles({ ...this.#projectFiles(), ...this.#options.files }), {
          file: await project.environment('test'),
          inventory,
        }),
      playbook: (given) => {
        const path = given === 'deploy' ? 'playbooks/deploy.yml' : given;
        const text =
          given === 'deploy'
            ? (this.#options.playbook ?? packaged)
            : given === 'drain' || given === 'undrain'
              ? packagedPlaybook(given)
              : this.adHoc;
        return loadPlaybook(new MemoryFiles({ ...this.#options.files, [path]: text }), path, modules);
      },
      close: () => Promise.resolve(),
    };
  }

  #namedSecrets(redaction: Redaction): NamedSecrets {
    const { secret: text } = this;
    const known = (names: readonly string[]) =>
      text === undefined ? [] : names.map((name) => [name, { kind: 'text', text }] as const);
    const backend = {
      description: 'a test',
      nameOf: (name: string) => name,
      fetch: (names: readonly string[]) => Promise.resolve(new Map(known(names))),
    };
    return new NamedSecrets(redaction, () => Promise.resolve([backend]));
  }

  /** `i-1: api v1 running, in service`: what is true of each host, in the words of a person who looks. */
  get now(): readonly string[] {
    return this.hosts.map((host, index) => `${host.host.id}: ${this.#running(host)}, ${this.#place(index)}`);
  }

  /** The same after everything that still drains or starts is done. */
  async later(): Promise<readonly string[]> {
    await this.world.clock.advance(600_000);
    return this.now;
  }

  async journal(): Promise<readonly JournalRecord[]> {
    const [run] = await this.journals.runs();
    return run === undefined ? [] : this.journals.read(run);
  }

  /** The calls that changed something on a host or at the balancer, as `i-1 stop api`. */
  get mutations(): readonly string[] {
    return this.world.calls.log
      .filter(
        ({ port, method }) =>
          (port === 'runtime' &&
            ![
              'info',
              'list',
              'inspect',
              'environment',
              'image',
              'images',
              'logs',
              'sources',
              'listHolds',
            ].includes(method)) ||
          (port === 'traffic' && ['register', 'deregister'].includes(method)),
      )
      .map(({ actor, method, about }) => `${actor} ${method} ${about}`);
  }

  told<T extends Event['type']>(type: T): readonly Extract<Event, { type: T }>[] {
    return this.events.filter((event): event is Extract<Event, { type: T }> => event.type === type);
  }

  #read(event: Event): void {
    this.events.push(event);
    for (const watcher of this.#watchers) {
      if (!watcher.when(event)) continue;
      this.#watchers = this.#watchers.filter((other) => other !== watcher);
      watcher.act();
    }
  }

  #running(host: FakeHost): string {
    const container = host.named('api');
    if (container === undefined) return 'no container';
    const tag = ['v1', 'v2', 'v3'].find(
      (one) => this.world.images.tagged(repository, one) === container.birth.digest,
    );
    const policy =
      container.restartPolicy.name === 'unless-stopped' ? '' : `, ${container.restartPolicy.name}`;
    return `${tag ?? 'something'} ${container.running ? 'running' : 'stopped'}${policy}`;
  }

  #place(index: number): string {
    const registration = this.registrations[index];
    const state = registration === undefined ? 'unused' : this.group.healthOf(registration).state;
    return state === 'healthy' ? 'in service' : state === 'unused' ? 'not registered' : state;
  }

  #projectFiles(): Readonly<Record<string, string>> {
    const { groupVars, rollout } = this.#options;
    return {
      'inventory/test.yml': JSON.stringify({
        source: 'aws_ec2',
        account: '123456789012',
        regions: ['eu-west-1'],
      }),
      'inventory/group_vars/api.yml': JSON.stringify({
        image: repository,
        version: 'v2',
        container: { name: 'api', ports: ['5060:5000'] },
        health: { port: 5060, path: '/health', passes: 3, interval: '1s', timeout: '20s' },
        target_groups: ['api-http'],
        rollout: { serial: 1, bake: '10s', ...rollout },
        ...groupVars,
      }),
    };
  }
}

export const deployOptions: DeployOptions = {
  project: '/project',
  environment: 'test',
  extraVars: [],
  groups: [groupName('api')],
  check: false,
  diff: false,
};

const drainOptions: Omit<DrainOptions, 'limit'> = {
  project: '/project',
  environment: 'test',
  extraVars: [],
  check: false,
  diff: false,
};
